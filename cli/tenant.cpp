// smscrm tenant …: the businesses of this installation.
#include <cstdlib>

#include "cli/command.hpp"
#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/base/text.hpp"
#include "core/config/user_config.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/tenant/tenant_json.hpp"
#include "core/tenant/zone.hpp"

namespace smscrm {
namespace {

const std::vector<std::string> consent_modes{"recorded", "implied"};
const std::vector<std::string> unknown_policies{"resend", "hold"};
const std::vector<std::string> opt_out_scopes{"tenant", "pool", "number"};
const std::vector<std::string> when_capped{"skip", "defer"};
const std::vector<std::string> on_off{"on", "off"};
const std::vector<std::string> law_hours{"off", "low", "medium", "high"};

// Absent: not given, so left as it is.
struct Settings {
  std::string slug;
  std::optional<std::string> new_slug, name, timezone, country, quiet_hours;
  std::optional<std::string> stop_reply, start_reply, help_reply, daily_cap, link_url, dropped_alias;
  std::optional<std::string> frequency_cap, min_gap;
  std::optional<int> undelivered_retries;
  std::string consent, unknown_policy, opt_out_scope, hold_reviews, law_hours, when_capped;
  bool if_missing = false;
};

constexpr const char* usual_quiet_hours = "21:00-08:00";

void add_settings(CLI::App& verb, Settings& settings) {
  add_flag(verb, "--name", settings.name, "TEXT", "The name people read.");
  add_flag(verb, "--timezone", settings.timezone, "ZONE",
           "IANA zone of contacts that have none, such as America/New_York.");
  add_flag(verb, "--country", settings.country, "CC", "ISO 3166-1 country: the region of national numbers.");
  add_choice(verb, "--consent", settings.consent, consent_modes,
             "Whether only contacts with recorded consent are texted.");
  add_flag(verb, "--quiet-hours", settings.quiet_hours, "HH:MM-HH:MM|off",
           "Local hours in which no marketing leaves, such as 21:00-08:00.");
  add_choice(verb, "--law-hours", settings.law_hours, law_hours,
             "The least certainty of the law's rules on hours that are kept; off: none is.");
  add_flag(verb, "--frequency-cap", settings.frequency_cap, "N/TIME|off",
           "Marketing messages to a number at most in any stretch of time, such as 3/7d.");
  add_flag(verb, "--min-gap", settings.min_gap, "TIME|off",
           "Time between two marketing messages to a number at least, such as 4h.");
  add_choice(verb, "--when-capped", settings.when_capped, when_capped,
             "What becomes of a message that would be one too many: skipped, or sent later.");
  add_flag(verb, "--stop-reply", settings.stop_reply, "TEXT",
           "Answer to STOP; empty leaves it to the provider.");
  add_flag(verb, "--start-reply", settings.start_reply, "TEXT",
           "Answer to START; empty leaves it to the provider.");
  add_flag(verb, "--help-reply", settings.help_reply, "TEXT",
           "Answer to HELP; empty leaves it to the provider.");
  add_flag(verb, "--link-url", settings.link_url, "URL",
           "What short links begin with, such as https://go.acme.example; empty: http.public_url.");
  add_choice(verb, "--opt-out-scope", settings.opt_out_scope, opt_out_scopes,
             "What a STOP holds for: all senders, the pool that it was texted to, or that number.");
  add_choice(verb, "--hold-reviews", settings.hold_reviews, on_off,
             "Whether nothing leaves for a number while a text of it is up for review.");
  add_choice(verb, "--unknown-policy", settings.unknown_policy, unknown_policies,
             "What becomes of a message that provably never reached the provider.");
  add_flag(verb, "--undelivered-retries", settings.undelivered_retries, "N",
           "How often an undelivered message is tried again, hours apart; 0: never.");
  add_flag(verb, "--daily-cap", settings.daily_cap, "N|off", "Parts a day at most, by the tenant's clock.");
}

void apply(const Settings& settings, NewTenant& tenant) {
  const auto set = [](std::string& field, const std::optional<std::string>& given) {
    if (given) field = *given;
  };
  set(tenant.slug, settings.new_slug);
  set(tenant.name, settings.name);
  set(tenant.timezone, settings.timezone);
  set(tenant.country, settings.country);
  set(tenant.stop_reply, settings.stop_reply);
  set(tenant.start_reply, settings.start_reply);
  set(tenant.help_reply, settings.help_reply);
  if (settings.link_url) {
    tenant.link_url = *settings.link_url;
    while (tenant.link_url.ends_with('/')) tenant.link_url.pop_back();
  }
  if (settings.quiet_hours) tenant.quiet_hours = parse_quiet_hours(*settings.quiet_hours);
  if (!settings.law_hours.empty()) tenant.law_hours = parse_law_hours(settings.law_hours);
  if (settings.frequency_cap) tenant.frequency_cap = parse_frequency_cap(*settings.frequency_cap);
  if (settings.min_gap) tenant.min_gap = parse_min_gap(*settings.min_gap);
  if (!settings.when_capped.empty()) tenant.when_capped = parse_when_capped(settings.when_capped);
  if (settings.undelivered_retries) tenant.undelivered_retries = *settings.undelivered_retries;
  if (settings.daily_cap) tenant.daily_cap = parse_daily_cap(*settings.daily_cap);
  if (!settings.consent.empty())
    tenant.consent = settings.consent == "implied" ? ConsentMode::implied : ConsentMode::recorded;
  if (!settings.opt_out_scope.empty()) tenant.opt_out_scope = parse_opt_out_scope(settings.opt_out_scope);
  if (!settings.hold_reviews.empty()) tenant.hold_reviews = settings.hold_reviews == "on";
  if (!settings.unknown_policy.empty())
    tenant.unknown_policy = settings.unknown_policy == "hold" ? UnknownPolicy::hold : UnknownPolicy::resend;
}

void warn_of_zone(Context& context, const std::string& zone) {
  const auto meant = zone_meant_by(zone);
  if (!meant) return;
  context.out().warn(
      fmt::format("{} has no summer time: quiet hours would be an hour off for half of the year{}", zone,
                  meant->empty() ? "" : fmt::format("; {} is meant?", *meant)));
}

// What nobody said, so that it is not found out by the first campaign.
std::vector<std::string> assumptions(const Settings& settings, const Tenant& tenant) {
  std::vector<std::string> assumed;
  if (!settings.timezone) assumed.push_back("time zone " + tenant.timezone);
  if (!settings.country) assumed.push_back("country " + tenant.country);
  if (!settings.quiet_hours)
    assumed.push_back(tenant.quiet_hours
                          ? fmt::format("quiet hours {} (--quiet-hours off for none)", usual_quiet_hours)
                          : fmt::format("no quiet hours (--quiet-hours {} is usual)", usual_quiet_hours));
  if (settings.law_hours.empty())
    assumed.push_back(tenant.law_hours ? "the hours of the law where people are (--law-hours off for none)"
                                       : "not the hours of the law (--law-hours medium is usual)");
  if (settings.consent.empty()) assumed.emplace_back("only who has recorded consent is texted");
  return assumed;
}

void create(Context& context, const Settings& settings) {
  if (settings.if_missing)
    if (const auto known = context.transaction([&](Tx& tx) { return find_tenant(tx, settings.slug); });
        known && known->slug == settings.slug) {
      if (context.out().format() != Format::table) context.out().print_record(to_json(*known));
      return context.out().note(fmt::format("tenant {} is there already", known->slug));
    }
  NewTenant wanted{};
  wanted.slug = settings.slug;
  wanted.name = settings.slug;
  wanted.timezone = "UTC";
  wanted.country = country_of_zone(settings.timezone.value_or("")).value_or("US");
  // Scripts create tenants, too, and go on as they always did.
  if (can_ask(false)) {
    wanted.quiet_hours = parse_quiet_hours(usual_quiet_hours);
    wanted.law_hours = Certainty::medium;
  }
  // Who cares for the night cares for the law's.
  if (settings.quiet_hours && *settings.quiet_hours != "off") wanted.law_hours = Certainty::medium;
  apply(settings, wanted);
  const auto tenant = context.transaction([&](Tx& tx) { return add_tenant(tx, wanted); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(tenant));
  context.out().note(fmt::format("created tenant {}", tenant.slug));
  if (const auto assumed = assumptions(settings, tenant); !assumed.empty())
    context.out().note("assumed: " + join(assumed, ", "));
  warn_of_zone(context, tenant.timezone);
}

void use(Context& context, const std::string& name) {
  const auto tenant = context.transaction([&](Tx& tx) { return get_tenant(tx, name); });
  std::optional<std::filesystem::path> named;
  if (!context.flags.config_file.empty()) named = context.flags.config_file;
  const auto file = user_config_file(standard_config_sources(named));
  set_in_config_file(file, tenant_key, tenant.slug);
  context.out().note(
      fmt::format("commands are about tenant {} from now on; so says {}", tenant.slug, file.string()));
  const char* variable = std::getenv("SMSCRM_TENANT");
  if (variable != nullptr && *variable != '\0' && variable != tenant.slug)
    context.out().warn(fmt::format("SMSCRM_TENANT is set to {} here, and goes first", variable));
}

void list(Context& context, const Page& page) {
  std::vector<Json> rows;
  for (const auto& tenant : context.transaction([](Tx& tx) { return list_tenants(tx); }))
    rows.push_back(to_json(tenant));
  print_page(context, {"slug", "name", "timezone", "country", Column{"consent"}.spare(), "quiet_hours"}, page,
             rows, "slug", "no tenants yet; create one with \"smscrm tenant create SLUG\"");
}

void show(Context& context, const std::string& name) {
  if (name.empty()) return context.out().print_record(to_json(context.tenant()));
  context.out().print_record(to_json(context.transaction([&](Tx& tx) { return get_tenant(tx, name); })));
}

void update(Context& context, const Settings& settings) {
  const auto name = settings.slug.empty() ? context.tenant().slug : settings.slug;
  const auto tenant = context.transaction([&](Tx& tx) {
    auto changed = get_tenant(tx, name);
    apply(settings, changed);
    update_tenant(tx, changed, now());
    if (settings.dropped_alias) delete_alias(tx, changed.id, *settings.dropped_alias);
    return get_tenant(tx, changed.slug);
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(tenant));
  context.out().note(fmt::format("updated tenant {}", tenant.slug));
  if (settings.timezone) warn_of_zone(context, tenant.timezone);
  if (settings.new_slug && !tenant.aliases.empty())
    context.out().note(fmt::format("its webhooks may still come to {}", join(tenant.aliases, ", ")));
}

void remove(Context& context, const std::string& name) {
  const auto tenant = context.transaction([&](Tx& tx) { return get_tenant(tx, name); });
  context.out().confirm(fmt::format("delete tenant {} ({})", tenant.slug, tenant.name));
  context.transaction([&](Tx& tx) { delete_tenant(tx, tenant.id, now()); });
  context.out().note(fmt::format("deleted tenant {}", tenant.slug));
}

}  // namespace

void add_tenant(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "tenant", "Businesses, each with contacts, campaigns and an account of its own.",
               "smscrm tenant create acme --name 'Acme Coffee' --timezone America/New_York --country US\n"
               "smscrm tenant use acme\n"
               "smscrm tenant update acme --quiet-hours 21:00-08:00\n"
               "smscrm tenant list -o json");
  // A slug must be nobody else's, which who acts for one tenant cannot see.
  noun.preparse_callback([&context](std::size_t) { context.act_for_installation(); });

  auto creation = std::make_shared<Settings>();
  auto& create_verb =
      add_verb(noun, "create", "Create a tenant.", [=, &context] { create(context, *creation); });
  add_positional(create_verb, "slug", creation->slug, "SLUG",
                 "Its name on command lines: a-z, 0-9, - and _.");
  add_settings(create_verb, *creation);
  add_switch(create_verb, "--if-missing", creation->if_missing,
             "Leave one that is there as it is; status 0.");

  auto page = std::make_shared<Page>();
  auto& list_verb = add_verb(noun, "list", "List all tenants.", [=, &context] { list(context, *page); });
  add_page(list_verb, *page, "--after", "TENANT");

  auto shown = std::make_shared<std::string>();
  auto& show_verb =
      add_verb(noun, "show", "Show one tenant's settings.", [=, &context] { show(context, *shown); });
  add_positional(show_verb, "tenant", *shown, "TENANT", "Slug or id; the current one by default.")
      ->required(false);

  auto used = std::make_shared<std::string>();
  auto& use_verb = add_verb(noun, "use", "Make a tenant the one of commands that name none.",
                            [=, &context] { use(context, *used); });
  add_positional(use_verb, "tenant", *used, "TENANT", "Slug or id.");

  auto change = std::make_shared<Settings>();
  auto& update_verb = add_change(noun, "update", "Change settings; what is not named stays.",
                                 [=, &context] { update(context, *change); });
  add_positional(update_verb, "tenant", change->slug, "TENANT", "Slug or id; the current one by default.")
      ->required(false);
  add_flag(update_verb, "--slug", change->new_slug, "SLUG",
           "A new slug; webhooks that come to the old one still count.");
  add_flag(update_verb, "--drop-alias", change->dropped_alias, "ALIAS",
           "Refuse webhooks that come to this earlier slug from now on.");
  add_settings(update_verb, *change);

  auto doomed = std::make_shared<std::string>();
  auto& delete_verb = add_verb(noun, "delete", "Delete a tenant; its ledgers are kept.",
                               [=, &context] { remove(context, *doomed); });
  add_positional(delete_verb, "tenant", *doomed, "TENANT", "Slug or id.");
}

}  // namespace smscrm
