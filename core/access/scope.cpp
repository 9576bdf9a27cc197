#include "core/access/scope.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::array<std::string_view, 5> roles{"viewer", "agent", "editor", "manager", "owner"};

}  // namespace

std::string_view to_string(Role role) { return roles.at(static_cast<std::size_t>(role)); }

std::optional<Role> find_role(std::string_view name) {
  const auto found = std::find(roles.begin(), roles.end(), name);
  if (found == roles.end()) return std::nullopt;
  return static_cast<Role>(found - roles.begin());
}

Role parse_role(std::string_view name) {
  if (const auto role = find_role(name)) return *role;
  throw Error(Errc::invalid, "\"{}\" is no role; there are {}", name, fmt::join(roles, ", "));
}

const std::vector<Scope>& scopes() {
  static const std::vector<Scope> matrix{
      {"settings:read", Role::viewer, false, "see the tenant's name, zone, hours, senders and keywords"},
      {"contacts:read", Role::viewer, false, "see contacts, their tags and their history"},
      {"consent:read", Role::viewer, false, "see consent, its ledger and the do-not-contact list"},
      {"lists:read", Role::viewer, false, "see lists and their sizes"},
      {"segments:read", Role::viewer, false, "see segments and whom they hold"},
      {"templates:read", Role::viewer, false, "see templates and try texts out"},
      {"campaigns:read", Role::viewer, false, "see campaigns and follow them"},
      {"messages:read", Role::viewer, false, "see messages and what became of them"},
      {"links:read", Role::viewer, false, "see short links and their clicks"},
      {"reports:read", Role::viewer, false, "read reports"},
      {"inbox:read", Role::agent, false, "read what people write"},
      {"inbox:write", Role::agent, false, "answer people"},
      {"consent:write", Role::agent, false,
       "record opt-ins and opt-outs, decide reviews, keep the do-not-contact list"},
      {"pause", Role::agent, false, "pause a campaign: stopping harm waits for nobody"},
      {"contacts:write", Role::editor, false, "add, change, tag and delete contacts"},
      {"lists:write", Role::editor, false, "make lists and fill them"},
      {"segments:write", Role::editor, false, "make and change segments"},
      {"imports:read", Role::editor, false, "see imports and their rejects"},
      {"imports:write", Role::editor, false, "import files, and undo it"},
      {"templates:write", Role::editor, false, "write templates"},
      {"campaigns:write", Role::editor, false, "make campaigns, preflight and test them"},
      {"links:write", Role::editor, false, "make short links and end them"},
      {"launch", Role::manager, false, "launch, resume, cancel and approve campaigns"},
      {"messages:write", Role::manager, false, "send single texts, decide what became of unknown ones"},
      {"settings:write", Role::manager, false, "change hours, senders, keywords and replies"},
      {"webhooks:read", Role::manager, false, "see endpoints and their deliveries"},
      {"webhooks:write", Role::manager, false, "add and change endpoints, deliver again"},
      {"exports:read", Role::manager, false, "see exports and fetch them"},
      {"exports:write", Role::manager, false, "take whole lists of people out"},
      {"audit:read", Role::manager, false, "see who did what"},
      {"users:read", Role::owner, false, "see who has access"},
      {"users:write", Role::owner, true, "give and take access"},
      {"keys:read", Role::owner, false, "see API keys"},
      {"keys:write", Role::owner, true, "make, rotate and revoke API keys"},
      {"account:read", Role::owner, false, "see the account at the provider"},
      {"account:write", Role::owner, true, "change the account at the provider"},
      {"privacy", Role::owner, true, "merge people, hand out and erase all that is known of one"},
      {"tenants", std::nullopt, true, "make and delete tenants"},
      {"status", std::nullopt, false, "see the state of the installation"},
  };
  return matrix;
}

const Scope* find_scope(std::string_view name) {
  const auto& all = scopes();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Scope& scope) { return scope.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const Scope& get_scope(std::string_view name) {
  if (const auto* scope = find_scope(name)) return *scope;
  std::vector<std::string> names;
  for (const auto& scope : scopes()) names.emplace_back(scope.name);
  Error error(Errc::invalid, "there is no right called \"{}\"", name);
  const auto near = nearest(name, names);
  throw std::move(error).with_hint(near ? fmt::format("did you mean \"{}\"?", *near)
                                        : "smscrm-user(1) lists the rights");
}

}  // namespace smscrm
