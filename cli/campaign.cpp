// smscrm campaign …: create, change and list campaigns.
#include "cli/campaign.hpp"

#include "cli/campaign_follow.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/campaign/campaign_json.hpp"
#include "core/lane/sender.hpp"

namespace smscrm {
namespace {

const std::vector<std::string> kinds{"marketing", "transactional"};
const std::vector<std::string> statuses{"draft", "running", "paused", "finished", "canceled"};

// Absent: not given, so left as it is.
struct Settings {
  std::string slug;
  std::optional<std::string> new_slug, template_name, audience, rate, expires_after, links_expire_after;
  std::string kind;
  std::vector<std::string> senders;
  bool if_missing = false;
};

void add_settings(CLI::App& verb, Settings& settings) {
  add_flag(verb, "--template", settings.template_name, "TEMPLATE", "The text to send.");
  add_flag(verb, "--audience", settings.audience, "AUDIENCE",
           "Whom: list:SLUG, tag:TAG, segment:SLUG, 'where RULE' or all.");
  add_choice(verb, "--kind", settings.kind, kinds, "Marketing keeps the quiet hours.");
  add_repeated(verb, "--sender", settings.senders, "SENDER",
               "Send from this address; may be repeated. Without it, from all; \"all\" goes back to that.");
  add_flag(verb, "--rate", settings.rate, "PARTS",
           "At most so many parts a second; \"max\": what the senders allow.");
  add_flag(verb, "--expires-after", settings.expires_after, "DURATION",
           "What has not left so long after the launch is dropped, such as 6h; \"never\".");
  add_flag(verb, "--links-expire-after", settings.links_expire_after, "DURATION",
           "Its short links answer 410 so long after the launch, such as 30d; \"never\".");
}

// Absent: as it was.
void apply_length(const std::optional<std::string>& given, std::optional<std::chrono::seconds>& length) {
  if (!given) return;
  length = *given == "never" ? std::nullopt : std::optional{parse_duration(*given)};
}

void apply(Tx& tx, TenantId tenant, const Settings& settings, NewCampaign& campaign) {
  if (settings.new_slug) campaign.slug = *settings.new_slug;
  if (settings.template_name) campaign.body_template = get_template(tx, tenant, *settings.template_name).id;
  if (settings.audience) campaign.audience = parse_audience(*settings.audience);
  if (!settings.kind.empty()) campaign.kind = parse_campaign_kind(settings.kind);
  if (!settings.senders.empty()) campaign.senders.clear();
  for (const auto& address : settings.senders)
    if (address != "all") campaign.senders.push_back(get_sender(tx, tenant, address).id);
  if (settings.rate == "max") {
    campaign.rate.reset();
  } else if (settings.rate) {
    double rate = 0;
    if (!CLI::detail::lexical_cast(*settings.rate, rate))
      throw Error(Errc::invalid, "\"{}\" is not a rate; write parts per second, such as 10", *settings.rate);
    campaign.rate = rate;
  }
  apply_length(settings.expires_after, campaign.expires_after);
  apply_length(settings.links_expire_after, campaign.links_expire_after);
}

void create(Context& context, const Settings& settings) {
  const auto& tenant = context.tenant();
  if (settings.if_missing)
    if (const auto known =
            context.transaction([&](Tx& tx) { return find_campaign(tx, tenant.id, settings.slug); });
        known && known->slug == settings.slug) {
      if (context.out().format() != Format::table) context.out().print_record(to_json(*known));
      return context.out().note(
          fmt::format("campaign {} is there already, {}", known->slug, to_string(known->status)));
    }
  const auto campaign = context.transaction([&](Tx& tx) {
    NewCampaign added;
    added.slug = settings.slug;
    apply(tx, tenant.id, settings, added);
    return add_campaign(tx, tenant.id, added);
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(campaign));
  context.out().note(fmt::format("created campaign {}", campaign.slug));
}

void list(Context& context, const std::string& status, const Page& page) {
  const auto& tenant = context.tenant();
  const auto wanted = status.empty() ? std::nullopt : std::optional{parse_campaign_status(status)};
  std::vector<Json> rows;
  for (const auto& campaign :
       context.transaction([&](Tx& tx) { return list_campaigns(tx, tenant.id, wanted); }))
    rows.push_back(to_json(campaign));
  print_page(
      context,
      {"slug", "status", Column{"kind"}.spare(3), Column{"template"}.spare(2), "audience", "messages",
       "launched_at", Column{"finished_at"}.spare()},
      page, rows, "slug",
      status.empty() ? "no campaigns yet; create one with \"smscrm campaign create\"" : "no such campaigns");
}

void show(Context& context, const std::string& name) {
  context.out().print_record(to_json(get_campaign(context, name)));
}

void update(Context& context, const Settings& settings) {
  const auto& tenant = context.tenant();
  const auto campaign = context.transaction([&](Tx& tx) {
    auto changed = get_campaign(tx, tenant.id, settings.slug);
    apply(tx, tenant.id, settings, changed);
    update_campaign(tx, tenant.id, changed, now());
    return get_campaign(tx, tenant.id, fmt::format("{}", changed.id.value));
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(campaign));
  context.out().note(fmt::format("updated campaign {}", campaign.slug));
}

void remove(Context& context, const std::string& name) {
  const auto campaign = get_campaign(context, name);
  context.out().confirm(fmt::format("delete campaign {}", campaign.slug));
  context.transaction([&](Tx& tx) { delete_campaign(tx, context.tenant().id, campaign.id); });
  context.out().note(fmt::format("deleted campaign {}", campaign.slug));
}

}  // namespace

Campaign get_campaign(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  return context.transaction([&](Tx& tx) { return get_campaign(tx, tenant.id, name); });
}

void add_campaign(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "campaign", "One text to one audience, once.",
                        "smscrm campaign create spring --template spring --audience list:spring\n"
                        "smscrm campaign preflight spring\n"
                        "smscrm campaign launch spring --key spring-2026-05 --wait\n"
                        "smscrm campaign explain spring --to +14155552671");

  auto creation = std::make_shared<Settings>();
  auto& create_verb = add_verb(noun, "create", "Create a campaign, as a draft.",
                               [=, &context] { create(context, *creation); });
  add_positional(create_verb, "slug", creation->slug, "SLUG", "Its name: a-z, 0-9, - and _.");
  add_settings(create_verb, *creation);
  create_verb.get_option("--template")->required();
  create_verb.get_option("--audience")->required();
  add_switch(create_verb, "--if-missing", creation->if_missing,
             "Leave one that is there as it is; status 0.");

  auto wanted = std::make_shared<std::string>();
  auto page = std::make_shared<Page>();
  auto& list_verb = add_verb(noun, "list", "List campaigns, newest first.",
                             [=, &context] { list(context, *wanted, *page); });
  add_choice(list_verb, "--status", *wanted, statuses, "Only these.");
  add_page(list_verb, *page, "--before", "CAMPAIGN");

  auto shown = std::make_shared<std::string>();
  auto& show_verb = add_verb(noun, "show", "Show one campaign's settings and launch.",
                             [=, &context] { show(context, *shown); });
  add_positional(show_verb, "campaign", *shown, "CAMPAIGN", "Slug or id.");

  auto change = std::make_shared<Settings>();
  auto& update_verb = add_change(noun, "update", "Change a draft, or rename any; what is not named stays.",
                                 [=, &context] { update(context, *change); });
  add_positional(update_verb, "campaign", change->slug, "CAMPAIGN", "Slug or id.");
  add_flag(update_verb, "--slug", change->new_slug, "SLUG", "A new slug.");
  add_settings(update_verb, *change);

  auto doomed = std::make_shared<std::string>();
  auto& delete_verb = add_verb(noun, "delete", "Delete a campaign that was never launched.",
                               [=, &context] { remove(context, *doomed); });
  add_positional(delete_verb, "campaign", *doomed, "CAMPAIGN", "Slug or id.");

  add_campaign_launch(noun, context);
  add_campaign_schedule(noun, context);
  add_campaign_follow(noun, context);
  add_campaign_proof(noun, context);
}

}  // namespace smscrm
