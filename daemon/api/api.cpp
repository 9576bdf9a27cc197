#include "daemon/api/api.hpp"

#include <algorithm>

#include "core/access/api_key.hpp"
#include "core/access/request_key.hpp"
#include "core/access/throttle.hpp"
#include "core/access/token.hpp"
#include "core/base/form.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/campaign/campaign.hpp"
#include "core/consent/erased.hpp"
#include "daemon/api/resources.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr const char* base = "/api/v1/tenants/{tenant}";
constexpr const char* person_base = "/api/v1";
constexpr std::size_t most_body_bytes = 256 * 1024, most_person_bytes = 16 * 1024;
constexpr std::size_t most_passwords_waiting = 32, most_passwords_of_one = 16;
constexpr auto statement_timeout = 10s, deadline = 20s;
constexpr double burst_seconds = 2;
constexpr std::string_view scheme = "Bearer ";

// A segment of a path. Throws Problem 400.
std::string decode_segment(std::string_view segment) {
  std::string text{"v="};
  // What parts pairs and stands for a blank there is itself here.
  for (const char c : segment) text += c == '+' ? "%2B" : c == '&' ? "%26" : std::string(1, c);
  auto decoded = parse_form(text).front().second;
  if (!is_valid_utf8(decoded) || decoded.find('\0') != std::string::npos)
    throw Problem{400, "unreadable", "the path has bytes that are no text"};
  return decoded;
}

bool is_json(const HttpRequest& request) {
  const auto type = request.header("Content-Type");
  if (!type) return false;
  const auto name = to_lower(std::string{trim(type->substr(0, type->find(';')))});
  return name == "application/json" || name == "application/merge-patch+json";
}

std::string etag_of(const Json& body) { return "\"" + hex_encode(sha256(dump(body))).substr(0, 24) + "\""; }

// Whether the header names the tag, or any. RFC 9110 section 13.1; weak comparison does for both of ours.
bool names_tag(std::string_view header, const std::string& tag) {
  for (auto one : split(header, ',')) {
    auto word = std::string{trim(one)};
    if (word.starts_with("W/")) word.erase(0, 2);
    if (word == "*" || word == tag) return true;
  }
  return false;
}

Problem no_key(const std::string& detail) {
  Problem problem{401, "unauthenticated", detail,
                  "send \"Authorization: Bearer KEY\"; \"smscrm apikey create\" makes one"};
  return std::move(problem).with_header("WWW-Authenticate", "Bearer realm=\"smscrm\"");
}

Problem no_right(const Principal& who, std::string_view scope, Permission permission) {
  if (permission == Permission::stale) return not_fresh();
  if (who.key)
    return {403, "denied", fmt::format("the key has no right to {}", scope), "make one with that scope"};
  const auto* wanted = find_scope(scope);
  return {
      403, "denied", fmt::format("your role has no right to {}", scope),
      fmt::format("it takes the role {}", wanted && wanted->least ? to_string(*wanted->least) : "operator")};
}

Problem no_tenant(std::string_view name) {
  return {404, "not_found", fmt::format("there is no tenant \"{}\"", name)};
}

// Throws Problem 415 or 400 for what no body or query may be.
void check_form(const HttpRequest& request) {
  if (!request.body.empty() && !is_json(request))
    throw Problem{415, "media_type", "the body must be application/json"};
  if (!is_valid_utf8(request.query)) throw Problem{400, "unreadable", "the query is no text"};
}

const ApiRoute* find_read(const ApiRoute& change) {
  const auto& all = api_routes();
  const auto found = std::ranges::find_if(
      all, [&](const ApiRoute& route) { return route.method == "GET" && route.path == change.path; });
  return found == all.end() ? nullptr : &*found;
}

HttpResponse with_id(HttpResponse response, const std::string& id) {
  response.headers.emplace_back("X-Request-Id", id);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

HttpResponse answer_failure(const std::exception& failure, const std::string& id, const std::string& route) {
  const auto problem = problem_of(failure);
  if (problem.status() == 500)
    log_error("an API request failed", {{"id", id}, {"route", route}, {"error", failure.what()}});
  return problem.answer(id);
}

// People and keys live beside the tenants; everything else is of one alone.
bool is_beside_tenants(const ApiRoute& route) {
  return route.scope.starts_with("users:") || route.scope.starts_with("keys:");
}

}  // namespace

struct Api::Request {
  std::string id;
  HttpRequest http;
  std::string key;                 // text of the API key; empty: it comes by a cookie
  std::string session;             // token of the cookie; empty: none
  std::string tenant;              // of the path
  std::vector<std::string> parts;  // behind it
  Json query, body;
  ApiWorkers::Clock::time_point arrived = ApiWorkers::Clock::now();
  std::string caller = {};    // once known: "API key 7", "user 3"
  std::string bucket = {};    // what its rate is counted by
  bool only_watches = false;  // it is no use of the session

  std::string header(std::string_view name) const { return std::string{http.header(name).value_or("")}; }
};

void ApiCall::refuse_erased(const std::string& msisdn) const {
  smscrm::refuse_erased(
      tx, tenant.id, [this]() -> const SecretKey& { return environment.secret; }, msisdn);
}

void ApiCall::needs(const char* scope) const {
  if (const auto permission = decide(who, scope, tenant.id, at); permission != Permission::allowed)
    throw no_right(who, scope, permission);
}

std::int64_t ApiCall::id(std::size_t part) const {
  const auto number = parse_integer(parts.at(part));
  if (!number) throw Error(Errc::not_found, "there is no {}", parts.at(part));
  return *number;
}

Api::Api(const Config& config, const SecretKey& secret, std::function<void()> wake_senders)
    : environment_{config.http.public_url, config.http, secret, config.scheduler.receipt_overdue},
      rate_(config.api.rate),
      wake_senders_(std::move(wake_senders)),
      workers_(config.database.url, {config.database.pool_size}, statement_timeout),
      passwords_(config.database.url, {password_threads, most_passwords_waiting, most_passwords_of_one},
                 statement_timeout),
      events_(config) {}

std::vector<HttpRoute> Api::routes() {
  std::vector<HttpRoute> all;
  const auto add = [&](const std::string& method, const std::string& path, std::size_t bytes,
                       HttpHandler handler) {
    all.push_back(
        {method + " " + path, method == "GET" ? "GET, HEAD" : method, path, bytes, std::move(handler)});
  };
  add("GET", "/api/v1/openapi.json", 0, [text = format_openapi()](const HttpRequest&, HttpReply reply) {
    reply.send({200, "application/json", text, {{"Cache-Control", "public, max-age=300"}}});
  });
  for (const auto& route : api_routes())
    add(route.method, base + route.path, route.method == "GET" ? 0 : most_body_bytes,
        [this, &route](HttpRequest request, HttpReply reply) {
          accept(route, std::move(request), std::move(reply));
        });
  for (const auto& route : person_routes())
    add(route.method, person_base + route.path, route.method == "GET" ? 0 : most_person_bytes,
        [this, &route](HttpRequest request, HttpReply reply) {
          accept(route, std::move(request), std::move(reply));
        });
  // What none of them is for, in the form of all other answers.
  auto known = std::make_shared<HttpRoutes>(all);
  all.push_back(
      {"api other", "*", "/api/*", most_body_bytes, [known](const HttpRequest& request, HttpReply reply) {
         const auto refusal = known->find(request.method, request.path).refusal;
         Problem problem{refusal.status, refusal.status == 405 ? "method" : "not_found",
                         refusal.status == 405 ? "this cannot be done here" : "there is nothing here",
                         "see /api/v1/openapi.json"};
         for (const auto& [name, value] : refusal.headers)
           problem = std::move(problem).with_header(name, value);
         reply.send(problem.answer(hex_encode(random_bytes(8))));
       }});
  return all;
}

// Hands it to a worker, who answers it.
void Api::submit(ApiWorkers& workers, const std::string& whose, std::string route,
                 std::shared_ptr<Request> request, HttpReply reply, Work work) {
  auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  const bool taken =
      workers.submit(whose, [=, route = std::move(route), work = std::move(work)](Connection* db) {
        const auto begun = ApiWorkers::Clock::now();
        HttpResponse response;
        if (db == nullptr || begun > request->arrived + deadline) {
          Problem problem{503, "unavailable",
                          db == nullptr ? "the database is away" : "there is too much to do", "try again"};
          response = std::move(problem).with_header("Retry-After", "2").answer(request->id);
        } else {
          response = work(*request, *db);
        }
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(ApiWorkers::Clock::now() -
                                                                                request->arrived);
        log(request->http.method == "GET" && response.status < 500 ? LogLevel::debug : LogLevel::info, "api",
            {{"id", request->id},
             {"route", route},
             {"tenant", request->tenant},
             {"status", response.status},
             {"ms", took.count()},
             {"by", request->caller},
             {"remote", request->http.remote}});
        shared_reply->send(with_id(std::move(response), request->id));
      });
  if (taken) return;
  Problem problem{503, "unavailable", "there is too much to do", "try again"};
  shared_reply->send(
      with_id(std::move(problem).with_header("Retry-After", "1").answer(request->id), request->id));
}

// On the HTTP loop: what costs nothing, and keeps no worker busy with what cannot be.
void Api::accept(const ApiRoute& route, HttpRequest request, HttpReply reply) {
  auto call = std::make_shared<Request>();
  call->id = hex_encode(random_bytes(8));
  call->http = std::move(request);
  try {
    std::string whose;
    if (const auto authorization = call->header("Authorization"); authorization.starts_with(scheme)) {
      call->key = trim(std::string_view{authorization}.substr(scheme.size()));
      const auto named = parse_api_key(call->key);
      if (!named) throw no_key("the key is none, or mistyped");
      whose = fmt::format("{}", named->tenant.value);
    } else if (auto token = find_session_token(call->http)) {
      check_same_site(call->http, environment_.public_url, environment_.secret, *token);
      call->session = *std::move(token);
      whose = throttle_address(call->http.remote);
    } else {
      throw no_key("a key is needed, or to be signed in");
    }
    for (const auto& part : call->http.parts) call->parts.push_back(decode_segment(part));
    call->tenant = call->parts.front();
    call->parts.erase(call->parts.begin());
    check_form(call->http);
    submit(workers_, whose, route.method + " " + route.path, call, std::move(reply),
           [this, &route](Request& taken, Connection& db) { return answer(route, taken, db); });
  } catch (const Problem& problem) {
    reply.send(with_id(problem.answer(call->id), call->id));
  }
}

void Api::accept(const PersonRoute& route, HttpRequest request, HttpReply reply) {
  auto call = std::make_shared<Request>();
  call->id = hex_encode(random_bytes(8));
  call->http = std::move(request);
  try {
    call->session = find_session_token(call->http).value_or("");
    if (route.who == PersonRoute::Who::anybody) {
      check_origin(call->http, environment_.public_url);
    } else {
      if (call->session.empty()) throw not_signed_in("nobody is signed in");
      check_same_site(call->http, environment_.public_url, environment_.secret, call->session);
    }
    for (const auto& part : call->http.parts) call->parts.push_back(decode_segment(part));
    check_form(call->http);
    submit(route.takes_password ? passwords_ : workers_, throttle_address(call->http.remote),
           route.method + " " + route.path, call, std::move(reply),
           [this, &route](Request& taken, Connection& db) { return answer(route, taken, db); });
  } catch (const Problem& problem) {
    reply.send(with_id(problem.answer(call->id), call->id));
  }
}

void Api::count_against_rate(const std::string& whose, HttpHeaders& headers) {
  const auto at = ApiWorkers::Clock::now();
  const double most = rate_ * burst_seconds;
  double left = 0;
  {
    const std::lock_guard lock{guards_buckets_};
    if (buckets_.size() > 10'000) buckets_.clear();  // whoever was short is let off, once
    auto& bucket = buckets_.try_emplace(whose, Bucket{most, at}).first->second;
    const std::chrono::duration<double> passed = at - bucket.at;
    bucket = {std::min(most, bucket.left + passed.count() * rate_), at};
    left = bucket.left - 1;
    if (left >= 0) bucket.left = left;
  }
  const auto name = whose.substr(0, whose.find(' '));
  headers.emplace_back("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, static_cast<int>(most),
                                                       static_cast<int>(burst_seconds)));
  headers.emplace_back("RateLimit",
                       fmt::format("\"{}\";r={};t=1", name, std::max(0, static_cast<int>(left))));
  if (left >= 0) return;
  Problem problem{429, "too_many", fmt::format("more requests than a {} may make in a second", name)};
  throw std::move(problem).with_header("Retry-After", "1");
}

// Who asks; nullopt: a key that does not let in, for this reason. Throws Problem when a session does not.
std::optional<Principal> Api::find_caller(Tx& tx, Request& request, const char*& refusal) {
  if (!request.key.empty()) {
    auto use = use_api_key(tx, request.key, request.http.remote, now());
    refusal = use.who ? nullptr : use.refusal;
    if (!use.who) return std::nullopt;
    request.caller = fmt::format("API key {}", use.who->key->value);
    request.bucket = fmt::format("key {}", use.who->key->value);
    return std::move(use.who);
  }
  const auto session = find_session(tx, request.session, now(), request.only_watches);
  auto who = session ? find_principal(tx, session->user) : std::nullopt;
  if (!who) throw not_signed_in("the session has ended");
  who->fresh_at = session->fresh_at;
  request.caller = fmt::format("user {}", who->user.value);
  request.bucket = fmt::format("session {}", session->id.value);
  return who;
}

// A wrong key is counted by where it comes from, and with many of them nobody there is heard for a while.
HttpResponse Api::refuse_key(const Request& request, Connection& db, const char* why) {
  log_info("an API key was refused", {{"id", request.id}, {"remote", request.http.remote}, {"why", why}});
  const auto wait = transact(db, [&](Tx& tx) {
    const std::vector<std::string> subjects{throttle_address(request.http.remote)};
    const auto left = sign_in_wait(tx, subjects, now());
    if (left.count() == 0) record_sign_in_failure(tx, subjects, now());
    return left;
  });
  if (wait.count() == 0) return no_key("the key does not let you in").answer(request.id);
  Problem problem{429, "too_many", "too many keys that were wrong"};
  return std::move(problem).with_header("Retry-After", fmt::format("{}", wait.count())).answer(request.id);
}

DatabaseRoles Api::roles(Tx& tx) {
  const std::lock_guard lock{guards_roles_};
  if (!roles_) roles_ = find_roles(tx);
  return *roles_;
}

HttpResponse Api::answer(const ApiRoute& route, Request& request, Connection& db) try {
  HttpHeaders headers;
  const char* refusal = nullptr;
  ApiAnswer done;
  std::optional<TenantId> listened;
  transact(db, [&](Tx& tx) {
    refusal = nullptr;
    headers.clear();
    if (route.needs_match) use_one_snapshot(tx);
    if (route.is_long) exec(tx, "SET LOCAL statement_timeout = '50s'");
    const auto who = find_caller(tx, request, refusal);
    if (!who) return;
    auto copy = request;
    const auto tenant = find_tenant(tx, request.tenant);
    const auto permission =
        decide(*who, route.scope, tenant ? std::optional{tenant->id} : std::nullopt, now());
    if (!tenant || permission == Permission::hidden) throw no_tenant(request.tenant);
    if (permission != Permission::allowed) throw no_right(*who, route.scope, permission);
    count_against_rate(request.bucket, headers);
    const auto via = request.key.empty() ? "console" : "api";
    act_for(tx, roles(tx),
            {is_beside_tenants(route) ? std::nullopt : std::optional{tenant->id}, request.caller, via,
             request.id});
    copy.query = parse_query(request.http.query, route.query);
    copy.body = parse_body(request.http.body);
    check_body(copy.body, route.body);
    if (route.is_stream) {
      if (const auto campaign = copy.query.value("campaign", std::string{}); !campaign.empty())
        get_campaign(tx, tenant->id, campaign);
      request.query = copy.query;
      listened = tenant->id;
      return;
    }
    const auto name = request.header("Idempotency-Key");
    if (name.size() > 255 || !is_valid_utf8(name))
      throw Problem{400, "invalid", "an Idempotency-Key is UTF-8 of at most 255 bytes"};
    ApiCall call{tx,         environment_, *tenant,   *who,  request.caller,
                 copy.parts, copy.query,   copy.body, now(), name};

    if (route.needs_match) {
      const auto match = request.header("If-Match");
      if (match.empty())
        throw Problem{428, "needs_match", "this wants If-Match", "with the ETag of what you have read"};
      const auto* read = find_read(route);
      const auto before = read->answer(call);
      if (!names_tag(match, etag_of(before.body)))
        throw Problem{412, "changed", "it was changed meanwhile", "read it again"};
    }
    if (route.needs_key && name.empty())
      throw Problem{428, "needs_key", "this wants an Idempotency-Key",
                    "any text of your own, the same for each repetition"};
    const RequestKey key{tenant->id, name,
                         sha256(route.method + " " + request.http.path + "\n" + request.http.body)};
    const bool keeps = route.takes_key && !name.empty();
    if (keeps) {
      if (const auto kept = take_request_key(tx, key, now())) {
        done = {Json::parse(kept->body), kept->status, kept->location, false};
        headers.emplace_back("Idempotency-Replayed", "true");
        return;
      }
    }
    done = route.answer(call);
    if (keeps) keep_answer(tx, key, {done.status, dump(done.body), done.location});
  });
  if (refusal != nullptr) return refuse_key(request, db, refusal);
  if (listened) return listen(route, request, *listened, std::move(headers));
  if (done.wakes_senders) wake_senders_();
  headers.emplace_back("Cache-Control", "no-store");
  if (!done.location.empty())
    headers.emplace_back("Location",
                         fmt::format("/api/v1/tenants/{}{}", url_encode(request.tenant), done.location));
  if (done.status == 204) return {204, "", "", std::move(headers)};
  if (route.method == "GET") {
    const auto tag = etag_of(done.body);
    headers.emplace_back("ETag", tag);
    if (names_tag(request.header("If-None-Match"), tag)) return {304, "", "", std::move(headers)};
  }
  return {done.status, "application/json", dump(done.body) + "\n", std::move(headers)};
} catch (const std::exception& failure) {
  return answer_failure(failure, request.id, route.method + " " + route.path);
}

// What was allowed once is asked again each time that something is told.
HttpResponse Api::listen(const ApiRoute& route, const Request& request, TenantId tenant,
                         HttpHeaders headers) {
  headers.emplace_back("Cache-Control", "no-store");
  headers.emplace_back("X-Accel-Buffering", "no");
  HttpResponse response{200, "text/event-stream", "", std::move(headers), std::make_shared<HttpStream>()};
  if (request.http.method == "HEAD") return response;
  auto asked = std::make_shared<Request>(request);
  asked->only_watches = true;
  ApiEvents::Listener listener;
  listener.stream = response.stream;
  listener.tenant = tenant;
  listener.who = request.bucket;
  listener.campaign = request.query.value("campaign", std::string{});
  listener.may = [this, asked, tenant, scope = route.scope](Tx& tx) {
    const char* refusal = nullptr;
    try {
      const auto who = find_caller(tx, *asked, refusal);
      return who && decide(*who, scope, tenant, now()) == Permission::allowed;
    } catch (const Problem&) {
      return false;
    }
  };
  listener.stream->put("retry: 2000\n\n");
  if (events_.add(std::move(listener))) return response;
  Problem problem{429, "too_many", "too many listen already", "close other tabs, or ask for the status"};
  throw std::move(problem).with_header("Retry-After", "10");
}

HttpResponse Api::answer(const PersonRoute& route, Request& request, Connection& db) try {
  const auto body = parse_body(request.http.body);
  check_body(body, route.body);
  parse_query(request.http.query, {});
  const auto agent = request.header("User-Agent");
  PersonCall call{db,    environment_, request.parts,   body, request.http.remote,
                  agent, now(),        request.session, {},   {}};
  HttpHeaders headers;
  if (route.who != PersonRoute::Who::anybody)
    transact(db, [&](Tx& tx) {
      headers.clear();
      call.session = find_session(tx, request.session, call.at);
      if (call.session) call.user = find_user(tx, fmt::format("{}", call.session->user.value));
      if (!call.user) throw not_signed_in("the session has ended");
      request.caller = fmt::format("user {}", call.user->id.value);
      count_against_rate(fmt::format("session {}", call.session->id.value), headers);
      if (route.who == PersonRoute::Who::fresh && call.at - call.session->fresh_at > fresh_for)
        throw not_fresh();
    });
  // Its transactions are its own: for whom they are is the session's, until the next request says so itself.
  const auto known = transact(db, [&](Tx& tx) { return roles(tx); });
  act_for(db, known, {std::nullopt, call.user ? request.caller : "nobody yet", "console", request.id});
  auto done = route.answer(call);
  if (call.user) request.caller = fmt::format("user {}", call.user->id.value);
  if (!call.log_of.empty())
    log_info(call.log_of, {{"id", request.id}, {"user", request.caller}, {"remote", request.http.remote}});
  headers.emplace_back("Cache-Control", "no-store");
  if (done.cookie) headers.emplace_back("Set-Cookie", format_session_cookie(*done.cookie));
  if (done.status == 204) return {204, "", "", std::move(headers)};
  return {done.status, "application/json", dump(done.body) + "\n", std::move(headers)};
} catch (const std::exception& failure) {
  return answer_failure(failure, request.id, route.method + " " + route.path);
}

}  // namespace smscrm
