// People, who come by the cookie of a session: how it is told that a request is theirs and not made by some
// page that they have open, and the routes that are no tenant's, "/api/v1/auth/login" and "/api/v1/me".
//
// A browser sends the cookie whoever wrote the page, so what changes something must come from a page of ours
// (Origin, Sec-Fetch-Site) that could read our answers (X-CSRF-Token). ASVS 4.0.3, 4.2.2 and 13.2.3.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/session.hpp"
#include "core/access/user.hpp"
#include "daemon/api/route.hpp"

namespace smscrm {

// What the cookie says; nullopt: there is none. Throws Problem 400 when there are several.
std::optional<std::string> find_session_token(const HttpRequest& request);
// Set-Cookie: a browser keeps it until it is closed, and sends it to this host alone, over https alone; to
// loopback over http too. Without a token it takes the cookie away.
std::string format_session_cookie(std::string_view token);

// Of a session, for pages of ours: they cannot read the cookie, others cannot read this.
std::string csrf_token(const SecretKey& secret, std::string_view session_token);

// Throws Problem 403 unless the request comes from a page of public_url, which has to be https, or from one
// that this machine's own daemon was opened with, over loopback.
void check_origin(const HttpRequest& request, const std::string& public_url);
// Of a request with the cookie: throws Problem 403 when it may be another site's.
void check_same_site(const HttpRequest& request, const std::string& public_url, const SecretKey& secret,
                     std::string_view session_token);

// A request that is no tenant's. Its transactions are the route's own, for a password is checked between two.
struct PersonCall {
  Connection& db;
  const ApiEnvironment& environment;
  const std::vector<std::string>& parts;  // of the path that the pattern leaves open, decoded
  const Json& body;
  const std::string &remote, &agent;
  Timestamp at;
  std::string token;               // that came along, whether it is good or not; empty: none
  std::optional<Session> session;  // of the token; set where the route wants one
  std::optional<User> user;        // whose it is
  std::string log_of = {};         // what is noted of it, as "signed in"
};

struct PersonAnswer {
  Json body = nullptr;
  int status = 200;
  std::optional<std::string> cookie = {};  // a new session's token; "": takes it away
};

struct PersonRoute {
  enum class Who { anybody, signed_in, fresh };

  std::string method, path;  // "/auth/login", below /api/v1
  Who who = Who::signed_in;
  std::string summary;  // a sentence
  ApiFields body;
  std::function<PersonAnswer(PersonCall&)> answer;
  bool takes_password = false;  // costs a fifth of a second of a core: on threads of its own
};

std::vector<PersonRoute> sign_in_routes();
std::vector<PersonRoute> me_routes();
// All of them, in the order of the contract.
const std::vector<PersonRoute>& person_routes();

// What sign-in shares with those who change what they sign in with.

// Counts an attempt as failed until it is known to be right, so that attempts at one time cannot outrun the
// count. Throws Problem 429 when there were too many.
void count_attempt(Tx& tx, const std::vector<std::string>& subjects, Timestamp at);
// By what attempts are counted.
std::vector<std::string> attempt_subjects(UserId user, const std::string& remote);

// A new session, never one that the client has named; that one ends. {"signed_in": true, …}
PersonAnswer let_in(Tx& tx, PersonCall& call, UserId user);

// Whether nothing about the user has changed since, that ends their sessions.
bool is_still(Tx& tx, const User& user);

// Good enough for them, and hashed. Throws Error{invalid}. Takes a fifth of a second.
std::string checked_hash(const User& user, const std::string& password);

// {"user", "email", … "tenants", "scopes", "session", "csrf_token", "fresh_until"}
Json describe_me(Tx& tx, const User& user, const Session& session, std::string csrf);

Problem not_signed_in(const std::string& detail);
// The password is wanted again.
Problem not_fresh();

}  // namespace smscrm
