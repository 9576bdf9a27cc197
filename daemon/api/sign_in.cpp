// How people come in and go out: password, second factor, one-time link, and their sessions.
#include "core/access/access_json.hpp"
#include "core/access/one_time_link.hpp"
#include "core/access/sign_in_ticket.hpp"
#include "core/access/throttle.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto_password.hpp"
#include "daemon/api/person.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

ApiField password_field(std::string name, std::string about) {
  return text(std::move(name), std::move(about)).up_to(1'000);
}

// One answer for all that may be wrong, so that nobody learns who has an account here.
Problem wrong_password() { return not_signed_in("the e-mail address or the password is wrong"); }

// In, or to the second factor.
PersonAnswer let_in_or_ask(Tx& tx, PersonCall& call, const User& user) {
  if (!user.has_totp) return let_in(tx, call, user.id);
  call.log_of = "gave the first factor";
  call.user = user;
  return {{{"signed_in", false},
           {"ticket", new_sign_in_ticket(tx, user.id, call.at)},
           {"ticket_expires_at", format_rfc3339(call.at + sign_in_ticket_life)},
           {"factors", {"totp", "recovery_code"}}}};
}

PersonAnswer log_in(PersonCall& call) {
  const auto email = to_lower(trim(call.body["email"].get<std::string>()));
  const auto password = call.body["password"].get<std::string>();
  std::optional<Credentials> found;
  std::vector<std::string> subjects;
  transact(call.db, [&](Tx& tx) {
    found = find_credentials(tx, call.environment.secret, email);
    subjects = {found ? fmt::format("user:{}", found->user.id.value) : "email:" + email,
                throttle_address(call.remote)};
    count_attempt(tx, subjects, call.at);
  });
  if (!verify_password(found ? found->password : "", password)) throw wrong_password();
  const auto& user = found->user;
  const auto hash = is_outdated_hash(found->password) ? hash_password(password) : "";
  return transact(call.db, [&](Tx& tx) {
    if (!is_still(tx, user)) throw wrong_password();
    take_back_sign_in_failure(tx, subjects);
    if (!hash.empty()) set_password(tx, call.environment.secret, user.id, hash, call.at, true);
    return let_in_or_ask(tx, call, user);
  });
}

bool is_second_factor(Tx& tx, const PersonCall& call, UserId user) {
  if (call.body.contains("recovery_code"))
    return use_recovery_code(tx, user, call.body["recovery_code"].get<std::string>(), call.at);
  std::string code;
  for (const char c : call.body["code"].get<std::string>())
    if (c != ' ') code += c;
  return use_totp(tx, call.environment.secret, user, code, call.at);
}

PersonAnswer give_second_factor(PersonCall& call) {
  if (call.body.contains("code") == call.body.contains("recovery_code"))
    throw Problem{422, "invalid", "give either code or recovery_code"}.with_faults(
        {{"/code", "is wanted, or recovery_code in its place"}});
  const auto ticket = call.body["ticket"].get<std::string>();
  // What is refused is counted, so this ends without an exception.
  const char* refusal = nullptr;
  PersonAnswer answer;
  transact(call.db, [&](Tx& tx) {
    refusal = nullptr;
    const auto user = find_sign_in_ticket(tx, ticket, call.at);
    auto subjects = std::vector{throttle_address(call.remote)};
    if (user) subjects = attempt_subjects(*user, call.remote);
    count_attempt(tx, subjects, call.at);
    if (!user) {
      refusal = "the ticket has been used, is older than five minutes, or is none";
    } else if (!is_second_factor(tx, call, *user)) {
      refusal = "the code is wrong, or was used before";
    } else {
      take_back_sign_in_failure(tx, subjects);
      end_sign_in_ticket(tx, ticket);
      answer = let_in(tx, call, *user);
    }
  });
  if (refusal != nullptr) throw not_signed_in(refusal);
  return answer;
}

Problem dead_link() {
  return {401, "unauthenticated", "the link has been used, is too old, or is none",
          "ask for another one from whoever gave it to you"};
}

PersonAnswer redeem(PersonCall& call) {
  const auto token = call.body["token"].get<std::string>();
  const auto subjects = std::vector{throttle_address(call.remote)};
  std::optional<RedeemedLink> link;
  User user;
  transact(call.db, [&](Tx& tx) {
    count_attempt(tx, subjects, call.at);
    link = find_one_time_link(tx, token, call.at);
    if (!link) return;
    take_back_sign_in_failure(tx, subjects);
    user = get_user(tx, std::to_string(link->user.value));
  });
  if (!link) throw dead_link();
  const bool wants_password = link->purpose != LinkPurpose::sign_in;
  if (wants_password && !call.body.contains("password"))
    return {{{"signed_in", false},
             {"purpose", to_string(link->purpose)},
             {"email", user.email},
             {"name", user.name},
             {"password_wanted", true}}};
  const auto hash = wants_password ? checked_hash(user, call.body["password"].get<std::string>()) : "";
  return transact(call.db, [&](Tx& tx) {
    const auto used = redeem_one_time_link(tx, token, call.at);
    if (!used) throw dead_link();
    if (wants_password) set_password(tx, call.environment.secret, used->user, hash, call.at);
    return let_in_or_ask(tx, call, get_user(tx, std::to_string(used->user.value)));
  });
}

PersonAnswer log_out(PersonCall& call) {
  transact(call.db, [&](Tx& tx) { end_session(tx, call.session->user, call.session->id); });
  call.log_of = "signed out";
  return {nullptr, 204, ""};
}

PersonAnswer give_password_again(PersonCall& call) {
  auto subjects = attempt_subjects(call.user->id, call.remote);
  std::optional<Credentials> found;
  transact(call.db, [&](Tx& tx) {
    found = find_credentials(tx, call.environment.secret, call.user->email);
    if (found && found->password.empty())
      throw Error(Errc::conflict, "there is no password yet").with_hint("ask for a link to choose one");
    count_attempt(tx, subjects, call.at);
  });
  if (!found || !verify_password(found->password, call.body["password"].get<std::string>()))
    throw Problem{403, "wrong_password", "the password is wrong"};
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    if (!is_still(tx, found->user)) throw not_signed_in("the session has ended");
    take_back_sign_in_failure(tx, subjects);
    refresh_session(tx, call.session->id, call.at);
    return {{{"fresh_until", format_rfc3339(call.at + fresh_for)}}};
  });
}

PersonAnswer list_own_sessions(PersonCall& call) {
  return transact(call.db, [&](Tx& tx) -> PersonAnswer {
    Json data = Json::array();
    for (const auto& session : list_sessions(tx, call.user->id, call.at)) {
      data.push_back(to_json(session));
      data.back()["current"] = session.id == call.session->id;
    }
    return {{{"data", std::move(data)}, {"next_cursor", nullptr}}};
  });
}

PersonAnswer end_own_session(PersonCall& call) {
  const auto id = parse_integer(call.parts.at(0));
  const bool ended =
      id && transact(call.db, [&](Tx& tx) { return end_session(tx, call.user->id, SessionId{*id}); });
  if (!ended) throw Error(Errc::not_found, "there is no session {}", call.parts.at(0));
  const bool own = call.session->id == SessionId{*id};
  return {nullptr, 204, own ? std::optional<std::string>{""} : std::nullopt};
}

PersonAnswer end_all_others(PersonCall& call) {
  const auto ended = transact(
      call.db, [&](Tx& tx) { return end_other_sessions(tx, call.user->id, call.session->id, call.at); });
  return {{{"ended", ended}}};
}

}  // namespace

std::vector<PersonRoute> sign_in_routes() {
  using Who = PersonRoute::Who;
  return {
      {"POST",
       "/auth/login",
       Who::anybody,
       "Sign in with e-mail address and password: a session, or a ticket for the second factor.",
       {text("email", "The address.").required().up_to(254),
        password_field("password", "The password.").required()},
       log_in,
       true},
      {"POST",
       "/auth/second-factor",
       Who::anybody,
       "Sign in with the ticket of the first factor and a code.",
       {text("ticket", "What the first factor was answered with.").required().up_to(100),
        text("code", "Six digits of the authenticator application.").up_to(20),
        text("recovery_code", "One of the codes to fall back on; each is good once.").up_to(40)},
       give_second_factor},
      {"POST",
       "/auth/redeem",
       Who::anybody,
       "Use a one-time link: come in, or choose a password and come in. Without a password it says what the "
       "link is for and is not used up.",
       {text("token", "What stands behind # in the link.").required().up_to(100),
        password_field("password", "The one chosen: 12 to 128 characters that are hard to guess.")},
       redeem,
       true},
      {"POST", "/auth/logout", Who::signed_in, "End this session.", {}, log_out},
      {"POST",
       "/auth/fresh",
       Who::signed_in,
       "Give the password again; what wants it so may be done for ten minutes.",
       {password_field("password", "The password.").required()},
       give_password_again,
       true},
      {"GET", "/auth/sessions", Who::signed_in, "List one's own sessions.", {}, list_own_sessions},
      {"DELETE",
       "/auth/sessions",
       Who::signed_in,
       "End all of one's sessions but this one.",
       {},
       end_all_others},
      {"DELETE",
       "/auth/sessions/{session}",
       Who::signed_in,
       "End one of one's sessions.",
       {},
       end_own_session},
  };
}

}  // namespace smscrm
