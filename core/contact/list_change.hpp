// What may be changed of a list, its members apart.
#pragma once

#include <optional>
#include <string>

#include "core/contact/list.hpp"

namespace smscrm {

struct ListChange {
  std::optional<std::string> slug, name;  // nullopt leaves it alone
};

// Campaigns that are still drafts and meant for the list follow it to its new slug. Throws Error{invalid} for
// a bad slug, Error{conflict} when another list has it or a segment names the list.
List update_list(Tx& tx, TenantId tenant, const List& list, const ListChange& change);

}  // namespace smscrm
