// What may be done, and who may do it: the matrix of scopes and roles.
//
// A scope is a word that every route of the API names, "contacts:read". A role takes in those before it in
// the order of Role, so the matrix is one line a scope: the least role that has it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace smscrm {

enum class Role { viewer, agent, editor, manager, owner };

std::string_view to_string(Role role);
std::optional<Role> find_role(std::string_view name);
// Throws Error{invalid} that lists the roles.
Role parse_role(std::string_view name);

struct Scope {
  std::string_view name;
  std::optional<Role> least;  // nullopt: of the operator of the installation alone
  bool fresh;                 // only soon after the password was given
  std::string_view about;     // what it lets one do
};

// The matrix, in the order of the manual.
const std::vector<Scope>& scopes();

// nullptr when there is no such scope.
const Scope* find_scope(std::string_view name);
// Throws Error{invalid} naming the nearest.
const Scope& get_scope(std::string_view name);

}  // namespace smscrm
