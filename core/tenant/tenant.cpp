#include "core/tenant/tenant.hpp"

#include <algorithm>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/net/url.hpp"
#include "core/phone/country.hpp"
#include "core/tenant/claims_lock.hpp"
#include "core/tenant/directory_load.hpp"

namespace smscrm {
namespace {

constexpr const char* columns =
    "id, slug, name, timezone, country, consent, to_char(quiet_from, 'HH24:MI') AS quiet_from,"
    " to_char(quiet_until, 'HH24:MI') AS quiet_until, stop_reply, start_reply, help_reply, unknown_policy,"
    " daily_cap, undelivered_retries, opt_out_scope, link_url, hold_reviews, law_hours,"
    " frequency_messages, frequency_seconds, min_gap_seconds, when_capped,"
    " created_at,"
    " ARRAY(SELECT a.slug FROM tenant_alias a WHERE a.tenant_id = tenant.id ORDER BY a.slug) AS aliases";

Tenant read(const Row& row) {
  Tenant tenant;
  tenant.id = row["id"].as<TenantId>();
  tenant.slug = row["slug"].as<std::string>();
  tenant.name = row["name"].as<std::string>();
  tenant.timezone = row["timezone"].as<std::string>();
  tenant.country = row["country"].as<std::string>();
  tenant.consent =
      row["consent"].as<std::string>() == "implied" ? ConsentMode::implied : ConsentMode::recorded;
  if (!row["quiet_from"].is_null())
    tenant.quiet_hours = {row["quiet_from"].as<std::string>(), row["quiet_until"].as<std::string>()};
  tenant.stop_reply = row["stop_reply"].as<std::string>();
  tenant.start_reply = row["start_reply"].as<std::string>();
  tenant.help_reply = row["help_reply"].as<std::string>();
  tenant.unknown_policy =
      row["unknown_policy"].as<std::string>() == "hold" ? UnknownPolicy::hold : UnknownPolicy::resend;
  tenant.daily_cap = as_optional<std::int64_t>(row["daily_cap"]);
  tenant.undelivered_retries = row["undelivered_retries"].as<int>();
  tenant.opt_out_scope = parse_opt_out_scope(row["opt_out_scope"].as<std::string>());
  tenant.link_url = row["link_url"].as<std::string>();
  tenant.hold_reviews = row["hold_reviews"].as<bool>();
  tenant.law_hours = parse_law_hours(row["law_hours"].as<std::string>());
  if (!row["frequency_messages"].is_null())
    tenant.frequency_cap = {row["frequency_messages"].as<int>(),
                            std::chrono::seconds{row["frequency_seconds"].as<std::int64_t>()}};
  if (!row["min_gap_seconds"].is_null())
    tenant.min_gap = std::chrono::seconds{row["min_gap_seconds"].as<std::int64_t>()};
  tenant.when_capped = parse_when_capped(row["when_capped"].as<std::string>());
  tenant.created_at = row["created_at"].as<Timestamp>();
  tenant.aliases = read_array(row["aliases"]);
  return tenant;
}

// What follows a domain in a short link is ours.
std::string read_link_url(const std::string& url) {
  if (url.empty()) return url;
  const auto ascii = to_ascii_url(url);
  if (is_origin(ascii)) return ascii;
  throw Error(Errc::invalid,
              "\"{}\" is not what a short link can begin with; write it as https://go.example.com", url);
}

void check(const NewTenant& tenant) {
  check_slug(tenant.slug, "tenant");
  if (trim(tenant.name).empty()) throw Error(Errc::invalid, "a tenant needs a name");
  check_length(tenant.name, longest_name, "a tenant's name");
  check_length(tenant.stop_reply, longest_answer, "the answer to STOP");
  check_length(tenant.start_reply, longest_answer, "the answer to START");
  check_length(tenant.help_reply, longest_answer, "the answer to HELP");
  check_length(tenant.link_url, longest_name, "what short links begin with");
  if (tenant.daily_cap && (*tenant.daily_cap < 1 || *tenant.daily_cap > most_daily_parts))
    throw Error(Errc::invalid, "a tenant's daily cap is from 1 to {} parts", most_daily_parts);
  if (tenant.undelivered_retries < 0 || tenant.undelivered_retries > 10)
    throw Error(Errc::invalid, "an undelivered message is tried again 0 to 10 times");
  read_link_url(tenant.link_url);
}

std::string_view word(std::optional<Certainty> law_hours) {
  return law_hours ? to_string(*law_hours) : "off";
}
const char* word(ConsentMode mode) { return mode == ConsentMode::implied ? "implied" : "recorded"; }
const char* word(UnknownPolicy policy) { return policy == UnknownPolicy::hold ? "hold" : "resend"; }

std::optional<std::string> from(const NewTenant& t) {
  return t.quiet_hours ? std::optional{t.quiet_hours->from} : std::nullopt;
}
std::optional<std::string> until(const NewTenant& t) {
  return t.quiet_hours ? std::optional{t.quiet_hours->until} : std::nullopt;
}

std::optional<int> capped_messages(const NewTenant& t) {
  return t.frequency_cap ? std::optional{t.frequency_cap->messages} : std::nullopt;
}
std::optional<std::int64_t> capped_seconds(const NewTenant& t) {
  return t.frequency_cap ? std::optional<std::int64_t>{t.frequency_cap->within.count()} : std::nullopt;
}
std::optional<std::int64_t> gap_seconds(const NewTenant& t) {
  return t.min_gap ? std::optional<std::int64_t>{t.min_gap->count()} : std::nullopt;
}

// Nobody else gives a tenant a slug until the end of the transaction.
void lock_slugs(Tx& tx) { exec(tx, "LOCK TABLE tenant_alias IN SHARE ROW EXCLUSIVE MODE"); }

[[noreturn]] void throw_taken(std::string_view slug) {
  throw Error(Errc::conflict, "there is a tenant \"{}\" already", slug);
}

// `own`: the tenant that wants it; nullopt: a new one.
void check_no_alias(Tx& tx, const std::string& slug, std::optional<TenantId> own) {
  const auto rows = exec(tx,
                         "SELECT t.slug FROM tenant_alias a JOIN tenant t ON t.id = a.tenant_id"
                         " WHERE a.slug = $1 AND a.tenant_id IS DISTINCT FROM $2::bigint",
                         slug, own);
  if (rows.empty()) return;
  const auto owner = rows.front()[0].as<std::string>();
  throw Error(Errc::conflict,
              "\"{}\" is an earlier slug of tenant \"{}\", whose webhooks may still come to it", slug, owner)
      .with_hint(fmt::format(
          "once Twilio calls {0} by its new slug, run \"smscrm tenant update {0} --drop-alias {1}\"", owner,
          slug));
}

void rename(Tx& tx, const Tenant& tenant, Timestamp at) {
  lock_slugs(tx);
  if (!exec(tx, "SELECT FROM tenant WHERE slug = $1 AND id <> $2 AND deleted_at IS NULL", tenant.slug,
            tenant.id)
           .empty())
    throw_taken(tenant.slug);
  check_no_alias(tx, tenant.slug, tenant.id);
  exec(tx,
       "INSERT INTO tenant_alias (slug, tenant_id, created_at) SELECT slug, id, $2 FROM tenant WHERE id = $1",
       tenant.id, at);
  exec(tx, "DELETE FROM tenant_alias WHERE slug = $1", tenant.slug);
}

bool is_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return false;
  const auto hour = parse_integer(text.substr(0, 2)), minute = parse_integer(text.substr(3));
  return hour && minute && *hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60;
}

}  // namespace

const std::string& link_url_of(const NewTenant& tenant, const std::string& public_url) {
  return tenant.link_url.empty() ? public_url : tenant.link_url;
}

std::string_view to_string(OptOutScope scope) {
  switch (scope) {
    case OptOutScope::tenant:
      return "tenant";
    case OptOutScope::pool:
      return "pool";
    case OptOutScope::number:
      return "number";
  }
  return "";
}

OptOutScope parse_opt_out_scope(std::string_view word) {
  for (const auto scope : {OptOutScope::tenant, OptOutScope::pool, OptOutScope::number})
    if (word == to_string(scope)) return scope;
  throw Error(Errc::invalid, "\"{}\" is not what an opt-out can hold for; it is tenant, pool or number",
              word);
}

std::optional<QuietHours> parse_quiet_hours(std::string_view text) {
  if (text == "off") return std::nullopt;
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) {
    QuietHours hours{std::string{text.substr(0, dash)}, std::string{text.substr(dash + 1)}};
    if (is_clock(hours.from) && (is_clock(hours.until) || hours.until == "24:00") &&
        hours.from != hours.until)
      return hours;
  }
  throw Error(Errc::invalid, "\"{}\" are not quiet hours; write them as 21:00-08:00, or off", text);
}

std::string_view to_string(Certainty certainty) {
  switch (certainty) {
    case Certainty::low:
      return "low";
    case Certainty::medium:
      return "medium";
    case Certainty::high:
      return "high";
  }
  return "";
}

Certainty parse_certainty(std::string_view word) {
  for (const auto certainty : {Certainty::low, Certainty::medium, Certainty::high})
    if (word == to_string(certainty)) return certainty;
  throw Error(Errc::invalid, "\"{}\" is no certainty; it is low, medium or high", word);
}

std::optional<Certainty> parse_law_hours(std::string_view word) {
  if (word == "off") return std::nullopt;
  return parse_certainty(word);
}

Tenant add_tenant(Tx& tx, const NewTenant& tenant) {
  check(tenant);
  check_timezone(tenant.timezone);
  check_country(tenant.country);
  lock_slugs(tx);
  check_no_alias(tx, tenant.slug, std::nullopt);
  const auto rows = exec(
      tx,
      fmt::format("INSERT INTO tenant (slug, name, timezone, country, consent, quiet_from,"
                  " quiet_until, stop_reply, start_reply, help_reply, unknown_policy,"
                  " daily_cap, undelivered_retries, opt_out_scope, link_url, hold_reviews,"
                  " law_hours, frequency_messages, frequency_seconds, min_gap_seconds, when_capped)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
                  " $19, $20, $21)"
                  " ON CONFLICT (slug) WHERE deleted_at IS NULL DO NOTHING RETURNING {}",
                  columns),
      tenant.slug, tenant.name, tenant.timezone, tenant.country, word(tenant.consent), from(tenant),
      until(tenant), tenant.stop_reply, tenant.start_reply, tenant.help_reply, word(tenant.unknown_policy),
      tenant.daily_cap, tenant.undelivered_retries, to_string(tenant.opt_out_scope),
      read_link_url(tenant.link_url), tenant.hold_reviews, word(tenant.law_hours), capped_messages(tenant),
      capped_seconds(tenant), gap_seconds(tenant), to_string(tenant.when_capped));
  if (rows.empty()) throw_taken(tenant.slug);
  return read(rows.front());
}

std::optional<Tenant> find_tenant(Tx& tx, std::string_view name) {
  const auto rows =
      looks_like_id(name)
          ? exec(tx, fmt::format("SELECT {} FROM tenant WHERE id = $1 AND deleted_at IS NULL", columns), name)
          : exec(tx, fmt::format("SELECT {} FROM tenant WHERE slug = $1 AND deleted_at IS NULL", columns),
                 name);
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Tenant get_tenant(Tx& tx, std::string_view name) {
  if (auto tenant = find_tenant(tx, name)) return *std::move(tenant);
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx, "SELECT slug FROM tenant WHERE deleted_at IS NULL"))
    slugs.push_back(row[0].as<std::string>());
  Error error(Errc::not_found, "there is no tenant \"{}\"", name);
  const auto renamed = exec(
      tx, "SELECT t.slug FROM tenant_alias a JOIN tenant t ON t.id = a.tenant_id WHERE a.slug = $1", name);
  if (!renamed.empty())
    throw std::move(error).with_hint(
        fmt::format("it is called \"{}\" now", renamed.front()[0].as<std::string>()));
  if (const auto near = nearest(name, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm tenant list\" names them all");
}

std::vector<Tenant> list_tenants(Tx& tx) {
  LeftOut ignored;
  return list_tenants(tx, ignored);
}

std::vector<Tenant> list_tenants(Tx& tx, LeftOut& left_out) {
  std::vector<Tenant> tenants;
  const auto rows = exec(tx, fmt::format("SELECT id AS tenant_id, {} FROM tenant WHERE deleted_at IS NULL"
                                         " ORDER BY slug",
                                         columns));
  left_out.add(read_each_row(rows, "tenant", [&](const Row& row) { tenants.push_back(read(row)); }));
  return tenants;
}

void update_tenant(Tx& tx, const Tenant& tenant, Timestamp at) {
  check(tenant);
  // One that is there may be unknown since (is_timezone): the rest can be changed all the same.
  if (!exec(tx, "SELECT FROM tenant WHERE id = $1 AND timezone <> $2", tenant.id, tenant.timezone).empty())
    check_timezone(tenant.timezone);
  // Only what is new: a tenant of a country that never was can still have its other settings changed.
  if (!exec(tx, "SELECT FROM tenant WHERE id = $1 AND country <> $2", tenant.id, tenant.country).empty())
    check_country(tenant.country);
  if (!exec(tx, "SELECT FROM tenant WHERE id = $1 AND slug <> $2", tenant.id, tenant.slug).empty())
    rename(tx, tenant, at);
  const auto moved = exec(
      tx,
      "SELECT FROM tenant WHERE id = $1 AND (quiet_from, quiet_until, timezone, hold_reviews,"
      " law_hours, frequency_messages, frequency_seconds, min_gap_seconds, when_capped) IS DISTINCT FROM"
      " ($2::time, $3::time, $4::text, $5::boolean, $6::text, $7::integer, $8::bigint, $9::bigint, "
      "$10::text)",
      tenant.id, from(tenant), until(tenant), tenant.timezone, tenant.hold_reviews, word(tenant.law_hours),
      capped_messages(tenant), capped_seconds(tenant), gap_seconds(tenant), to_string(tenant.when_capped));
  if (!moved.empty()) {
    lock_claims_exclusive(tx, tenant.id);  // none holds messages by the old settings afterwards
    recall_held(tx, tenant.id, {"quiet_hours", "unknown_zone", "in_review", "frequency_cap"}, at);
  }
  exec(tx,
       "UPDATE tenant SET slug = $2, name = $3, timezone = $4, country = $5, consent = $6, quiet_from = $7,"
       " quiet_until = $8, stop_reply = $9, start_reply = $10, help_reply = $11, unknown_policy = $12,"
       " daily_cap = $13, undelivered_retries = $14, opt_out_scope = $15, link_url = $16,"
       " hold_reviews = $17, updated_at = $18, law_hours = $19, frequency_messages = $20, frequency_seconds "
       "= $21,"
       " min_gap_seconds = $22, when_capped = $23"
       " WHERE id = $1",
       tenant.id, tenant.slug, tenant.name, tenant.timezone, tenant.country, word(tenant.consent),
       from(tenant), until(tenant), tenant.stop_reply, tenant.start_reply, tenant.help_reply,
       word(tenant.unknown_policy), tenant.daily_cap, tenant.undelivered_retries,
       to_string(tenant.opt_out_scope), read_link_url(tenant.link_url), tenant.hold_reviews, at,
       word(tenant.law_hours), capped_messages(tenant), capped_seconds(tenant), gap_seconds(tenant),
       to_string(tenant.when_capped));
}

void delete_alias(Tx& tx, TenantId id, std::string_view slug) {
  const auto deleted = exec(tx, "DELETE FROM tenant_alias WHERE tenant_id = $1 AND slug = $2", id, slug);
  if (deleted.affected_rows() == 0)
    throw Error(Errc::not_found, "\"{}\" is no earlier slug of this tenant", slug)
        .with_hint("\"smscrm tenant show\" lists its aliases");
}

void delete_tenant(Tx& tx, TenantId id, Timestamp at) {
  const auto active = exec(tx,
                           "SELECT slug FROM campaign WHERE tenant_id = $1 AND status IN ('running', "
                           "'paused') ORDER BY slug LIMIT 1",
                           id);
  if (!active.empty()) {
    const auto slug = active.front()[0].as<std::string>();
    throw Error(Errc::conflict, "campaign \"{}\" is not finished", slug)
        .with_hint(fmt::format("wait for it, or run \"smscrm campaign cancel {}\"", slug));
  }
  exec(tx,
       "UPDATE schedule_repeat SET reason = 'the tenant was deleted', ended_at = $2"
       " WHERE tenant_id = $1 AND ended_at IS NULL",
       id, at);
  exec(
      tx,
      "UPDATE schedule SET status = 'canceled', reason = 'the tenant was deleted', ended_at = $2::timestamptz"
      " WHERE tenant_id = $1 AND status = 'planned'",
      id, at);
  exec(tx, "UPDATE tenant SET deleted_at = $2 WHERE id = $1", id, at);
  exec(tx, "DELETE FROM tenant_alias WHERE tenant_id = $1", id);
}

}  // namespace smscrm
