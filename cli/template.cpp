// smscrm template …: the texts that campaigns send.
#include "core/campaign/template.hpp"

#include <map>

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/campaign/campaign_json.hpp"
#include "core/link/link.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

struct Settings {
  std::string slug;
  std::optional<std::string> new_slug;
  BodyFlags body;
  bool if_missing = false;
};

void add_body(CLI::App& verb, Settings& settings) {
  add_body_flags(
      verb, settings.body,
      "The text. {{first_name|there}} is a field with a default, {{link:https://…}} a short link.");
}

void create(Context& context, const Settings& settings) {
  const auto body = read_body(settings.body);
  if (!body)
    throw Error(Errc::usage, "a template needs a body").with_hint("add --body TEXT or --body-file FILE");
  const auto& tenant = context.tenant();
  if (settings.if_missing)
    if (const auto known =
            context.transaction([&](Tx& tx) { return find_template(tx, tenant.id, settings.slug); });
        known && known->slug == settings.slug) {
      if (context.out().format() != Format::table) context.out().print_record(to_json(*known));
      return context.out().note(fmt::format("template {} is there already{}", known->slug,
                                            known->body == *body ? "" : ", with another body"));
    }
  const auto stored = context.transaction([&](Tx& tx) {
    return add_template(tx, tenant.id, {settings.slug, *body});
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(stored));
  context.out().note(fmt::format("created template {}", stored.slug));
}

void list(Context& context, const Page& page) {
  const auto& tenant = context.tenant();
  std::vector<Json> rows;
  for (const auto& stored : context.transaction([&](Tx& tx) { return list_templates(tx, tenant.id); }))
    rows.push_back(to_json(stored));
  print_page(context, {"slug", "body"}, page, rows, "slug",
             "no templates yet; create one with \"smscrm template create SLUG --body TEXT\"");
}

void show(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  context.out().print_record(
      to_json(context.transaction([&](Tx& tx) { return get_template(tx, tenant.id, name); })));
}

void update(Context& context, const Settings& settings) {
  const auto& tenant = context.tenant();
  const auto body = read_body(settings.body);
  const auto stored = context.transaction([&](Tx& tx) {
    auto changed = get_template(tx, tenant.id, settings.slug);
    if (settings.new_slug) changed.slug = *settings.new_slug;
    if (body) changed.body = *body;
    update_template(tx, tenant.id, changed, now());
    return get_template(tx, tenant.id, fmt::format("{}", changed.id.value));
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(stored));
  context.out().note(fmt::format("updated template {}", stored.slug));
}

void remove(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  const auto stored = context.transaction([&](Tx& tx) { return get_template(tx, tenant.id, name); });
  context.out().confirm(fmt::format("delete template {}", stored.slug));
  context.transaction([&](Tx& tx) { delete_template(tx, tenant.id, stored.id); });
  context.out().note(fmt::format("deleted template {}", stored.slug));
}

struct RenderFlags {
  std::string name, to;
  std::vector<std::string> values;
};

void render_one(Context& context, const RenderFlags& flags) {
  const auto& tenant = context.tenant();
  const auto values = read_field_values(flags.values);
  const auto to = flags.to.empty() ? "" : get_msisdn(flags.to, tenant.country);
  const auto& link_url = link_url_of(tenant, context.config().http.public_url);
  bool has_links = false;
  const auto sample = context.transaction([&](Tx& tx) {
    const auto body = get_template(tx, tenant.id, flags.name).body;
    return render_sample(tx, tenant.id, body, to,
                         {.values = values, .shorten = [&](const std::string& target) {
                            has_links = true;
                            return link_url.empty() ? target : placeholder_short_url(link_url);
                          }});
  });
  const auto size = measure(sample.text);
  if (context.out().format() == Format::table) {
    context.out().print_raw(printable_lines(sample.text) + "\n");
    context.out().note(fmt::format("{}, {} {}, {} part{}",
                                   size.encoding == Encoding::gsm7 ? "GSM-7" : "UCS-2", size.units,
                                   size.encoding == Encoding::gsm7 ? "septets" : "UTF-16 units", size.parts,
                                   size.parts == 1 ? "" : "s"));
    if (has_links)
      context.out().note(link_url.empty()
                             ? "short links are shown as where they lead: http.public_url is not set"
                             : "each recipient has a short link of their own, as long as the one shown");
    for (const auto& field : sample.missing)
      context.out().note(fmt::format("{} is missing and has no default", field));
    return;
  }
  context.out().print_record(to_json(sample, size));
}

}  // namespace

void add_template(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "template", "Texts with places for fields and short links.",
                        "smscrm template create spring --body 'Hi {{first_name|there}}, 20% off today'\n"
                        "smscrm template render spring --set first_name=Ann");

  auto creation = std::make_shared<Settings>();
  auto& create_verb =
      add_verb(noun, "create", "Create a template.", [=, &context] { create(context, *creation); });
  add_positional(create_verb, "slug", creation->slug, "SLUG", "Its name: a-z, 0-9, - and _.");
  add_body(create_verb, *creation);
  add_switch(create_verb, "--if-missing", creation->if_missing,
             "Leave one that is there as it is; status 0.");

  auto page = std::make_shared<Page>();
  auto& list_verb = add_verb(noun, "list", "List all templates.", [=, &context] { list(context, *page); });
  add_page(list_verb, *page, "--after", "TEMPLATE");

  auto shown = std::make_shared<std::string>();
  auto& show_verb = add_verb(noun, "show", "Show one template.", [=, &context] { show(context, *shown); });
  add_positional(show_verb, "template", *shown, "TEMPLATE", "Slug or id.");

  auto change = std::make_shared<Settings>();
  auto& update_verb = add_change(noun, "update", "Change a template; launched campaigns keep their text.",
                                 [=, &context] { update(context, *change); });
  add_positional(update_verb, "template", change->slug, "TEMPLATE", "Slug or id.");
  add_flag(update_verb, "--slug", change->new_slug, "SLUG", "A new slug.");
  add_body(update_verb, *change);

  auto doomed = std::make_shared<std::string>();
  auto& delete_verb = add_verb(noun, "delete", "Delete a template that no campaign uses.",
                               [=, &context] { remove(context, *doomed); });
  add_positional(delete_verb, "template", *doomed, "TEMPLATE", "Slug or id.");

  auto rendering = std::make_shared<RenderFlags>();
  auto& render_verb = add_verb(noun, "render", "Show the text as one person would get it.",
                               [=, &context] { render_one(context, *rendering); });
  add_positional(render_verb, "template", rendering->name, "TEMPLATE", "Slug or id.");
  add_flag(render_verb, "--to", rendering->to, "NUMBER", "Fill in the fields of this contact.");
  add_repeated(render_verb, "--set", rendering->values, "FIELD=VALUE",
               "Fill in this value; may be repeated.");
}

}  // namespace smscrm
