// /users: who has a role in the tenant. A user may be in other tenants too: their owners share the role
// alone, and whoever would get into another tenant by a user's password or address cannot change them.
#include "core/access/user.hpp"

#include "core/access/access_json.hpp"
#include "core/access/one_time_link.hpp"
#include "core/base/text.hpp"
#include "core/config/console_url.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

User get_member(ApiCall& call) {
  const auto id = call.id(0);
  if (auto user = find_user(call.tx, std::to_string(id)))
    for (const auto& membership : user->memberships)
      if (membership.tenant == call.tenant.id) return *std::move(user);
  throw Error(Errc::not_found, "there is no user {}", id);
}

// Whether whoever asks is in charge wherever the user may come in.
bool owns_all(const ApiCall& call, const User& user) {
  const auto owns = [&](const Membership& membership) {
    const auto role = call.who.roles.find(membership.tenant);
    return role != call.who.roles.end() && role->second == Role::owner;
  };
  return (!user.is_operator || call.who.is_operator) && std::ranges::all_of(user.memberships, owns);
}

// Throws Error{denied} unless they are.
void check_ours(const ApiCall& call, const User& user) {
  if (!owns_all(call, user))
    throw Error(Errc::denied, "user {} has access to more than is yours", user.id.value)
        .with_hint("they change that themselves, or whoever operates the installation does");
}

// A way in for whoever has no password, or forgot it; answered this once.
Json with_link(ApiCall& call, const User& user) {
  const auto purpose = user.has_password ? LinkPurpose::password : LinkPurpose::invitation;
  const auto url = console_url(call.environment.http);
  auto record = member_to_json(user, call.tenant.id);
  record["link"] = one_time_url(url, new_one_time_link(call.tx, user.id, purpose, call.at));
  record["link_expires_at"] = format_rfc3339(call.at + life_of(purpose));
  return record;
}

ApiAnswer list_members(ApiCall& call) {
  return answer_page(
      call, list_users(call.tx, call.tenant.id),
      [&](const User& user) { return member_to_json(user, call.tenant.id); },
      [](const User& user) { return user.email; });
}

ApiAnswer add_member(ApiCall& call) {
  const auto email = call.in_body("email");
  const auto role = parse_role(call.in_body("role"));
  auto user = looks_like_id(email) ? std::nullopt : find_user(call.tx, email);
  const bool is_new = !user;
  if (user) {
    for (const auto& membership : user->memberships)
      if (membership.tenant == call.tenant.id)
        throw Error(Errc::conflict, "user {} has a role already", user->email).with_hint("PATCH changes it");
    // Who made the account may still hold its password, or a link to it: it is let in by whoever knows both.
    if (!owns_all(call, *user) || user->memberships.empty())
      throw Error(Errc::conflict, "{} signs in already, and not for this tenant", user->email)
          .with_hint(
              fmt::format("whoever operates the installation gives them a role here: smscrm user update "
                          "{} --role {} --tenant {}",
                          user->email, to_string(role), call.tenant.slug));
  }
  if (is_new) user = add_user(call.tx, {email, call.in_body("name"), false}, call.at);
  set_role(call.tx, call.tenant.id, user->id, role, call.at);
  user = get_user(call.tx, std::to_string(user->id.value));
  // Whoever comes in elsewhere already, comes in here as they do there.
  auto record = is_new ? with_link(call, *user) : member_to_json(*user, call.tenant.id);
  return {std::move(record), 201, fmt::format("/users/{}", user->id.value)};
}

ApiAnswer change_member(ApiCall& call) {
  const auto user = get_member(call);
  UserChange change{call.given("email"), call.given("name"), {}, {}};
  if (call.body.contains("disabled")) change.disabled = call.body["disabled"].get<bool>();
  if (change.email || change.name || change.disabled) {
    check_ours(call, user);
    update_user(call.tx, user.id, change, call.at);
  }
  if (const auto role = call.given("role"))
    set_role(call.tx, call.tenant.id, user.id, parse_role(*role), call.at);
  return {member_to_json(get_member(call), call.tenant.id)};
}

ApiAnswer remove_member(ApiCall& call) {
  remove_role(call.tx, call.tenant.id, get_member(call).id, call.at);
  return {{}, 204};
}

ApiAnswer make_member_link(ApiCall& call) {
  const auto user = get_member(call);
  check_ours(call, user);
  if (user.disabled_at) throw Error(Errc::conflict, "user {} is disabled", user.email);
  return {with_link(call, user), 201};
}

}  // namespace

std::vector<ApiRoute> user_routes() {
  const auto role = text("role", "What they may do in the tenant.")
                        .one_of({"viewer", "agent", "editor", "manager", "owner"});
  const auto email = text("email", "The address that they sign in with.").up_to(254);
  const auto name = text("name", "What they are called.").up_to(200);
  return {
      {"GET",
       "/users",
       "users:read",
       "List who has a role in the tenant, by address.",
       page_fields(),
       {},
       list_members},
      {"POST",
       "/users",
       "users:write",
       "Give somebody a role. Whoever is new gets a link, answered this once, to choose a password with.",
       {},
       {email.required(), name, role.required()},
       add_member},
      {"GET",
       "/users/{user}",
       "users:read",
       "Show somebody who has a role in the tenant.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer { return {member_to_json(get_member(call), call.tenant.id)}; }},
      {"PATCH",
       "/users/{user}",
       "users:write",
       "Change somebody's role; and who they are, unless they are in tenants of others too. Their sessions "
       "end.",
       {},
       {role, name, email, boolean("disabled", "They do not come in, anywhere.")},
       change_member},
      {"DELETE",
       "/users/{user}",
       "users:write",
       "Take somebody's role in the tenant away; the API keys that they made end with it.",
       {},
       {},
       remove_member},
      {"POST",
       "/users/{user}/link",
       "users:write",
       "Make a link to choose a password with, answered this once: who has none yet, or forgot it.",
       {},
       {},
       make_member_link},
  };
}

}  // namespace smscrm
