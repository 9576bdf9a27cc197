// The HTTP API: who calls is found out, rights are asked, requests are checked, done in one transaction, and
// answered. docs/api.md is its manual, /api/v1/openapi.json its contract.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

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

 private:
  struct Request;

  void accept(const ApiRoute& route, HttpRequest request, HttpReply reply);
  HttpResponse answer(const ApiRoute& route, const Request& request, Connection& db);
  ApiAnswer run_once(const ApiRoute& route, const Request& request, Tx& tx, HttpHeaders& headers);
  HttpResponse refuse_key(const Request& request, Connection& db, const char* why);
  void count_against_rate(std::int64_t key, HttpHeaders& headers);

  ApiEnvironment environment_;
  const double rate_;  // requests a second and key
  std::function<void()> wake_senders_;
  ApiWorkers workers_;

  struct Bucket {
    double left;
    ApiWorkers::Clock::time_point at;
  };
  std::mutex guards_buckets_;
  std::unordered_map<std::int64_t, Bucket> buckets_;  // by API key
};

// The contract, OpenAPI 3.1: written from the table of routes.
std::string format_openapi();

}  // namespace smscrm
