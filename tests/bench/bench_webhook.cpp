// Signed status callbacks for existing messages, through the daemon's own HTTP edge, writer and database.
#include <optional>
#include <random>
#include <thread>

#include "core/provider/twilio_signature.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/load.hpp"
#include "tests/support/edge.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::milliseconds window{2};

// Answers everything at once: what the HTTP server alone can do.
LoadResult run_limit(int connections, const std::vector<std::string>& requests, std::size_t slow = 0) {
  HttpOptions options;
  options.listen = {"127.0.0.1:0"};
  HttpServer http{options, [](HttpRequest, HttpReply reply) { reply.send({204, "", "", {}}); }};
  http.start();
  std::optional<SlowClients> others;
  if (slow > 0) others.emplace(http.addresses().front(), slow);
  auto result = run_load(http.addresses().front(), connections, requests);
  others.reset();
  http.drain(std::chrono::seconds{1});
  return result;
}

std::string latencies(const LoadResult& load) {
  return fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", static_cast<double>(load.p50.count()) / 1e3,
                     static_cast<double>(load.p99.count()) / 1e3);
}

void expect_all(const LoadResult& load, int status, std::size_t count) {
  if (load.statuses.size() != 1 || load.statuses.begin()->first != status ||
      load.statuses.begin()->second != count)
    throw Error(Errc::internal, "not every request was answered {}", status);
}

// Two receipts for each message, beside `slow` clients that never finish a request.
void run_webhook(const BenchArgs& args, const std::string& name, std::size_t slow) {
  const std::int64_t messages = (args.items > 0 ? args.items : 100'000) / 2;
  Edge edge;
  edge.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO message (tenant_id, id, campaign_id, msisdn, status, attempt, provider_sid)"
         " SELECT $1, i, $2, '+1415' || (5550000 + i % 10000), 'queued', 1, 'SM' || lpad(to_hex(i), 32, '0')"
         "   FROM generate_series(1, $3::bigint) i",
         edge.tenant.id, Edge::campaign, messages);
  });
  edge.db.run([](Tx& tx) { exec(tx, "ANALYZE message"); });  // as a launch does
  std::vector<std::string> requests;
  for (const char* status : {"sent", "delivered"}) {
    for (std::int64_t i = 1; i <= messages; ++i) {
      const auto sid = fmt::format("SM{:032x}", i);
      const Form form{{"MessageSid", sid},
                      {"SmsSid", sid},
                      {"MessageStatus", status},
                      {"SmsStatus", status},
                      {"AccountSid", Edge::account_sid},
                      {"From", "+15005550006"},
                      {"To", fmt::format("+1415{}", 5550000 + i % 10000)},
                      {"ApiVersion", "2010-04-01"}};
      const auto path = fmt::format("/webhooks/twilio/acme/status/{}", i);
      const auto body = format_form(form);
      requests.push_back(
          fmt::format("POST {} HTTP/1.1\r\nHost: sms.example.com\r\nX-Twilio-Signature: {}\r\n"
                      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
                      path, twilio_signature(Edge::token, Edge::public_url + path, form), body.size(), body));
    }
  }
  const auto limit = run_limit(args.connections, requests, slow);
  print_line({name + ": empty handler", static_cast<std::int64_t>(requests.size()), limit.took.count(), 0, 0,
              latencies(limit)});
  const auto address = edge.start(window);
  std::optional<SlowClients> others;
  if (slow > 0) others.emplace(address, slow);
  const Stretch stretch;
  const auto load = run_load(address, args.connections, requests);
  print_line({name, static_cast<std::int64_t>(requests.size()), load.took.count(), stretch.cpu_seconds(),
              limit.rate(),
              fmt::format("{}, {} commits", latencies(load), edge.writers->count(&WriterCounts::commits))});
  expect_all(load, 204, requests.size());
  const auto delivered = edge.db.run([](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM message WHERE status = 'delivered'").front()[0].as<std::int64_t>();
  });
  if (delivered != messages)
    throw Error(Errc::internal, "{} of {} messages are delivered", delivered, messages);
}

}  // namespace

void bench_webhook(const BenchArgs& args) { run_webhook(args, "webhook", 0); }

void bench_webhook_slow(const BenchArgs& args) { run_webhook(args, "webhook, 2000 slow", 2000); }

void bench_redirect(const BenchArgs& args) {
  const std::int64_t hits = args.items > 0 ? args.items : 100'000;
  Edge edge;
  const auto link = edge.db.run([&](Tx& tx) {
    return add_campaign_links(tx, edge.tenant.id, Edge::campaign, {"https://acme.example/spring"},
                              MessageId{1}, MessageId{hits})
        .front();
  });
  const auto key = edge.db.run([&](Tx& tx) { return get_link_key(tx, edge.secret); });
  std::vector<std::string> requests;
  for (std::int64_t i = 1; i <= hits; ++i)
    requests.push_back(
        fmt::format("GET /r/{} HTTP/1.1\r\nHost: sms.example.com\r\nUser-Agent: Mozilla/5.0 (iPhone)\r\n\r\n",
                    encode_link_code(key, link, MessageId{i})));
  const auto limit = run_limit(args.connections, requests);
  print_line({"redirect: empty handler", hits, limit.took.count(), 0, 0, latencies(limit)});
  const auto address = edge.start(window);
  const Stretch stretch;
  const auto load = run_load(address, args.connections, requests);
  const auto& stored = edge.writers->clicks.counts().clicks;
  while (stored < static_cast<std::uint64_t>(hits)) std::this_thread::yield();
  print_line({"redirect, hits stored", hits, stretch.seconds(), stretch.cpu_seconds(), limit.rate(),
              latencies(load)});
  expect_all(load, 302, requests.size());
}

}  // namespace smscrm
