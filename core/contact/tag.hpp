// The tags in use. A tag is a word on contacts (core/contact/contact.hpp), and exists as long as one has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct TagUse {
  std::string tag;
  std::int64_t contacts;
};

// Every tag of the tenant's contacts, by its letters. Reads all contacts.
std::vector<TagUse> list_tags(Tx& tx, TenantId tenant);

// Throws Error{not_found}, naming the tag nearest to it, when no contact has the tag.
void check_tag(Tx& tx, TenantId tenant, const std::string& tag);

Json to_json(const TagUse& use);

}  // namespace smscrm
