// smscrm doctor: what works, what does not, and the way out.
#include "cli/doctor.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <date/date.h>

#include "cli/command.hpp"
#include "cli/live.hpp"
#include "core/base/secret.hpp"
#include "core/base/text.hpp"
#include "core/base/zones.hpp"
#include "core/campaign/schedule.hpp"
#include "core/db/conninfo.hpp"
#include "core/db/migrate.hpp"
#include "core/db/server_check.hpp"
#include "core/fence/fence.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/net/curl.hpp"
#include "core/net/redis.hpp"
#include "core/provider/provider.hpp"
#include "core/provider/twilio_signature.hpp"
#include "core/sending/hold.hpp"
#include "core/tenant/account.hpp"
#include "core/tenant/directory_load.hpp"
#include "core/webhook/webhook.hpp"

namespace smscrm {
namespace {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      return "fail";
    case Verdict::skip:
      return "skip";
  }
  return "";
}

Finding check_config(Context& context) {
  context.config();
  return {Verdict::ok, context.uses_local() ? "with the local database" : "no mistakes"};
}

Finding check_database(Context& context) {
  auto& connection = context.unchecked_connection();
  const auto [version, read_only] = in_transaction(connection, [](Tx& tx) {
    const auto row = exec(tx,
                          "SELECT current_setting('server_version'),"
                          "       current_setting('transaction_read_only')::bool")
                         .front();
    return std::pair{"PostgreSQL " + row[0].as<std::string>(), row[1].as<bool>()};
  });
  if (read_only)
    throw Error(Errc::unavailable, "{} is read-only", version)
        .with_hint("connect to the primary; or, where it keeps its last room for itself, make room");
  check_encoding(connection);
  check_session(connection, context.config().database.url);
  return {Verdict::ok, version};
}

// Texts and tokens pass there. libpq encrypts where the server can, but asks nobody whose server that is,
// unless told.
Finding check_transport(Context& context) {
  const auto [is_near, is_encrypted] = in_transaction(context.unchecked_connection(), [](Tx& tx) {
    const auto row =
        exec(tx,
             "SELECT coalesce(inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1', true),"
             "       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)")
            .front();
    return std::pair{row[0].as<bool>(), row[1].as<bool>()};
  });
  if (is_near) return {Verdict::ok, "on this machine"};
  const auto parsed = parse_conninfo(context.config().database.url);
  const auto* given = parsed ? parsed->find("sslmode") : nullptr;
  const auto* variable = std::getenv("PGSSLMODE");
  const std::string mode = given ? *given : variable ? variable : "";
  if (is_encrypted && mode == "verify-full")
    return {Verdict::ok, "encrypted, with a certificate of that name"};
  return {Verdict::warn, is_encrypted ? "encrypted, but nobody asks whose server it is" : "not encrypted",
          "set sslmode=verify-full in database.url"};
}

Finding check_schema(Context& context) {
  const auto pending = list_pending_migrations(context.unchecked_connection()).size();
  if (pending > 0)
    return {Verdict::fail, fmt::format("{} migrations pending", pending), "run \"smscrm migrate\""};
  return {Verdict::ok, "up to date"};
}

Finding check_redis(Context& context) {
  const auto& url = context.config().redis.url;
  if (url.empty()) return {Verdict::warn, "none; work is found a little later", "set redis.url"};
  if (!Redis{url}.ping())
    return {Verdict::warn, "does not answer; work is found a little later",
            "start Redis, or correct redis.url"};
  if (is_open_to_all(url))
    return {Verdict::fail, "answers everybody who reaches it, without a password",
            "set requirepass or users in its configuration, or use a Unix socket"};
  return {Verdict::ok, "answers"};
}

// Whether PostgreSQL keeps tenants apart, or our statements alone do.
Finding check_roles(Context& context) {
  return in_transaction(context.unchecked_connection(), [](Tx& tx) -> Finding {
    const auto roles = find_roles(tx);
    if (!roles.guarded)
      return {Verdict::warn, "one role does everything: only smscrm's own statements keep tenants apart",
              "have an administrator run: " + roles_remedy(tx) + " Then run \"smscrm migrate\"."};
    if (!roles.complete())
      return {Verdict::fail, "this user may not act for a tenant, or not for all",
              "have an administrator run: " + roles_remedy(tx)};
    return {Verdict::ok, "kept apart by the database"};
  });
}

// Consent, quiet hours and expiry depend on it.
Finding check_clock(Context& context) {
  const auto before = now();
  const auto server = in_transaction(context.unchecked_connection(), [](Tx& tx) {
    return exec(tx, "SELECT clock_timestamp()").front()[0].as<Timestamp>();
  });
  const auto middle = before + (now() - before) / 2;
  const double off = std::abs(std::chrono::duration<double>(server - middle).count());
  const auto detail = fmt::format("{:.1f} s from the database's", off);
  if (off > 5) return {Verdict::fail, detail, "synchronize both clocks by NTP"};
  if (off > 1) return {Verdict::warn, detail, "synchronize both clocks by NTP"};
  return {Verdict::ok, detail};
}

// Governments move clocks several times a year; a machine that does not hear of it texts an hour off.
Finding check_zone_data(Context&) {
  // The newest that a zone of core/phone/number_zones.tsv is wrong without: Cuba's of 2026.
  constexpr std::string_view needed = "2026f";
  const auto version = time_zone_data();
  if (version < needed || !std::isdigit(static_cast<unsigned char>(version.front())))
    return {Verdict::warn, fmt::format("{}; hours by law need {}", version, needed), "upgrade tzdata"};
  const int this_year{date::year_month_day{date::floor<date::days>(now())}.year()};
  if (parse_integer(version.substr(0, 4)).value_or(0) < this_year - 1)
    return {Verdict::warn, version + ", which is more than a year old", "upgrade tzdata"};
  return {Verdict::ok, version};
}

Finding check_key(Context& context) {
  context.secret_key();
  return {Verdict::ok, context.config().secrets.key_file};
}

Account tenant_account(Context& context) {
  const auto id = context.tenant().id;
  return context.transaction([&](Tx& tx) { return get_account(tx, context.secret_key(), id); });
}

Finding check_twilio(Context& context) {
  const auto account = tenant_account(context);
  const auto access = access_of(account, context.config().twilio);
  const auto& provider = get_provider(account.provider);
  const auto answer = provider.parse_check(http_request(provider.check_call(access)));
  if (answer.kind == CheckAnswer::Kind::unanswered)
    return {Verdict::fail, mask_url(access.api_url) + ": " + answer.reason,
            "check the network, proxies on the way and twilio.api_url", true};
  if (answer.kind == CheckAnswer::Kind::refused)
    return {Verdict::fail, answer.reason, "set them again with \"smscrm account set\""};
  return {Verdict::ok, account.sid};
}

// A pause by an error, and what waits for another day.
Finding check_sending(Context& context) {
  const auto id = context.tenant().id;
  const auto holds = context.transaction([&](Tx& tx) { return list_holds(tx, id, now()); });
  if (holds.empty()) return {Verdict::ok, "nothing is held"};
  std::vector<std::string> all;
  for (const auto& hold : holds)
    all.push_back(hold.until ? fmt::format("{}, until {}", hold.message, format_rfc3339(*hold.until))
                             : hold.message);
  const auto& code = holds.front().code;
  const bool paused = code == "lane_paused";
  const bool away =
      code == "provider_unreachable" || code == "provider_failing" || code == "not_the_provider";
  return {paused || away ? Verdict::fail : Verdict::warn, fmt::format("{}", fmt::join(all, "; ")),
          holds.front().hint, away};
}

Finding check_public_url(Context& context) {
  const auto& url = context.config().http.public_url;
  if (url.empty())
    return {Verdict::warn, "http.public_url is not set: no receipts, replies or short links",
            "set http.public_url"};
  HttpCall call;
  call.url = url + "/healthz";
  const auto reply = http_request(call);
  if (reply.failure != HttpFailure::none)
    return {Verdict::fail, mask_url(url) + ": " + reply.error,
            "start smscrmd, or correct the proxy or http.public_url", true};
  if (reply.status != 200)
    return {Verdict::fail, fmt::format("{} answers {}", mask_url(call.url), reply.status),
            "the reverse proxy must pass every path on to smscrmd", reply.status >= 500};
  return {Verdict::ok, mask_url(url)};
}

// A signed request that says nothing: smscrmd refuses a wrong signature with 403, and after a right one it
// complains of what is missing. Nothing is recorded.
Finding check_signature(Context& context) {
  const auto account = tenant_account(context);
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = context.config().http.public_url + "/webhooks/twilio/" + context.tenant().slug + "/inbound";
  const Form form{{"AccountSid", account.sid}};
  call.body = "AccountSid=" + account.sid;
  call.headers = {"X-Twilio-Signature: " + twilio_signature(account.auth_token, call.url, form)};
  const auto reply = http_request(call);
  if (reply.failure != HttpFailure::none)
    return {Verdict::fail, mask_url(call.url) + ": " + reply.error, "see above", true};
  if (reply.status == 400) return {Verdict::ok, "a signed webhook is accepted"};
  if (reply.status == 403)
    return {Verdict::fail, "smscrmd refuses our signature",
            "its http.public_url, secrets.key_file or database differs from the ones here"};
  return {Verdict::fail, fmt::format("{} answers {}", mask_url(call.url), reply.status),
          "the reverse proxy must pass every path on to smscrmd", reply.status >= 500};
}

// The law gives ten business days; a warning comes when half a week is left.
Finding check_reviews(Context& context) {
  const auto load = context.transaction([](Tx& tx) { return count_reviews(tx); });
  if (!load.next_due) return {Verdict::ok, "none waits"};
  const auto detail = fmt::format("{} {}, the first is due {}", load.waiting,
                                  load.waiting == 1 ? "waits" : "wait", format_rfc3339(*load.next_due));
  const char* hint = "read them: \"smscrm inbox review\"";
  if (*load.next_due <= now()) return {Verdict::fail, detail, hint};
  if (*load.next_due <= now() + std::chrono::hours{84}) return {Verdict::warn, detail, hint};
  return {Verdict::ok, detail};
}

// What a daemon has in memory of tenants, tokens and links: with an old one it refuses STOPs that are right.
Finding check_directory(Context& context) {
  const auto loads = context.transaction([](Tx& tx) { return list_directory_loads(tx); });
  if (loads.empty()) return {Verdict::ok, "no smscrmd is known to run"};
  std::vector<std::string> stale, partly;
  for (const auto& load : loads) {
    if (load.loaded_at < now() - std::chrono::seconds{30})
      stale.push_back(fmt::format("smscrmd on {} last loaded tenants and links {}{}{}", load.host,
                                  format_rfc3339(load.loaded_at), load.error.empty() ? "" : ": ",
                                  load.error));
    else if (load.left_out > 0)
      partly.push_back(fmt::format("smscrmd on {} leaves out {} row{} that cannot be read: {}", load.host,
                                   load.left_out, load.left_out == 1 ? "" : "s", load.error));
  }
  if (!stale.empty())
    return {Verdict::fail, fmt::format("{}", fmt::join(stale, "; ")),
            "start smscrmd again; until then it refuses webhooks of new tenants and tokens"};
  if (!partly.empty())
    return {Verdict::warn, fmt::format("{}", fmt::join(partly, "; ")),
            "the tenant named is not served: mend or remove that row"};
  return {Verdict::ok, "fresh"};
}

std::string describe(const WebhookTrouble& trouble) {
  using Kind = WebhookTrouble::Kind;
  const auto subject = fmt::format("{} of {}", trouble.webhook, trouble.tenant);
  const auto since = format_rfc3339(trouble.since);
  switch (trouble.kind) {
    case Kind::disabled:
      return fmt::format("{} was disabled {}: {}", subject, since, trouble.error);
    case Kind::sealed:
      return fmt::format("{} hears nothing since {}: {}", subject, since, trouble.error);
    case Kind::failing:
      return fmt::format("{} has failed since {}: {}", subject, since, trouble.error);
    case Kind::overdue:
      return fmt::format("{} has an event that is due since {}", subject, since);
  }
  return "";
}

const char* way_out(WebhookTrouble::Kind kind) {
  using Kind = WebhookTrouble::Kind;
  switch (kind) {
    case Kind::disabled:
    case Kind::failing:
      return "mend the endpoint, then \"smscrm webhook test\" and \"smscrm webhook update --enable\"";
    case Kind::sealed:
      return "give every smscrmd the same secrets.key_file, or run \"smscrm webhook update --new-secret\"";
    case Kind::overdue:
      return "start smscrmd, with webhook.deliver; if it runs, the endpoint is slower than its events";
  }
  return "";
}

// Tenants' endpoints that hear nothing any more, or too late.
Finding check_webhooks(Context& context) {
  const auto troubles = context.transaction([](Tx& tx) { return list_webhook_troubles(tx, now()); });
  if (troubles.empty()) return {Verdict::ok, "none fails"};
  std::vector<std::string> all, hints;
  for (const auto& trouble : troubles) {
    all.push_back(describe(trouble));
    const auto* hint = way_out(trouble.kind);
    if (std::find(hints.begin(), hints.end(), hint) == hints.end()) hints.emplace_back(hint);
  }
  return {Verdict::warn, fmt::format("{}", fmt::join(all, "; ")), fmt::format("{}", fmt::join(hints, "; "))};
}

// Whether this is the database that it was.
Finding check_fence(Context& context) {
  const auto [fence, fenced] = context.transaction([](Tx& tx) {
    return std::pair{find_fence(tx), is_fenced(tx)};
  });
  if (!fenced) return {Verdict::ok, "the database is the one that it was"};
  return {Verdict::fail,
          fmt::format("nothing is sent: the database is fenced{}{}", fence.is_raised() ? ": " : "",
                      fence.is_raised() ? fence.reason : ", for it is not the one that it was"),
          "see \"smscrm backup status\""};
}

// Launches that were planned and did not come.
Finding check_schedules(Context& context) {
  LeftOut left_out;
  const auto troubles =
      context.transaction([&](Tx& tx) { return list_schedule_troubles(tx, now(), left_out); });
  std::vector<std::string> all, hints;
  bool is_late = false, is_over = false;
  for (const auto& [tenant, schedule] : troubles) {
    const bool is_planned = schedule.status == ScheduleStatus::planned;
    (is_planned ? is_late : is_over) = true;
    all.push_back(fmt::format("campaign {} of {}, due {}, {}{}{}", schedule.campaign_slug, tenant,
                              format_rfc3339(schedule.due_at),
                              is_planned ? "has not launched" : to_string(schedule.status),
                              schedule.reason.empty() ? "" : ": ", schedule.reason));
  }
  if (left_out.rows > 0) all.push_back(left_out.error);
  if (all.empty()) return {Verdict::ok, "none is late"};
  if (is_late) hints.emplace_back("start smscrmd, with scheduler.enabled; if it runs, its log says why");
  if (is_over) hints.emplace_back("launch by hand what is still wanted: \"smscrm campaign launch\"");
  return {is_late ? Verdict::fail : Verdict::warn, fmt::format("{}", fmt::join(all, "; ")),
          fmt::format("{}", fmt::join(hints, "; "))};
}

struct Check {
  const char* name;
  Finding (*run)(Context&);
  std::vector<std::string> needs;  // is skipped unless these are well
  bool of_tenant = false;          // is run when a tenant is named
};

const std::vector<Check>& checks() {
  static const std::vector<Check> all = {
      {"configuration", check_config, {}},
      {"database", check_database, {"configuration"}},
      {"database transport", check_transport, {"database"}},
      {"schema", check_schema, {"database"}},
      {"tenants", check_roles, {"schema"}},
      {"redis", check_redis, {"configuration"}},
      {"clock", check_clock, {"database"}},
      {"time zones", check_zone_data, {}},
      {"secrets key", check_key, {"configuration"}},
      {"opt-out reviews", check_reviews, {"schema"}},
      {"webhooks", check_webhooks, {"schema"}},
      {"fence", check_fence, {"schema"}},
      {"backups", check_backups, {"schema"}},
      {"key copy", check_key_copy, {"schema", "secrets key"}},
      {"schedules", check_schedules, {"schema"}},
      {"directory", check_directory, {"schema"}},
      {"public url", check_public_url, {"configuration"}},
      {"twilio credentials", check_twilio, {"schema", "secrets key"}, true},
      {"sending", check_sending, {"schema"}, true},
      {"webhook signature", check_signature, {"schema", "secrets key", "public url"}, true},
  };
  return all;
}

Finding examine(Context& context, const Check& check) {
  try {
    return check.run(context);
  } catch (const Error& error) {
    return {Verdict::fail, error.what(), error.hint(), error.code() == Errc::unavailable};
  }
}

struct Examination {
  std::vector<Json> rows;
  ExitStatus status = ExitStatus::done;
};

Examination examine_all(Context& context) {
  Examination all;
  std::map<std::string, Verdict> verdicts;
  bool failed = false, only_away = true;
  for (const auto& check : checks()) {
    if (check.of_tenant && context.flags.tenant.empty()) continue;
    Finding finding{Verdict::ok, ""};
    for (const auto& need : check.needs)
      if (verdicts[need] != Verdict::ok && finding.verdict == Verdict::ok)
        finding = {Verdict::skip, "needs the " + need};
    if (finding.verdict == Verdict::ok) finding = examine(context, check);
    verdicts[check.name] = finding.verdict;
    if (finding.verdict == Verdict::fail) failed = true, only_away = only_away && finding.away;
    all.rows.push_back({{"check", check.name},
                        {"status", to_string(finding.verdict)},
                        {"detail", finding.detail},
                        {"hint", finding.hint}});
  }
  if (failed) all.status = only_away ? ExitStatus::unavailable : ExitStatus::failed;
  return all;
}

void print_examination(Output& out, const Examination& all) {
  out.print_list({"check", "status", Column{"detail"}.wrapped(), Column{"hint"}.below()}, all.rows);
}

void doctor(Context& context) {
  const auto all = examine_all(context);
  print_examination(context.out(), all);
  if (context.flags.tenant.empty())
    context.out().note("add --tenant SLUG to check its Twilio account and webhooks");
  context.set_status(all.status);
}

// What makes a finding another one: details count and measure, and differ at every look.
std::vector<std::string> verdicts_of(const Examination& all) {
  std::vector<std::string> verdicts;
  for (const auto& row : all.rows) verdicts.push_back(row["status"].get<std::string>());
  return verdicts;
}

void watch(Context& context, const std::string& interval) {
  const auto pause = parse_watch_interval(interval);
  auto& out = context.out();
  LiveScreen screen;
  std::vector<std::string> told;
  do {
    context.reconnect();  // one that was lost is not to be asked again
    const auto all = examine_all(context);
    context.set_status(all.status);
    const bool live = LiveScreen::is_possible(out);
    if (!live && verdicts_of(all) == told) continue;
    told = verdicts_of(all);
    if (live) screen.clear(out);
    print_examination(out, all);
    out.flush();
  } while (screen.wait(pause));
}

}  // namespace

void add_doctor(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "doctor", "Check everything that sending depends on.",
                        "smscrm doctor\nsmscrm doctor --tenant acme -o json\nsmscrm doctor --watch");
  noun.require_subcommand(0);
  struct Flags {
    bool watch = false;
    std::string interval = "5s";
  };
  auto flags = std::make_shared<Flags>();
  add_switch(noun, "--watch", flags->watch, "Check again and again, until Ctrl-C.");
  add_flag(noun, "--interval", flags->interval, "DURATION", "How often, with --watch.")
      ->capture_default_str();
  noun.callback([=, &context] {
    context.act_for_installation();
    flags->watch ? watch(context, flags->interval) : doctor(context);
  });
}

}  // namespace smscrm
