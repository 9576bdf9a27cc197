// smscrm link …: short links and who followed them.
#include "core/link/link.hpp"

#include "cli/page.hpp"
#include "cli/qr_code.hpp"
#include "core/campaign/campaign.hpp"
#include "core/link/link_json.hpp"

namespace smscrm {
namespace {

// A link made by hand has one code, and so a URL to print; one of a campaign has a code a recipient.
std::string short_url_of(Context& context, const Link& link) {
  if (link.campaign) return {};
  const auto& secret = context.secret_key();
  const auto key = context.transaction([&](Tx& tx) { return get_link_key(tx, secret); });
  return format_short_url(link_url_of(context.tenant(), context.config().http.public_url), key, link.id,
                          MessageId{0});
}

struct CreateFlags {
  std::string url, name, expires;
};

void create(Context& context, const CreateFlags& flags) {
  const auto tenant = context.tenant().id;
  if (link_url_of(context.tenant(), context.config().http.public_url).empty())
    throw Error(Errc::usage, "http.public_url is not set, so a short link would lead nowhere")
        .with_hint(
            "set it in the configuration, SMSCRM_HTTP_PUBLIC_URL, or \"smscrm tenant update --link-url\"");
  std::optional<Timestamp> expires;
  if (!flags.expires.empty()) expires = context.read_time("--expires", flags.expires, TimeSense::future);
  if (expires && *expires <= now())
    throw Error(Errc::usage, "--expires: {} has passed", context.out().time(*expires))
        .with_hint("write a later time, or a length of time from now such as 30d");
  const auto link =
      context.transaction([&](Tx& tx) { return add_link(tx, tenant, flags.name, flags.url, expires); });
  const auto url = short_url_of(context, link);
  if (context.out().format() == Format::table) {
    context.out().print_raw(url + "\n");
  } else {
    context.out().print_record(to_json(link, url));
  }
  context.out().note(fmt::format("created link {}", link.id.value));
}

void list(Context& context, const std::string& campaign, const Page& page) {
  const auto tenant = context.tenant().id;
  LinkFilter filter;
  if (const auto before = page_id(page)) filter.before = LinkId{*before};
  print_listing(
      context, {"id", "name", "campaign", "target_url", "clicks", {"unique_clicks", "people"}}, page,
      [&](Tx& tx) {
        if (!campaign.empty()) filter.campaign = get_campaign(tx, tenant, campaign).id;
        return list_links(tenant, filter);
      },
      [](const LinkClicks& link) { return to_json(link); }, "id",
      "no links yet; a template makes them with {{link:https://…}}");
}

struct ShowFlags {
  std::int64_t id = 0;
  bool qr = false;
  std::string qr_file;
  unsigned scale = 8;
};

void show(Context& context, const ShowFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto [link, hits] = context.transaction([&](Tx& tx) {
    return std::pair{get_link(tx, tenant, LinkId{flags.id}), count_hits(tx, tenant, LinkId{flags.id})};
  });
  const auto short_url = short_url_of(context, link);
  const auto record = to_json(link, hits, short_url);
  if (!flags.qr && flags.qr_file.empty()) return context.out().print_record(record);
  if (link.campaign)
    throw Error(Errc::usage, "link {} has another code for each recipient, and none to print", link.id.value)
        .with_hint("\"smscrm link create\" makes a link with one code");
  const auto code = make_qr_code(short_url);
  if (flags.qr_file == "-") return context.out().print_raw(draw_qr_png(code, flags.scale));
  if (!flags.qr_file.empty()) {
    write_qr_png(code, flags.qr_file, flags.scale);
    context.out().note("wrote " + flags.qr_file);
  }
  if (context.out().format() != Format::table) return context.out().print_record(record);
  if (flags.qr) context.out().print_raw(draw_qr_code(code));
  if (flags.qr) context.out().note(short_url);
}

void set_enabled(Context& context, std::int64_t id, bool enabled) {
  const auto tenant = context.tenant().id;
  const auto link =
      context.transaction([&](Tx& tx) { return set_link_enabled(tx, tenant, LinkId{id}, enabled, now()); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(link));
  context.out().note(enabled
                         ? fmt::format("link {} leads on again", id)
                         : fmt::format("link {} is ended: whoever follows it is told that it is gone", id));
}

void reclassify(Context& context) {
  const auto tenant = context.tenant().id;
  context.out().print_record(
      to_json(context.transaction([&](Tx& tx) { return reclassify_clicks(tx, tenant); })));
}

}  // namespace

void add_link(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "link", "Short links and who followed them.",
                        "smscrm link create https://acme.example/menu --name menu\n"
                        "smscrm link list --campaign spring\n"
                        "smscrm link show 3 --qr-file menu.png\n"
                        "smscrm link disable 3");

  auto created = std::make_shared<CreateFlags>();
  auto& create_verb =
      add_verb(noun, "create", "Create a short link by hand.", [=, &context] { create(context, *created); });
  add_positional(create_verb, "url", created->url, "URL", "Where it leads; it can never be changed.");
  add_flag(create_verb, "--name", created->name, "TEXT", "What it is for.");
  add_flag(create_verb, "--expires", created->expires, "TIME",
           "When it ends, as 2026-12-24 or 30d from now.");

  auto campaign = std::make_shared<std::string>();
  auto page = std::make_shared<Page>();
  auto& list_verb =
      add_verb(noun, "list", "List links, newest first.", [=, &context] { list(context, *campaign, *page); });
  add_flag(list_verb, "--campaign", *campaign, "CAMPAIGN", "Only those of this campaign.");
  add_page(list_verb, *page, "--before", "ID");

  auto shown = std::make_shared<ShowFlags>();
  auto& show_verb = add_verb(noun, "show", "Show one link.", [=, &context] { show(context, *shown); });
  add_positional(show_verb, "id", shown->id, "ID", "As link list shows it.");
  add_switch(show_verb, "--qr", shown->qr, "Draw its QR code.");
  add_flag(show_verb, "--qr-file", shown->qr_file, "FILE", "Write its QR code as PNG; - is standard output.");
  add_flag(show_verb, "--qr-scale", shown->scale, "N", "Pixels a module of that file.")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();

  for (const bool enabled : {false, true}) {
    auto id = std::make_shared<std::int64_t>();
    auto& verb = add_verb(
        noun, enabled ? "enable" : "disable",
        enabled ? "Have a link that was ended lead on again." : "End a link at once, on all daemons.",
        [=, &context] { set_enabled(context, *id, enabled); });
    add_positional(verb, "id", *id, "ID", "As link list shows it.");
  }

  add_verb(noun, "reclassify", "Tell persons from robots again, by the rules of today.",
           [&context] { reclassify(context); });
}

}  // namespace smscrm
