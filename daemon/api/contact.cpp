// /contacts: people, and what is known of them.
#include <algorithm>

#include "core/contact/contact_json.hpp"
#include "core/contact/list.hpp"
#include "core/inbox/conversation.hpp"
#include "core/inbox/inbox_json.hpp"
#include "core/phone/phone.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

constexpr int exchanges_shown = 50;

ApiFields contact_fields() {
  return {text("first_name", "First name.").up_to(200),
          text("last_name", "Last name.").up_to(200),
          text("email", "Email address."),
          text("timezone", "IANA zone; empty: by the number."),
          text("country", "ISO 3166-1 alpha-2."),
          text("region", "ISO 3166-2, such as US-FL, where it is not the number's: hours go by it."),
          text("external_id", "What another system calls the person."),
          text_map("attributes", "Values for templates.").up_to(200)};
}

std::string number_of(const ApiCall& call, const std::string& typed) {
  return get_msisdn(typed, call.tenant.country);
}

std::string number_of(ApiCall& call) {
  return get_contact_number(call.tx, call.tenant.id, ContactId{call.id(0)});
}

// What people write is the inbox's.
Json view(ApiCall& call, const std::string& msisdn) {
  auto json = to_json(get_contact_view(call.tx, call.tenant.id, msisdn));
  if (decide(call.who, "inbox:read", call.tenant.id, call.at) != Permission::allowed)
    json.erase("last_inbound");
  return json;
}

ApiAnswer list(ApiCall& call, const Json& values) {
  ContactFilter filter;
  if (const auto tag = call.text(values, "tag"); !tag.empty()) filter.tag = normalize_tags({tag}).front();
  if (const auto name = call.text(values, "list"); !name.empty())
    filter.list = get_list(call.tx, call.tenant.id, name).id;
  filter.search = call.text(values, "search");
  return answer_page(
      call, list_contacts(call.tenant.id, filter, ContactId{id_cursor_of(call).value_or(0)}),
      [](const Contact& contact) { return to_json(contact); },
      [](const Contact& contact) { return fmt::format("{}", contact.id.value); });
}

ContactChange change_of(const ApiCall& call) {
  ContactChange change;
  change.first_name = call.given("first_name");
  change.last_name = call.given("last_name");
  change.email = call.given("email");
  change.timezone = call.given("timezone");
  change.country = call.given("country");
  change.region = call.given("region");
  change.external_id = call.given("external_id");
  if (call.body.contains("attributes"))
    change.attributes = call.body["attributes"].get<std::map<std::string, std::string>>();
  if (call.body.contains("forget_attributes"))
    change.forget_attributes = call.body["forget_attributes"].get<std::vector<std::string>>();
  return change;
}

ApiAnswer create(ApiCall& call) {
  const auto change = change_of(call);
  NewContact wanted;
  wanted.msisdn = number_of(call, call.in_body("phone"));
  wanted.first_name = change.first_name.value_or("");
  wanted.last_name = change.last_name.value_or("");
  wanted.email = change.email.value_or("");
  wanted.timezone = change.timezone.value_or("");
  wanted.country = change.country.value_or("");
  wanted.region = change.region.value_or("");
  wanted.external_id = change.external_id.value_or("");
  wanted.attributes = change.attributes;
  if (call.body.contains("tags"))
    wanted.tags = normalize_tags(call.body["tags"].get<std::vector<std::string>>());
  call.refuse_erased(wanted.msisdn);
  const auto added = add_contact(call.tx, call.tenant.id, wanted);
  if (call.body.contains("lists")) {
    call.needs("lists:write");
    for (const auto& name : call.body["lists"])
      add_list_members(call.tx, call.tenant.id, get_list(call.tx, call.tenant.id, name.get<std::string>()).id,
                       {added.msisdn}, call.at);
  }
  if (const auto source = call.in_body("consent_source"); !source.empty()) {
    call.needs("consent:write");
    record_consent_of_added(call.tx, call.tenant.id, added.msisdn, source, call.at);
  }
  return {view(call, added.msisdn), 201, fmt::format("/contacts/{}", added.id.value)};
}

ApiAnswer show(ApiCall& call) { return {view(call, number_of(call))}; }

ApiAnswer update(ApiCall& call) {
  const auto msisdn = number_of(call);
  const auto contact = update_contact(call.tx, call.tenant.id, msisdn, change_of(call), call.at);
  if (call.body.contains("tags")) {
    const auto tags = normalize_tags(call.body["tags"].get<std::vector<std::string>>());
    std::vector<std::string> gone;
    std::ranges::set_difference(contact.tags, tags, std::back_inserter(gone));
    tag_contacts(call.tx, call.tenant.id, {{{msisdn}}, {}}, tags, gone, call.at);
  }
  return show(call);
}

ApiAnswer remove(ApiCall& call) {
  delete_contact(call.tx, call.tenant.id, number_of(call));
  return {{}, 204};
}

ApiAnswer conversation(ApiCall& call) {
  Json data = Json::array();
  for (const auto& exchange : list_conversation(call.tx, call.tenant.id, number_of(call), exchanges_shown))
    data.push_back(to_json(exchange));
  return {{{"data", data}}};
}

ApiAnswer tag(ApiCall& call) {
  const auto words = [&](const char* name) {
    return call.body.contains(name) ? normalize_tags(call.body[name].get<std::vector<std::string>>())
                                    : std::vector<std::string>{};
  };
  ContactSelection selection;
  if (call.body.contains("phones")) {
    selection.msisdns.emplace();
    for (const auto& phone : call.body["phones"])
      selection.msisdns->push_back(number_of(call, phone.get<std::string>()));
  }
  if (const auto name = call.in_body("list"); !name.empty())
    selection.filter.list = get_list(call.tx, call.tenant.id, name).id;
  if (const auto one = call.in_body("tag"); !one.empty())
    selection.filter.tag = normalize_tags({one}).front();
  selection.filter.search = call.in_body("search");
  const bool filtered =
      selection.filter.list || !selection.filter.tag.empty() || !selection.filter.search.empty();
  if (int{filtered} + int{selection.msisdns.has_value()} + int{call.body.value("all", false)} != 1)
    throw Error(
        Errc::invalid,
        "whose tags? give \"phones\", or filter with \"list\", \"tag\" or \"search\", or say \"all\"");
  return {to_json(tag_contacts(call.tx, call.tenant.id, selection, words("add"), words("remove"), call.at))};
}

}  // namespace

std::vector<ApiRoute> contact_routes() {
  auto created = contact_fields();
  created.push_back(
      text("phone", "The number, as people write it; national ones are of the tenant's country.").required());
  created.push_back(texts("tags", "Tags.").up_to(100));
  created.push_back(texts("lists", "Lists to put the contact on, with lists:write.").up_to(100));
  created.push_back(
      text("consent_source", "Records an opt-in too, with consent:write: where and how the person agreed."));
  auto changed = contact_fields();
  changed.push_back(texts("forget_attributes", "Attributes to remove.").up_to(200));
  changed.push_back(texts("tags", "All tags it has from now on.").up_to(100));
  const ApiFields filters{text("tag", "Only with this tag."), text("list", "Only on this list.")};
  auto searched = filters;
  searched.push_back(text("search", "Part of a name, email, external id or number.").required().up_to(200));
  return {
      {"GET",
       "/contacts",
       "contacts:read",
       "List contacts, oldest first.",
       page_fields(filters),
       {},
       [](ApiCall& call) { return list(call, call.query); }},
      {"POST", "/contacts/search", "contacts:read", "Find contacts: what is personal stands in no address.",
       page_fields(), searched, [](ApiCall& call) { return list(call, call.body); }},
      {.method = "POST",
       .path = "/contacts",
       .scope = "contacts:write",
       .summary = "Add a contact.",
       .query = {},
       .body = created,
       .answer = create,
       .takes_key = true},
      {.method = "POST",
       .path = "/contacts/tags",
       .scope = "contacts:write",
       .summary = "Put tags on contacts, or take them off, as a set.",
       .query = {},
       .body = {texts("add", "Tags to put on.").up_to(100), texts("remove", "Tags to take off.").up_to(100),
                texts("phones", "Whose.").up_to(10'000), text("list", "All on this list."),
                text("tag", "All with this tag."), text("search", "All that a search finds."),
                boolean("all", "All of the tenant.")},
       .answer = tag,
       .is_long = true},
      {"GET", "/contacts/{contact}", "contacts:read", "All that is known of one person.", {}, {}, show},
      {"PATCH",
       "/contacts/{contact}",
       "contacts:write",
       "Change a contact; what is not named stays.",
       {},
       changed,
       update},
      {"DELETE",
       "/contacts/{contact}",
       "contacts:write",
       "Delete a contact; its consent and messages are kept.",
       {},
       {},
       remove},
      {"GET",
       "/contacts/{contact}/conversation",
       "inbox:read",
       "The last texts in both directions, oldest first.",
       {},
       {},
       conversation},
  };
}

}  // namespace smscrm
