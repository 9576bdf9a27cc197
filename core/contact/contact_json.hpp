// Contacts and lists as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/contact/contact.hpp"
#include "core/contact/list.hpp"

namespace smscrm {

Json to_json(const Contact& contact);
Json to_json(const ContactView& view);  // the contact's keys, and more
Json to_json(const Tagged& tagged);

Json to_json(const List& list, std::int64_t contacts);
Json added_to_json(const ListChanged& changed);    // put on a list
Json removed_to_json(const ListChanged& changed);  // taken off it

}  // namespace smscrm
