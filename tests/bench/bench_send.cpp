// A campaign through claim, render, HTTP and write-back, against its limit: the same requests by HttpMulti
// alone, to the same peer. The peer is a process of its own, so processor time is the sender's.
#include <thread>

#include "core/base/wait.hpp"
#include "core/sending/single.hpp"
#include "daemon/sending/sender.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/null_twilio.hpp"
#include "tests/bench/send_campaign.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t default_items = 200'000;
constexpr auto patience = 30s;  // without any progress
constexpr CampaignId earlier{1'000'000};
constexpr int callback_connections = 256;

// As many messages of an earlier campaign, delivered.
void fill(Edge& edge, std::int64_t messages) {
  if (messages == 0) return;
  edge.db.run([&](Tx& tx) {
    exec(
        tx,
        "INSERT INTO message (tenant_id, id, campaign_id, msisdn, status, attempt, parts, provider_sid, body)"
        " SELECT $1::bigint, f.first + i, $2::bigint, '+1' || (2125550000 + i), 'delivered', 1, 1,"
        "        'SM' || lpad(to_hex(i), 32, '0'), 'Hi Ann, 20% off today: "
        "https://sms.example.com/r/aaaaaaaaaaa'"
        "   FROM (SELECT reserve_message_ids($3::bigint) AS first OFFSET 0) f, generate_series(0, $3::bigint "
        "- 1) i",
        edge.tenant.id, earlier, messages);
  });
  edge.db.run([](Tx& tx) { exec(tx, "ANALYZE message"); });
}

// From the launch, with the sender waiting for it, until every message has the status by the counters that a
// report shows.
void run_pipeline(Edge& edge, const Config& config, CampaignId campaign, MessageStatus last,
                  BenchLine& line) {
  SenderOptions options;
  options.daemon_id = options.host = "bench";
  SendPipeline sender{config, edge.secret, options};
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  while (sender.stats().lanes == 0) wait_unless_stopped({}, 5ms);
  launch_test_campaign(edge.db, edge.tenant.id, campaign);
  const Stretch stretch;
  while (sender.stats().in_flight == 0 && stretch.seconds() < 30) wait_unless_stopped({}, 1ms);
  line.note = fmt::format("first out after {:.0f} ms", stretch.seconds() * 1e3);
  auto progress_at = std::chrono::steady_clock::now();
  for (std::int64_t done = 0; done < line.items; wait_unless_stopped({}, 50ms)) {
    const auto seen = count_messages(edge, campaign, last);
    if (seen > done) progress_at = std::chrono::steady_clock::now();
    done = seen;
    if (std::chrono::steady_clock::now() - progress_at > patience)
      throw Error(Errc::internal, "{} of {} messages are {} and no more follow", done, line.items,
                  to_string(last));
    line.seconds = stretch.seconds();
    line.cpu_seconds = stretch.cpu_seconds();
  }
}

// The request of one message, as the pipeline made it.
HttpCall sent_call(Edge& edge, const Config& config) {
  SendRequest request;
  request.from = "+15005550006";
  const auto id = edge.db.run([&](Tx& tx) {
    const auto row =
        exec(tx, "SELECT id, msisdn, body FROM message WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1",
             edge.tenant.id)
            .front();
    request.to = row["msisdn"].as<std::string>();
    request.body = row["body"].as<std::string>();
    return row["id"].as<MessageId>();
  });
  request.status_callback = status_callback_url(config.http.public_url, "acme", id);
  const ProviderAccess access{config.twilio.api_url, Edge::account_sid, Edge::account_sid, Edge::token};
  return get_provider("twilio").send_call(access, request);
}

void run_limit(const HttpCall& call, int connections, BenchLine& line) {
  HttpMulti multi{static_cast<std::size_t>(connections) + 16};
  const Stretch stretch;
  std::int64_t started = 0, ended = 0;
  while (ended < line.items) {
    while (started < line.items && multi.in_flight() < static_cast<std::size_t>(connections))
      multi.start(static_cast<std::uint64_t>(++started), call);
    for (const auto& finished : multi.wait(1s)) {
      if (finished.result.status != 201) throw Error(Errc::internal, "peer: {}", finished.result.error);
      ++ended;
    }
  }
  line.seconds = stretch.seconds();
  line.cpu_seconds = stretch.cpu_seconds();
}

Config sender_config(const Edge& edge, const NullTwilio& twilio, const BenchArgs& args) {
  Config config;
  config.database.url = edge.db.url();
  config.twilio.api_url = twilio.url();
  config.twilio.max_in_flight = args.connections;
  config.http.public_url = Edge::public_url;
  return config;
}

void print_with_limit(Edge& edge, const Config& config, const BenchArgs& args, BenchLine& send) {
  BenchLine limit;
  limit.name = "send: HTTP alone";
  limit.items = send.items;
  run_limit(sent_call(edge, config), args.connections, limit);
  print_line(limit);
  send.limit_rate = static_cast<double>(limit.items) / limit.seconds;
  print_line(send);
}

}  // namespace

void bench_send(const BenchArgs& args) {
  const NullTwilio twilio{Edge::token, Edge::public_url};
  Edge edge;
  const auto config = sender_config(edge, twilio, args);
  BenchLine send;
  send.name = args.filled > 0 ? "send, table filled" : "send";
  send.items = args.items > 0 ? args.items : default_items;
  fill(edge, args.filled);
  const auto campaign = prepare_campaign(edge, args.connections, send.items);
  run_pipeline(edge, config, campaign, MessageStatus::queued, send);
  print_with_limit(edge, config, args, send);
}

// Two signed callbacks for each message come in meanwhile, to the same process.
void bench_send_callbacks(const BenchArgs& args) {
  NullTwilio twilio{Edge::token, Edge::public_url};
  Edge edge;
  const auto config = sender_config(edge, twilio, args);
  BenchLine send;
  send.name = "send and two callbacks each";
  send.items = args.items > 0 ? args.items : default_items;
  fill(edge, args.filled);
  const auto campaign = prepare_campaign(edge, args.connections, send.items);
  twilio.call_back(edge.start(2ms), callback_connections);
  run_pipeline(edge, config, campaign, MessageStatus::delivered, send);
  print_line(send);
}

}  // namespace smscrm
