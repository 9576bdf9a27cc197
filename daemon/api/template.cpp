// /templates: texts with places for fields and short links.
#include "core/campaign/template.hpp"

#include "core/campaign/campaign_json.hpp"
#include "core/link/link.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/sending_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

StoredTemplate template_of(ApiCall& call) { return get_template(call.tx, call.tenant.id, call.parts.at(0)); }

ApiAnswer all(ApiCall& call) {
  return answer_page(
      call, list_templates(call.tx, call.tenant.id), [](const StoredTemplate& one) { return to_json(one); },
      [](const StoredTemplate& one) { return one.slug; });
}

ApiAnswer create(ApiCall& call) {
  const auto added = add_template(call.tx, call.tenant.id, {call.in_body("template"), call.in_body("body")});
  return {to_json(added), 201, "/templates/" + added.slug};
}

ApiAnswer show(ApiCall& call) { return {to_json(template_of(call))}; }

ApiAnswer update(ApiCall& call) {
  auto changed = template_of(call);
  changed.slug = call.given("template").value_or(changed.slug);
  changed.body = call.given("body").value_or(changed.body);
  update_template(call.tx, call.tenant.id, changed, call.at);
  return {to_json(get_template(call.tx, call.tenant.id, changed.slug))};
}

ApiAnswer preview(ApiCall& call) {
  const auto typed = call.in_body("to");
  if (!typed.empty()) call.needs("contacts:read");
  const auto to = typed.empty() ? "" : get_msisdn(typed, call.tenant.country);
  SampleOptions options;
  if (call.body.contains("values"))
    options.values = call.body["values"].get<std::map<std::string, std::string>>();
  const auto& link_url = link_url_of(call.tenant, call.environment.public_url);
  options.shorten = [&](const std::string& target) {
    return link_url.empty() ? target : placeholder_short_url(link_url);
  };
  const auto sample = render_sample(call.tx, call.tenant.id, call.in_body("body"), to, options);
  return {to_json(sample, measure(sample.text))};
}

}  // namespace

std::vector<ApiRoute> template_routes() {
  const auto body = text("body", "The text, such as \"Hi {{first_name|there}}\".").up_to(10'000);
  return {
      {"GET", "/templates", "templates:read", "List templates, by slug.", page_fields(), {}, all},
      {.method = "POST",
       .path = "/templates",
       .scope = "templates:write",
       .summary = "Make a template.",
       .query = {},
       .body = {text("template", "Its slug.").required().up_to(100), body.required()},
       .answer = create,
       .takes_key = true},
      {"POST",
       "/templates/preview",
       "templates:read",
       "Render a text: its parts, encoding and missing fields.",
       {},
       {body.required(), text("to", "Fill in the fields of this contact."),
        text_map("values", "Values of fields.").up_to(200)},
       preview},
      {"GET", "/templates/{template}", "templates:read", "One template.", {}, {}, show},
      {.method = "PATCH",
       .path = "/templates/{template}",
       .scope = "templates:write",
       .summary = "Change a template.",
       .query = {},
       .body = {text("template", "Another slug.").up_to(100), body},
       .answer = update,
       .needs_match = true},
      {.method = "DELETE",
       .path = "/templates/{template}",
       .scope = "templates:write",
       .summary = "Delete a template that no campaign refers to.",
       .query = {},
       .body = {},
       .answer = [](ApiCall& call) -> ApiAnswer {
         delete_template(call.tx, call.tenant.id, template_of(call).id);
         return {{}, 204};
       },
       .needs_match = true},
  };
}

}  // namespace smscrm
