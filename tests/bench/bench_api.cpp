// Requests of one API key, through the HTTP server, the workers and the database: contacts by their id, and
// pages of fifty.
#include <thread>

#include "core/access/api_key.hpp"
#include "daemon/api/api.hpp"
#include "daemon/http/server.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

std::vector<std::string> requests_for(const std::string& key, std::int64_t count,
                                      const std::function<std::string(std::int64_t)>& path) {
  std::vector<std::string> requests;
  for (std::int64_t i = 0; i < count; ++i)
    requests.push_back(fmt::format(
        "GET /api/v1/tenants/acme{} HTTP/1.1\r\nHost: sms.example.com\r\nAuthorization: Bearer {}\r\n\r\n",
        path(i), key));
  return requests;
}

void expect_all(const LoadResult& load, std::size_t count) {
  if (load.statuses.size() != 1 || load.statuses.begin()->first != 200 ||
      load.statuses.begin()->second != count)
    throw Error(Errc::internal, "not every request was answered 200");
}

}  // namespace

void bench_api(const BenchArgs& args) {
  const std::int64_t count = args.items > 0 ? args.items : 50'000;
  const std::int64_t contacts = args.filled > 0 ? args.filled : 100'000;
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO contact (tenant_id, id, msisdn, first_name)"
         " SELECT $1, i, '+1415' || (1000000 + i), 'Ann' FROM generate_series(1, $2::bigint) i",
         tenant.id, contacts);
  });
  db.run([](Tx& tx) { exec(tx, "ANALYZE contact"); });
  const auto key = db.run([&](Tx& tx) {
    return add_api_key(tx, tenant.id, {"bench", {"contacts:read"}, {}, {}}, std::nullopt, now()).text;
  });
  Config config;
  config.database.url = db.url();
  config.api.rate = 1'000'000;
  const auto secret = new_secret_key();
  Api api{config, secret, [] {}};
  std::vector<std::jthread> workers;
  for (int i = 0; i < config.database.pool_size; ++i)
    workers.emplace_back([&](std::stop_token stop) { api.run(std::move(stop)); });
  HttpOptions options;
  options.listen = {"127.0.0.1:0"};
  auto routes = api.routes();
  routes.push_back({"empty", "GET", "/empty", 0, [](const HttpRequest&, HttpReply reply) {
                      reply.send({200, "application/json", "{}\n", {}});
                    }});
  HttpServer http{options, HttpRoutes{std::move(routes)}};
  http.start();
  const auto address = http.addresses().front();
  const auto run = [&](const std::string& name, const std::vector<std::string>& requests, double limit) {
    const Stretch stretch;
    const auto load = run_load(address, args.connections, requests);
    print_line({name, static_cast<std::int64_t>(requests.size()), load.took.count(), stretch.cpu_seconds(),
                limit,
                fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", static_cast<double>(load.p50.count()) / 1e3,
                            static_cast<double>(load.p99.count()) / 1e3)});
    expect_all(load, requests.size());
    return load.rate();
  };
  std::vector<std::string> empty(static_cast<std::size_t>(count),
                                 "GET /empty HTTP/1.1\r\nHost: sms.example.com\r\n\r\n");
  const auto limit = run("api: empty handler", empty, 0);
  run("api: a contact",
      requests_for(key, count,
                   [&](std::int64_t i) { return fmt::format("/contacts/{}", 1 + i * 7919 % contacts); }),
      limit);
  run("api: a page of 50",
      requests_for(key, count / 10, [](std::int64_t) { return std::string{"/contacts"}; }), limit);
  http.drain(std::chrono::seconds{1});
}

}  // namespace smscrm
