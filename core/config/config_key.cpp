#include "core/config/config_key.hpp"

#include <algorithm>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace smscrm {
namespace {

using Values = std::vector<std::string>;

std::string read_value(const std::string& text, std::type_identity<std::string>) { return text; }

bool read_value(const std::string& text, std::type_identity<bool>) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  throw Error(Errc::invalid, "\"{}\" is neither true nor false", text);
}

int read_value(const std::string& text, std::type_identity<int>) {
  const auto value = parse_integer(text);
  if (!value || *value < 1 || *value > 1'000'000)
    throw Error(Errc::invalid, "\"{}\" is not a whole number from 1 to 1000000", text);
  return static_cast<int>(*value);
}

std::chrono::milliseconds read_value(const std::string& text, std::type_identity<std::chrono::milliseconds>) {
  if (text.size() > 2 && text.ends_with("ms"))
    if (const auto count = parse_integer(text.substr(0, text.size() - 2));
        count && *count > 0 && *count <= std::chrono::milliseconds{longest_duration}.count())
      return std::chrono::milliseconds{*count};
  const std::chrono::milliseconds length = parse_duration(text);
  if (length.count() == 0) throw Error(Errc::invalid, "a length of time must be more than nothing");
  return length;
}

LogLevel read_value(const std::string& text, std::type_identity<LogLevel>) { return parse_log_level(text); }
LogFormat read_value(const std::string& text, std::type_identity<LogFormat>) {
  return parse_log_format(text);
}

std::string show_value(const std::string& value) { return value; }
std::string show_value(bool value) { return value ? "true" : "false"; }
std::string show_value(int value) { return fmt::format("{}", value); }
std::string show_value(LogFormat value) { return value == LogFormat::json ? "json" : "logfmt"; }
std::string show_value(std::chrono::milliseconds value) {
  return value.count() % 1000 == 0 ? fmt::format("{}s", value.count() / 1000)
                                   : fmt::format("{}ms", value.count());
}
std::string show_value(LogLevel value) {
  constexpr const char* names[] = {"debug", "info", "warn", "error", "off"};
  return names[static_cast<std::size_t>(value)];
}
std::string show_value(const Values& values) { return join(values, ","); }

template <auto Section, auto Member>
ConfigKey key(std::string name, bool has_password = false) {
  using Value = std::remove_cvref_t<decltype(std::declval<Config>().*Section.*Member)>;
  constexpr bool is_list = std::is_same_v<Value, Values>;
  return {std::move(name), is_list, has_password,
          [](Config& config, const Values& values) {
            if constexpr (is_list)
              config.*Section.*Member = values;
            else
              config.*Section.*Member = read_value(values.at(0), std::type_identity<Value>{});
          },
          [](const Config& config) { return show_value(config.*Section.*Member); }};
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  using C = Config;
  static const std::vector<ConfigKey> all = {
      key<&C::database, &C::Database::url>("database.url", true),
      key<&C::database, &C::Database::pool_size>("database.pool_size"),
      key<&C::redis, &C::Redis::url>("redis.url", true),
      key<&C::secrets, &C::Secrets::key_file>("secrets.key_file"),
      key<&C::http, &C::Http::listen>("http.listen"),
      key<&C::http, &C::Http::admin_listen>("http.admin_listen"),
      key<&C::http, &C::Http::public_url>("http.public_url", true),
      key<&C::http, &C::Http::trusted_proxies>("http.trusted_proxies"),
      key<&C::api, &C::Api::enabled>("api.enabled"),
      key<&C::api, &C::Api::rate>("api.rate"),
      key<&C::twilio, &C::Twilio::api_url>("twilio.api_url", true),
      key<&C::twilio, &C::Twilio::timeout>("twilio.timeout"),
      key<&C::twilio, &C::Twilio::max_in_flight>("twilio.max_in_flight"),
      key<&C::sender, &C::Sender::enabled>("sender.enabled"),
      key<&C::sender, &C::Sender::lease>("sender.lease"),
      key<&C::sender, &C::Sender::batch>("sender.batch"),
      key<&C::sender, &C::Sender::absence_grace>("sender.absence_grace"),
      key<&C::scheduler, &C::Scheduler::enabled>("scheduler.enabled"),
      key<&C::scheduler, &C::Scheduler::receipt_overdue>("scheduler.receipt_overdue"),
      key<&C::webhook, &C::Webhook::commit_interval>("webhook.commit_interval"),
      key<&C::webhook, &C::Webhook::deliver>("webhook.deliver"),
      key<&C::webhook, &C::Webhook::allow_networks>("webhook.allow_networks"),
      key<&C::webhook, &C::Webhook::timeout>("webhook.timeout"),
      key<&C::webhook, &C::Webhook::lease>("webhook.lease"),
      key<&C::webhook, &C::Webhook::keep>("webhook.keep"),
      key<&C::backup, &C::Backup::pgbackrest_config>("backup.pgbackrest_config"),
      key<&C::backup, &C::Backup::stanza>("backup.stanza"),
      key<&C::backup, &C::Backup::directory>("backup.directory"),
      key<&C::backup, &C::Backup::keep>("backup.keep"),
      key<&C::backup, &C::Backup::scratch>("backup.scratch"),
      key<&C::log, &C::Log::level>("log.level"),
      key<&C::log, &C::Log::format>("log.format"),
      key<&C::sentry, &C::Sentry::dsn>("sentry.dsn", true),
  };
  return all;
}

const ConfigKey* find_config_key(const std::string& name) {
  const auto found = std::ranges::find(config_keys(), name, &ConfigKey::name);
  return found == config_keys().end() ? nullptr : &*found;
}

std::string config_variable(const std::string& key_name) {
  std::string name = "SMSCRM_" + key_name;
  for (char& c : name) c = c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace smscrm
