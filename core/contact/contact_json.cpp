#include "core/contact/contact_json.hpp"

namespace smscrm {

Json to_json(const Contact& contact) {
  auto attributes = Json::object();
  for (const auto& [name, value] : contact.attributes) attributes[name] = value;
  return {{"id", contact.id.value},
          {"phone", contact.msisdn},
          {"first_name", contact.first_name},
          {"last_name", contact.last_name},
          {"email", contact.email},
          {"timezone", contact.timezone},
          {"country", contact.country},
          {"region", contact.region},
          {"external_id", contact.external_id},
          {"attributes", attributes},
          {"tags", contact.tags},
          {"created_at", format_rfc3339(contact.created_at)},
          {"updated_at", format_rfc3339(contact.updated_at)}};
}

Json to_json(const ContactView& view) {
  auto record = to_json(view.contact);
  record["lists"] = view.lists;
  record["consent"] = to_string(view.consent.state);
  record["consent_at"] = or_null(view.consent.changed_at);
  record["opted_out_of"] = view.consent.opted_out_of;
  record["dnc"] = view.consent.dnc_reason.has_value();
  record["may_be_texted"] = refusal(view.consent).empty();
  record["because"] = explain(view.consent);
  record["messages"] = view.messages;
  record["recent_messages"] = view.recent_messages;
  record["last_inbound_at"] = or_null(view.last_inbound_at);
  record["last_inbound"] = view.last_inbound;
  return record;
}

Json to_json(const Tagged& tagged) {
  return {{"matched", tagged.matched}, {"changed", tagged.changed}, {"unknown", tagged.unknown}};
}

Json to_json(const List& list, std::int64_t contacts) {
  return {{"id", list.id.value},
          {"slug", list.slug},
          {"name", list.name},
          {"contacts", contacts},
          {"created_at", format_rfc3339(list.created_at)}};
}

Json added_to_json(const ListChanged& changed) {
  return {{"added", changed.changed}, {"unknown", changed.unknown}};
}

Json removed_to_json(const ListChanged& changed) {
  return {{"removed", changed.changed}, {"unknown", changed.unknown}};
}

}  // namespace smscrm
