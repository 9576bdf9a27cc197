// The HTTP API: who calls is found out, rights are asked, requests are checked, done in one transaction, and
// answered. docs/api.md is its manual, /api/v1/openapi.json its contract.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/db/roles.hpp"
#include "daemon/api/events.hpp"
#include "daemon/api/person.hpp"
#include "daemon/api/route.hpp"
#include "daemon/api/workers.hpp"
#include "daemon/http/routes.hpp"

namespace smscrm {

class Api {
 public:
  // `wake_senders` is called from a thread of the workers, after a commit that gave them something to do.
  Api(const Config& config, const SecretKey& secret, std::function<void()> wake_senders);

  std::vector<HttpRoute> routes();
  // Body of each worker thread.
  void run(std::stop_token stop) { workers_.run(std::move(stop)); }
  // Body of each of the threads on which passwords are checked: two at a time, for each takes 64 MiB and a
  // fifth of a second of a core.
  static constexpr int password_threads = 2;
  void run_passwords(std::stop_token stop) { passwords_.run(std::move(stop)); }
  // Body of the thread that tells what is under way.
  void run_events(std::stop_token stop) { events_.run(std::move(stop)); }

 private:
  struct Request;

  void accept(const ApiRoute& route, HttpRequest request, HttpReply reply);
  void accept(const PersonRoute& route, HttpRequest request, HttpReply reply);
  using Work = std::function<HttpResponse(Request& request, Connection& db)>;
  void submit(ApiWorkers& workers, const std::string& whose, std::string route,
              std::shared_ptr<Request> request, HttpReply reply, Work work);
  HttpResponse answer(const ApiRoute& route, Request& request, Connection& db);
  HttpResponse answer(const PersonRoute& route, Request& request, Connection& db);
  std::optional<Principal> find_caller(Tx& tx, Request& request, const char*& refusal);
  HttpResponse listen(const ApiRoute& route, const Request& request, TenantId tenant, HttpHeaders headers);
  HttpResponse refuse_key(const Request& request, Connection& db, const char* why);
  void count_against_rate(const std::string& whose, HttpHeaders& headers);
  DatabaseRoles roles(Tx& tx);

  ApiEnvironment environment_;
  const double rate_;  // requests a second of a key or session
  std::function<void()> wake_senders_;
  ApiWorkers workers_, passwords_;
  ApiEvents events_;

  struct Bucket {
    double left;
    ApiWorkers::Clock::time_point at;
  };
  std::mutex guards_roles_;
  std::optional<DatabaseRoles> roles_;  // once read
  std::mutex guards_buckets_;
  std::unordered_map<std::string, Bucket> buckets_;  // "key 7", "session 12"
};

// The contract, OpenAPI 3.1: written from the table of routes.
std::string format_openapi();

}  // namespace smscrm
