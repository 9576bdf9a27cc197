// Oneself: name, password, second factor, and what one may do where.
#include "core/access/access_json.hpp"
#include "core/access/throttle.hpp"
#include "core/access/totp.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto_password.hpp"
#include "core/net/qr_code.hpp"
#include "daemon/api/person.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

// What a role may do, in the order of the matrix; of nobody in particular, what an operator may.
Json scopes_of(std::optional<Role> role) {
  Json names = Json::array();
  for (const auto& scope : scopes())
    if (role ? scope.least && *role >= *scope.least : !scope.least) names.push_back(scope.name);
  return names;
}

// [{"tenant", "name", "timezone", "role", "scopes"}]
Json tenants_of(Tx& tx, const User& user) {
  Json rows = Json::array();
  for (const auto& membership : user.memberships) {
    const auto tenant = find_tenant(tx, membership.slug);
    if (!tenant) continue;
    rows.push_back({{"tenant", tenant->slug},
                    {"name", tenant->name},
                    {"timezone", tenant->timezone},
                    {"role", to_string(membership.role)},
                    {"scopes", scopes_of(membership.role)}});
  }
  return rows;
}

// Whoever may do most should not come in by a password alone (ASVS 4.0.3, 4.3.1).
bool wants_second_factor(const User& user) {
  return user.is_operator || std::ranges::any_of(user.memberships, [](const Membership& membership) {
           return membership.role == Role::owner;
         });
}

Json own_record(Tx& tx, const PersonCall& call) {
  return describe_me(tx, get_user(tx, std::to_string(call.user->id.value)),
                     find_session(tx, call.token, call.at).value(),
                     csrf_token(call.environment.secret, call.token));
}

PersonAnswer show(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) -> PersonAnswer { return {own_record(tx, call)}; });
}

PersonAnswer rename(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    UserChange change;
    if (call.body.contains("name")) change.name = call.body["name"].get<std::string>();
    update_user(tx, call.user->id, change, call.at);
    return {own_record(tx, call)};
  });
}

PersonAnswer choose_password(PersonCall& call) {
  const auto& user = *call.user;
  const auto subjects = attempt_subjects(user.id, call.remote);
  std::optional<Credentials> found;
  transact(call.db, [&](Tx& tx) {
    found = find_credentials(tx, call.environment.secret, user.email);
    if (!found) throw not_signed_in("the session has ended");
    if (!found->password.empty() && call.body.contains("password")) count_attempt(tx, subjects, call.at);
  });
  const bool has_one = !found->password.empty();
  if (!has_one && call.at - call.session->fresh_at > fresh_for) throw not_fresh();
  if (has_one) {
    if (!call.body.contains("password"))
      throw Problem{422, "invalid", "password is missing"}.with_faults({{"/password", "is missing"}});
    if (!verify_password(found->password, call.body["password"].get<std::string>()))
      throw Problem{403, "wrong_password", "the password is wrong"};
    transact(call.db, [&](Tx& tx) { take_back_sign_in_failure(tx, subjects); });
  }
  const auto hash = checked_hash(user, call.body["new_password"].get<std::string>());
  return transact(call.db, [&](Tx& tx) {
    if (!is_still(tx, user)) throw not_signed_in("the session has ended");
    set_password(tx, call.environment.secret, user.id, hash, call.at);
    auto answer = let_in(tx, call, user.id);
    call.log_of = "changed the password";
    return answer;
  });
}

PersonAnswer begin_second_factor(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    const auto user = get_user(tx, std::to_string(call.user->id.value));
    if (user.has_totp)
      throw Error(Errc::conflict, "there is a second factor already")
          .with_hint("take it away first: DELETE /api/v1/me/totp");
    const auto secret = begin_totp(tx, call.environment.secret, user.id, call.at);
    const auto url = totp_url(secret, "smscrm", user.email);
    return {{{"secret", format_totp_secret(secret)}, {"url", url}, {"qr", draw_qr_svg(make_qr_code(url))}}};
  });
}

PersonAnswer confirm_second_factor(PersonCall& call) {
  const auto subjects = attempt_subjects(call.user->id, call.remote);
  transact(call.db, [&](Tx& tx) { count_attempt(tx, subjects, call.at); });
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    if (get_user(tx, std::to_string(call.user->id.value)).has_totp)
      throw Error(Errc::conflict, "there is a second factor already");
    const auto codes = confirm_totp(tx, call.environment.secret, call.user->id,
                                    call.body["code"].get<std::string>(), call.at);
    take_back_sign_in_failure(tx, subjects);
    end_other_sessions(tx, call.user->id, call.session->id, call.at);
    call.log_of = "set up a second factor";
    return {{{"recovery_codes", codes}}};
  });
}

PersonAnswer drop_second_factor(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) {
    if (!get_user(tx, std::to_string(call.user->id.value)).has_totp)
      throw Error(Errc::conflict, "there is no second factor");
    remove_totp(tx, call.user->id, call.at);
    auto answer = let_in(tx, call, call.user->id);
    // No password was given: it is as old as it was.
    if (call.session) keep_session_age(tx, *answer.cookie, *call.session);
    call.log_of = "took the second factor away";
    return answer;
  });
}

PersonAnswer list_own_tenants(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    return {{{"data", tenants_of(tx, *call.user)}, {"next_cursor", nullptr}}};
  });
}

}  // namespace

Json describe_me(Tx& tx, const User& user, const Session& session, std::string csrf) {
  auto me = to_json(user);
  me["second_factor_advised"] = !user.has_totp && wants_second_factor(user);
  me["recovery_codes"] = count_recovery_codes(tx, user.id);
  me["tenants"] = tenants_of(tx, user);
  me["scopes"] = user.is_operator ? scopes_of(std::nullopt) : Json::array();
  me["session"] = session.id.value;
  me["session_expires_at"] = format_rfc3339(session.expires_at);
  me["fresh_until"] = format_rfc3339(session.fresh_at + fresh_for);
  me["csrf_token"] = std::move(csrf);
  return me;
}

std::vector<PersonRoute> me_routes() {
  using Who = PersonRoute::Who;
  return {
      {"GET",
       "/me",
       Who::signed_in,
       "Who one is, and may do where; with the token against forged requests.",
       {},
       show},
      {"PATCH",
       "/me",
       Who::signed_in,
       "Change one's name.",
       {text("name", "What one is called.").up_to(200)},
       rename},
      {"POST",
       "/me/password",
       Who::signed_in,
       "Choose another password; all other sessions end, and this one gets a new cookie.",
       {text("password", "The one until now; needed when there is one.").up_to(1'000),
        text("new_password", "12 to 128 characters that are hard to guess.").required().up_to(1'000)},
       choose_password,
       true},
      {"POST",
       "/me/totp",
       Who::fresh,
       "Begin a second factor: a secret for an authenticator application, with its QR code.",
       {},
       begin_second_factor},
      {"POST",
       "/me/totp/confirm",
       Who::fresh,
       "Ask for codes from now on; answers ten recovery codes, once. Other sessions end.",
       {text("code", "What the application shows.").required().up_to(20)},
       confirm_second_factor},
      {"DELETE",
       "/me/totp",
       Who::fresh,
       "Take the second factor away; other sessions end, and this one gets a new cookie.",
       {},
       drop_second_factor},
      {"GET", "/tenants", Who::signed_in, "List the tenants that one has a role in.", {}, list_own_tenants},
  };
}

}  // namespace smscrm
