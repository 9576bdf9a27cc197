#include "cli/context.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <pwd.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/config/config_key.hpp"
#include "core/config/user_config.hpp"
#include "core/consent/erased.hpp"
#include "core/db/migrate.hpp"
#include "core/db/server_check.hpp"
#include "core/local.hpp"
#include "core/net/redis.hpp"

namespace smscrm {
namespace {

// With one there is no question which is meant; it is said all the same.
Tenant get_only_tenant(Context& context) {
  auto tenants = context.transaction([](Tx& tx) { return list_tenants(tx); });
  if (tenants.empty())
    throw Error(Errc::usage, "there is no tenant yet")
        .with_hint("create one with \"smscrm tenant create SLUG\"");
  if (tenants.size() > 1) {
    std::vector<std::string> slugs;
    for (std::size_t i = 0; i < tenants.size() && i < 5; ++i) slugs.push_back(tenants[i].slug);
    if (tenants.size() > slugs.size()) slugs.emplace_back("…");
    throw Error(Errc::usage, "which tenant? there are {}: {}", tenants.size(), join(slugs, ", "))
        .with_hint(
            "add --tenant SLUG, set SMSCRM_TENANT, or choose one for good with \"smscrm tenant use SLUG\"");
  }
  context.out().note(fmt::format("tenant {}, the only one", tenants.front().slug));
  return std::move(tenants.front());
}

// What was made by "smscrm local start" and stopped since is a thing of the moment, and no mistake.
void check_local_is_up() {
  if (std::getenv("HOME") == nullptr && std::getenv("SMSCRM_LOCAL_DIR") == nullptr && ::geteuid() != 0)
    return;
  const auto directory = local_directory();
  if (read_local(directory) && !is_local_running(directory))
    throw Error(Errc::unavailable, "the local database in {} is stopped", directory.string())
        .with_hint("start it again with \"smscrm local start\"");
}

// A variable that nothing reads was meant to be one that something does.
void warn_of_variables(Output& out, const std::map<std::string, std::string>& environment) {
  std::vector<std::string> known{"SMSCRM_CONFIG",          "SMSCRM_TENANT",        "SMSCRM_OUTPUT",
                                 "SMSCRM_LOCAL_DIR",       "SMSCRM_LOCAL_PG_PORT", "SMSCRM_LOCAL_REDIS_PORT",
                                 "SMSCRM_SANDBOX_ACCOUNT", "SMSCRM_ACTOR"};
  for (const auto& key : list_config_keys()) {
    known.push_back(config_variable(key));
    known.push_back(known.back() + "_FILE");
  }
  for (const auto& [name, value] : environment) {
    if (std::ranges::find(known, name) != known.end() || name.starts_with("SMSCRM_TEST_")) continue;
    const auto near = nearest(name, known);
    out.note(fmt::format("{} is set, and nothing reads it{}", name,
                         near ? fmt::format("; did you mean {}?", *near) : ""));
  }
}

}  // namespace

void Context::load() {
  if (loaded_) return;
  std::optional<std::filesystem::path> file;
  if (!flags.config_file.empty()) file = flags.config_file;
  auto sources = standard_config_sources(file);
  if (!flags.log_level.empty()) sources.flags.emplace_back("log.level", flags.log_level);
  auto loaded = load_config(sources);
  uses_local_ = use_local(loaded.config);
  if (uses_local_)
    for (auto& setting : loaded.settings) {
      if (setting.origin != "default") continue;
      std::string value;
      if (setting.key == "database.url") value = loaded.config.database.url;
      if (setting.key == "redis.url") value = loaded.config.redis.url;
      if (setting.key == "secrets.key_file") value = loaded.config.secrets.key_file;
      if (!value.empty()) setting.value = mask_url_password(value), setting.origin = "smscrm local";
    }
  set_log(loaded.config.log.level, loaded.config.log.format);
  warn_of_variables(out(), sources.environment);
  loaded_ = std::move(loaded);
}

const Config& Context::config() {
  load();
  return loaded_->config;
}

const std::vector<Setting>& Context::settings() {
  load();
  return loaded_->settings;
}

bool Context::uses_local() {
  load();
  return uses_local_;
}

Connection& Context::unchecked_connection() {
  if (!connection_) {
    if (config().database.url.empty()) check_local_is_up();
    if (config().database.url.empty())
      throw Error(Errc::usage, "no database is configured")
          .with_hint("start one with \"smscrm local start\" or set database.url");
    connection_.emplace(config().database.url);
  }
  return *connection_;
}

Connection& Context::connection() {
  auto& checked = unchecked_connection();
  if (!schema_checked_) {
    if (const auto pending = list_pending_migrations(checked).size(); pending > 0)
      throw Error(Errc::usage, "the database needs {} migration{}", pending, pending == 1 ? "" : "s")
          .with_hint("run \"smscrm migrate\"");
    roles_ = in_transaction(checked, [](Tx& tx) { return find_roles(tx); });
    if (!roles_.sees_all && roles_.app.empty())
      throw Error(Errc::usage, "the database shows this user nothing")
          .with_hint("have an administrator run: " +
                     in_transaction(checked, [](Tx& tx) { return roles_remedy(tx); }));
    schema_checked_ = true;
  }
  return checked;
}

Connection& Context::session() {
  auto& checked = connection();
  if (!session_checked_) check_session(checked, config().database.url);
  session_checked_ = true;
  // As the worker, with the tenant for the audit alone: a policy tells the planner of the tenant, and for one
  // that the statistics know nothing of it then reads all rows of it for each that a chunk of an import looks
  // up.
  auto roles = roles_;
  roles.app = roles.worker;
  act_for(checked, roles, acting());
  return checked;
}

Acting Context::acting() const {
  const char* named = std::getenv("SMSCRM_ACTOR");
  const auto* user = ::getpwuid(::getuid());
  const std::string doer = named != nullptr && *named != '\0' ? named
                           : user != nullptr                  ? user->pw_name
                                                              : fmt::format("{}", ::getuid());
  const auto tenant = tenant_ && !for_installation_ ? std::optional{tenant_->id} : std::nullopt;
  return {tenant, "shell " + doer, "cli"};
}

void Context::act(Tx& tx) { act_for(tx, roles_, acting()); }

// PostgreSQL gives a transaction its number when it first writes.
bool Context::has_written(Tx& tx) {
  return exec(tx, "SELECT pg_current_xact_id_if_assigned() IS NOT NULL").front()[0].as<bool>();
}

std::string Context::tenant_name() {
  if (!flags.tenant.empty()) return flags.tenant;
  for (const auto& setting : settings())
    if (setting.key == tenant_key) return setting.value;
  return "";
}

const Tenant& Context::tenant() {
  if (!tenant_) {
    const auto name = tenant_name();
    tenant_ =
        name.empty() ? get_only_tenant(*this) : transaction([&](Tx& tx) { return get_tenant(tx, name); });
    out().set_zone(tenant_->timezone);
  }
  return *tenant_;
}

bool Context::has_tenant() {
  if (tenant_ || !tenant_name().empty()) return true;
  return transaction([](Tx& tx) { return list_tenants(tx).size() == 1; });
}

Timestamp Context::read_time(std::string_view flag, std::string_view text, TimeSense sense) {
  try {
    // Who acts for the whole installation need not have chosen a tenant.
    const bool by_tenant = !flags.utc && (!for_installation_ || has_tenant());
    return parse_time(text, {now(), by_tenant ? tenant().timezone : "UTC"}, sense);
  } catch (const Error& error) {
    if (error.code() != Errc::invalid) throw;
    throw Error(Errc::usage, "{}: {}", flag, error.what());
  }
}

const SecretKey& Context::secret_key() {
  if (!key_) {
    if (config().secrets.key_file.empty())
      throw Error(Errc::usage, "no key to encrypt secrets with: secrets.key_file is not set")
          .with_hint("make one with \"openssl rand -base64 32\" and name its file in secrets.key_file");
    key_.emplace(read_key_file(config().secrets.key_file));
  }
  return *key_;
}

void Context::refuse_erased(Tx& tx, const std::string& msisdn) {
  smscrm::refuse_erased(
      tx, tenant().id, [this]() -> const SecretKey& { return secret_key(); }, msisdn);
}

void Context::wake_senders() {
  Redis redis{config().redis.url};
  publish_wake(redis);
}

Output& Context::out() {
  if (!output_) {
    OutputOptions options{.format = parse_format(flags.output),
                          .quiet = flags.quiet,
                          .yes = flags.yes,
                          .no_color = flags.no_color,
                          .csv_raw = flags.csv_raw,
                          .wide = flags.wide,
                          .utc = flags.utc};
    if (!flags.columns.empty())
      for (const auto& key : split(flags.columns, ','))
        if (!trim(key).empty()) options.columns.emplace_back(trim(key));
    output_.emplace(std::move(options));
  }
  return *output_;
}

}  // namespace smscrm
