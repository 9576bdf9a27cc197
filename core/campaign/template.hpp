// Stored templates: bodies with a name, used by campaigns. What a body may hold:
// core/text/message_template.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct NewTemplate {
  std::string slug;
  std::string body;  // UTF-8, one that parse_template takes
};

struct StoredTemplate : NewTemplate {
  TemplateId id;
  Timestamp created_at, updated_at;
};

// Throws Error{invalid} for a bad slug or body, Error{conflict} when the slug is taken.
StoredTemplate add_template(Tx& tx, TenantId tenant, const NewTemplate& added);

// By slug, or by id when `name` is all digits.
std::optional<StoredTemplate> find_template(Tx& tx, TenantId tenant, std::string_view name);
// The same; throws Error{not_found} naming the nearest slug.
StoredTemplate get_template(Tx& tx, TenantId tenant, std::string_view name);

std::vector<StoredTemplate> list_templates(Tx& tx, TenantId tenant);  // by slug

// Writes slug and body. Campaigns already launched keep the body that they were launched with.
// Throws as add_template.
void update_template(Tx& tx, TenantId tenant, const StoredTemplate& changed, Timestamp at);

// Throws Error{conflict} while a campaign refers to it.
void delete_template(Tx& tx, TenantId tenant, TemplateId id);

}  // namespace smscrm
