// The routes of the API, below /api/v1/tenants/{tenant}: one table, from which requests are answered, rights
// are asked, bodies are checked and the contract is written. A resource is a file with a function that
// returns its part of the table (resources.hpp).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/access/principal.hpp"
#include "core/config.hpp"
#include "core/db/db.hpp"
#include "core/net/crypto.hpp"
#include "core/tenant/tenant.hpp"
#include "daemon/api/fields.hpp"
#include "daemon/http/message.hpp"

namespace smscrm {

// What all requests share.
struct ApiEnvironment {
  std::string public_url;
  Config::Http http;
  const SecretKey& secret;
  std::chrono::milliseconds receipt_overdue;
};

// One request whose caller may make it, within its transaction. It may be run again after a lost race.
struct ApiCall {
  Tx& tx;
  const ApiEnvironment& environment;
  const Tenant& tenant;
  const Principal& who;
  const std::string& doer;                // for what keeps who did it: "key ci"
  const std::vector<std::string>& parts;  // of the path, behind the tenant, decoded
  const Json& query;                      // typed, only what the route knows
  const Json& body;
  Timestamp at;
  const std::string& request_key;  // its Idempotency-Key; empty: none

  // Of the query or body: the text, or "".
  std::string text(const Json& of, const char* name) const { return of.value(name, std::string{}); }
  std::string in_query(const char* name) const { return text(query, name); }
  std::string in_body(const char* name) const { return text(body, name); }
  // nullopt when it is not there.
  std::optional<std::string> given(const char* name) const {
    return body.contains(name) && !body[name].is_null() ? std::optional{body[name].get<std::string>()}
                                                        : std::nullopt;
  }
  // Of what a request asks for beyond its route's scope. Throws Problem 403.
  void needs(const char* scope) const;
  // Throws Error{refused} for the number of somebody who was erased (core/consent/erased.hpp).
  void refuse_erased(const std::string& msisdn) const;
  // The id in the path. Throws Error{not_found}.
  std::int64_t id(std::size_t part) const;
};

struct ApiAnswer {
  Json body;
  int status = 200;
  std::string location = {};  // below the tenant: "/campaigns/spring"
  bool wakes_senders = false;
};

struct ApiRoute {
  std::string method, path;  // "/contacts/{contact}"
  std::string scope;         // core/access/scope.hpp
  std::string summary;       // a sentence
  ApiFields query, body;
  std::function<ApiAnswer(ApiCall&)> answer;
  // Creates, sends or launches: an Idempotency-Key is kept with the answer.
  bool takes_key = false;
  bool needs_key = false;
  // Reads or writes a whole audience: it has nearly a minute, where others have ten seconds.
  bool is_long = false;
  // Changes what somebody may have changed meanwhile: If-Match is needed, with the ETag of this GET.
  bool needs_match = false;
  // Tells events for as long as the caller listens (events.hpp), and has no answer of its own.
  bool is_stream = false;
};

}  // namespace smscrm
