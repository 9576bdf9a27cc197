// Lists: named sets of contacts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct List {
  ListId id;
  std::string slug;
  std::string name;  // what people read; may be empty
  Timestamp created_at;
};

struct ListSize : List {
  std::int64_t contacts = 0;
};

// Throws Error{invalid} for a bad slug, Error{conflict} when it is taken.
List add_list(Tx& tx, TenantId tenant, const std::string& slug, const std::string& name);

// By slug, or by id when `name` is all digits.
std::optional<List> find_list(Tx& tx, TenantId tenant, std::string_view name);
// The same; throws Error{not_found} naming the nearest slug.
List get_list(Tx& tx, TenantId tenant, std::string_view name);

std::vector<ListSize> list_lists(Tx& tx, TenantId tenant);  // by slug
std::int64_t count_list_members(Tx& tx, TenantId tenant, ListId list);

struct ListChanged {
  std::int64_t changed = 0;          // put on the list, or taken off it
  std::vector<std::string> unknown;  // numbers that are no contact, in the order given
};

// Contacts that are on the list already count as not changed.
ListChanged add_list_members(Tx& tx, TenantId tenant, ListId list, const std::vector<std::string>& msisdns,
                             Timestamp at);
ListChanged remove_list_members(Tx& tx, TenantId tenant, ListId list,
                                const std::vector<std::string>& msisdns);

// Throws Error{conflict} while the rule of a segment names the list: rules keep their words.
void check_not_in_segments(Tx& tx, TenantId tenant, const std::string& slug);

// Its contacts stay. Throws Error{conflict} while a campaign that is still a draft is meant for it, or a
// segment names it.
void delete_list(Tx& tx, TenantId tenant, const List& list);

}  // namespace smscrm
