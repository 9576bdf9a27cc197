#include "daemon/api/person.hpp"

#include <algorithm>

#include "core/access/access_json.hpp"
#include "core/access/password.hpp"
#include "core/access/throttle.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto_password.hpp"
#include "core/net/network.hpp"

namespace smscrm {
namespace {

constexpr std::string_view cookie_name = "__Host-smscrm";

// The only header of that name; empty: none. Throws Problem 400 when there are several.
std::string only_header(const HttpRequest& request, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [each, value] : request.headers) {
    if (to_lower(each) != to_lower(std::string{name})) continue;
    if (found != nullptr) throw Problem{400, "unreadable", fmt::format("there are several {} headers", name)};
    found = &value;
  }
  return found == nullptr ? std::string{} : std::string{trim(*found)};
}

// "https://sms.example.com" of a URL, as a browser writes it (RFC 6454 section 6.2).
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  if (host == std::string::npos) return {};
  auto origin = to_lower(url.substr(0, url.find_first_of("/?#", host + 3)));
  for (const auto& [scheme, port] : {std::pair{"https:", ":443"}, std::pair{"http:", ":80"}})
    if (origin.starts_with(scheme) && origin.ends_with(port))
      origin.resize(origin.size() - std::string{port}.size());
  return origin;
}

// Of an authority, "[::1]:8080".
bool is_loopback(std::string_view authority) {
  constexpr std::string_view six{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16};
  auto name = std::string{authority};
  if (name.starts_with('[')) {
    const auto end = name.find(']');
    return end != std::string::npos && address_bytes(name.substr(1, end - 1)) == six;
  }
  name.resize(std::min(name.size(), name.find(':')));
  if (to_lower(name) == "localhost") return true;
  const auto bytes = address_bytes(name);
  return bytes.size() == 4 && bytes.front() == 127;
}

bool changes_nothing(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

std::optional<std::string> find_session_token(const HttpRequest& request) {
  std::optional<std::string> token;
  for (const auto& [name, value] : request.headers) {
    if (to_lower(name) != "cookie") continue;
    for (const auto& pair : split(value, ';')) {
      const auto cookie = trim(pair);
      const auto equals = cookie.find('=');
      if (equals == std::string_view::npos || cookie.substr(0, equals) != cookie_name) continue;
      if (token) throw Problem{400, "unreadable", "the cookie of the session is there twice"};
      token = std::string{cookie.substr(equals + 1)};
    }
  }
  if (token && (token->empty() || token->size() > 100)) return std::nullopt;
  return token;
}

std::string format_session_cookie(std::string_view token) {
  return fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax{}", cookie_name, token,
                     token.empty() ? "; Max-Age=0" : "");
}

std::string csrf_token(const SecretKey& secret, std::string_view session_token) {
  return hex_encode(hmac_sha256(derive_key(secret, "tokens against forged requests").bytes(), session_token));
}

void check_origin(const HttpRequest& request, const std::string& public_url) {
  const auto site = only_header(request, "Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin")
    throw Problem{403, "foreign_origin", "the request comes from another site"};
  const auto origin = to_lower(only_header(request, "Origin"));
  if (origin.empty())
    throw Problem{403, "foreign_origin", "the request does not say which page it comes from (Origin)",
                  "programs use an API key"};
  const bool is_http = origin.starts_with("http://");
  const auto authority = origin.substr(std::min(origin.size(), origin.find("://") + 3));
  const bool is_own = origin == origin_of("http://" + only_header(request, "Host"));
  if (is_own && is_loopback(authority)) return;
  const bool is_public = origin == origin_of(public_url);
  if (is_public && (!is_http || is_loopback(authority))) return;
  if (is_http && (is_public || is_own))
    throw Problem{
        403, "insecure",
        "people sign in over https, or on this machine itself: over http anybody on the way could read "
        "the password, and browsers keep no cookie of a session",
        "put TLS before the daemon and set http.public_url to the https address"};
  throw Problem{403, "foreign_origin", "the request comes from a page of another site",
                "if it is ours, set http.public_url to the address that it is opened with"};
}

void check_same_site(const HttpRequest& request, const std::string& public_url, const SecretKey& secret,
                     std::string_view session_token) {
  if (changes_nothing(request)) {
    // A page of another site cannot read the answer; it need not have one either.
    const auto site = only_header(request, "Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none")
      throw Problem{403, "foreign_origin", "the request comes from another site"};
    return;
  }
  check_origin(request, public_url);
  if (!constant_time_equal(only_header(request, "X-CSRF-Token"), csrf_token(secret, session_token)))
    throw Problem{403, "forged", "the request has no X-CSRF-Token of this session",
                  "GET /api/v1/me tells it"};
}

const std::vector<PersonRoute>& person_routes() {
  static const std::vector<PersonRoute> all = [] {
    auto routes = sign_in_routes();
    auto more = me_routes();
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return routes;
  }();
  return all;
}

void count_attempt(Tx& tx, const std::vector<std::string>& subjects, Timestamp at) {
  if (const auto wait = sign_in_wait(tx, subjects, at); wait.count() > 0) {
    Problem problem{429, "too_many", "too many attempts that were wrong",
                    fmt::format("try again in {}", format_duration(wait))};
    throw std::move(problem).with_header("Retry-After", fmt::format("{}", wait.count()));
  }
  record_sign_in_failure(tx, subjects, at);
}

std::vector<std::string> attempt_subjects(UserId user, const std::string& remote) {
  return {fmt::format("user:{}", user.value), throttle_address(remote)};
}

PersonAnswer let_in(Tx& tx, PersonCall& call, UserId user) {
  if (!call.token.empty())
    if (const auto before = find_session(tx, call.token, call.at)) end_session(tx, before->user, before->id);
  const auto token = begin_session(tx, {user, call.remote, call.agent}, call.at);
  forget_sign_in_failures(tx, fmt::format("user:{}", user.value));
  call.log_of = "signed in";
  call.user = get_user(tx, std::to_string(user.value));
  auto me = describe_me(tx, *call.user, find_session(tx, token, call.at).value(),
                        csrf_token(call.environment.secret, token));
  return {{{"signed_in", true}, {"me", std::move(me)}}, 200, token};
}

bool is_still(Tx& tx, const User& user) {
  const auto found = find_user(tx, std::to_string(user.id.value));
  return found && found->epoch == user.epoch && !found->disabled_at;
}

std::string checked_hash(const User& user, const std::string& password) {
  std::vector<std::string> known{user.email, user.name};
  for (const auto& membership : user.memberships) known.push_back(membership.slug);
  check_password(password, known);
  return hash_password(password);
}

Problem not_signed_in(const std::string& detail) { return {401, "unauthenticated", detail, "sign in"}; }

Problem not_fresh() {
  return {403, "stale", "this wants the password again: it was last given more than ten minutes ago",
          "POST /api/v1/auth/fresh, then the same again"};
}

}  // namespace smscrm
