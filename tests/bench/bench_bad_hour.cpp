// A campaign while the provider has a bad hour: what leaves of what could. Each case with the sandbox and
// with a second provider that shares no code with it.
#include <thread>

#include "core/base/wait.hpp"
#include "core/sending/single.hpp"
#include "core/tenant/account.hpp"
#include "daemon/sending/sender.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/hard_twilio.hpp"
#include "tests/bench/send_campaign.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Seconds = std::chrono::duration<double>;

constexpr auto patience = 2min;  // without any progress

Config sender_config(const Edge& edge, const HardTwilio& twilio, int connections) {
  Config config;
  config.database.url = edge.db.url();
  config.twilio.api_url = twilio.url();
  config.twilio.max_in_flight = connections;
  config.http.public_url = Edge::public_url;
  return config;
}

// A campaign under way.
class Sending {
 public:
  Sending(HardTwilio& twilio, int connections, std::int64_t items, std::chrono::milliseconds grace = 60s)
      : twilio_(twilio),
        config_(sender_config(edge, twilio, connections)),
        campaign(prepare_campaign(edge, connections, items)),
        pipeline_(config_, edge.secret, options(grace)),
        thread_([this](std::stop_token stop) { pipeline_.run(std::move(stop)); }) {
    while (pipeline_.stats().lanes == 0) wait_unless_stopped({}, 5ms);
    launch_test_campaign(edge.db, edge.tenant.id, campaign);
  }

  // Until the provider has accepted so many in all; how long that took from now.
  double await_accepted(std::int64_t wanted) {
    const Stretch stretch;
    auto progress_at = std::chrono::steady_clock::now();
    for (std::int64_t seen = -1;; wait_unless_stopped({}, 20ms)) {
      const auto accepted = twilio_.counts().accepted;
      if (accepted >= wanted) return stretch.seconds();
      if (accepted > seen) progress_at = std::chrono::steady_clock::now();
      seen = accepted;
      if (std::chrono::steady_clock::now() - progress_at > patience)
        throw Error(Errc::internal, "{} of {} messages were accepted and no more follow", accepted, wanted);
    }
  }

 private:
  static SenderOptions options(std::chrono::milliseconds grace) {
    SenderOptions options;
    options.daemon_id = options.host = "bench";
    options.resolve_grace = grace;
    options.drain = 1s;
    return options;
  }
  HardTwilio& twilio_;

 public:
  Edge edge;

 private:
  Config config_;

 public:
  const CampaignId campaign;

 private:
  SendPipeline pipeline_;
  std::jthread thread_;
};

HardTwilio make_peer(HardTwilio::Kind kind) { return HardTwilio{kind, Edge::account_sid, Edge::token}; }

constexpr HardTwilio::Kind kinds[] = {HardTwilio::Kind::plain, HardTwilio::Kind::sandbox};

double share(std::int64_t part, std::int64_t all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

// The same peer by our HTTP client alone, with so many requests at once, for so long: a second's requests.
double client_rate(const HardTwilio& twilio, int at_once, Seconds length) {
  const ProviderAccess access{twilio.url(), Edge::account_sid, Edge::account_sid, Edge::token};
  SendRequest request;
  request.from = "+15005550006";
  request.body = "Hi";
  HttpMulti multi{static_cast<std::size_t>(at_once) + 16};
  const Stretch stretch;
  std::uint64_t started = 0, ended = 0;
  while (stretch.seconds() < length.count()) {
    while (multi.in_flight() < static_cast<std::size_t>(at_once)) {
      request.to = fmt::format("+1303{:07}", ++started);
      multi.start(started, get_provider("twilio").send_call(access, request));
    }
    for (const auto& finished : multi.wait(1s)) ended += finished.result.status == 201;
  }
  return static_cast<double>(ended) / stretch.seconds();
}

std::int64_t items_for(double rate, double seconds) {
  return std::max<std::int64_t>(100, static_cast<std::int64_t>(rate * seconds));
}

}  // namespace

// What a limit of requests at once allows, learned from nothing.
void bench_send_limited(const BenchArgs& args) {
  for (const auto kind : kinds)
    for (const int limit : {5, 20, 100, 500})
      for (const int latency : {20, 100, 500}) {
        const bool is_chosen = args.connections != BenchArgs{}.connections;  // --connections: one limit alone
        if (is_chosen && args.connections != limit) continue;
        auto twilio = make_peer(kind);
        const double allowed = limit * 1000.0 / latency;
        twilio.set_faults({{"latency_ms", latency}, {"max_concurrent", limit}});
        const double machine = client_rate(twilio, limit, 4s);
        const auto before = twilio.counts();
        BenchLine line;
        line.name = fmt::format("limit {} at {} ms, {}", limit, latency, twilio.name());
        line.limit_rate = std::min(allowed, machine);
        line.items = args.items > 0 ? args.items : items_for(line.limit_rate, latency == 500 ? 60 : 15);
        {
          Sending sending{twilio, 1000, line.items};
          line.seconds = sending.await_accepted(before.accepted + line.items);
        }
        const auto after = twilio.counts();
        line.note = fmt::format("{:.2f} % refused, {:.0f}/s allowed",
                                100 * share(after.refused - before.refused, after.requests - before.requests),
                                allowed);
        print_line(line);
      }
}

namespace {

// A rate with faults beside the one without; only of what is accepted at the first attempt, for what is
// unknown is asked for later.
void run_with_faults(const std::string& name, const json& faults, double lost, const BenchArgs& args) {
  constexpr int latency = 50, at_once = 100;
  for (const auto kind : kinds) {
    BenchLine plain, line;
    for (auto* of : {&plain, &line}) {
      auto twilio = make_peer(kind);
      json all = of == &line ? faults : json::object();
      all["latency_ms"] = latency;
      twilio.set_faults(all);
      of->items = args.items > 0 ? args.items : 30'000;
      of->name = fmt::format("{}, {}", of == &line ? name : name + ": without", twilio.name());
      Sending sending{twilio, at_once, of->items};
      of->items = static_cast<std::int64_t>(static_cast<double>(of->items) * (of == &line ? 1 - lost : 1));
      of->seconds = sending.await_accepted(of->items);
      const auto counts = twilio.counts();
      of->note = fmt::format("{:.2f} % refused", 100 * share(counts.refused, counts.requests));
    }
    print_line(plain);
    line.limit_rate = static_cast<double>(plain.items) / plain.seconds;
    print_line(line);
  }
}

}  // namespace

void bench_send_refused(const BenchArgs& args) {
  run_with_faults("10 % refused by chance", {{"too_many", 0.1}}, 0, args);
}

void bench_send_faulty(const BenchArgs& args) {
  run_with_faults("1 % hang, 5 % 503, 2 % reset",
                  {{"hang", 0.01}, {"server_error", 0.05}, {"reset", 0.01}, {"reset_after", 0.01}}, 0.09,
                  args);
}

// A minute of 503 in the middle.
void bench_send_outage(const BenchArgs& args) {
  constexpr int latency = 50, at_once = 100;
  for (const auto kind : kinds) {
    auto twilio = make_peer(kind);
    twilio.set_faults({{"latency_ms", latency}});
    Sending sending{twilio, at_once, args.items > 0 ? args.items : 60'000};
    sending.await_accepted(5'000);
    BenchLine before;
    before.name = fmt::format("outage: before, {}", twilio.name());
    before.items = 5'000;
    before.seconds = sending.await_accepted(10'000);
    print_line(before);
    twilio.set_faults({{"latency_ms", latency}, {"server_error", 1.0}});
    wait_unless_stopped({}, 60s);
    const auto at_end = twilio.counts();
    twilio.set_faults({{"latency_ms", latency}});
    const double back = sending.await_accepted(at_end.accepted + 1);
    // The two seconds after the first that was accepted again.
    wait_unless_stopped({}, std::chrono::milliseconds{static_cast<int>(std::max(0.0, 2 - back) * 1000)});
    const auto from = twilio.counts().accepted;
    BenchLine after;
    after.name = fmt::format("outage: 2 s after a minute, {}", twilio.name());
    after.items = 5'000;
    after.seconds = sending.await_accepted(from + 5'000);
    after.limit_rate = static_cast<double>(before.items) / before.seconds;
    after.note = fmt::format("first after {:.2f} s, {} requests in the minute", back,
                             at_end.requests - at_end.accepted);
    print_line(after);
  }
}

// 5 % of the outcomes are unknown, half of them accepted: from the last first attempt until nothing is open.
void bench_send_unknown(const BenchArgs& args) {
  constexpr int latency = 50, at_once = 100;
  constexpr auto grace = 60s;
  for (const auto kind : kinds) {
    auto twilio = make_peer(kind);
    twilio.set_faults({{"latency_ms", latency}, {"reset", 0.025}, {"reset_after", 0.025}});
    BenchLine line;
    line.items = args.items > 0 ? args.items : 20'000;
    Sending sending{twilio, at_once, line.items, grace};
    const auto open = [&](MessageStatus status) {
      return count_messages(sending.edge, sending.campaign, status);
    };
    const Stretch sent;
    while (open(MessageStatus::waiting) + open(MessageStatus::in_flight) > 0) wait_unless_stopped({}, 100ms);
    line.name = fmt::format("5 % unknown: settled, {}", twilio.name());
    const auto sent_in = sent.seconds();
    const auto unknown = open(MessageStatus::unknown);
    const Stretch stretch;
    while (open(MessageStatus::queued) + open(MessageStatus::sent) + open(MessageStatus::delivered) <
           line.items)
      wait_unless_stopped({}, 100ms);
    line.seconds = stretch.seconds();
    const auto counts = twilio.counts();
    line.note = fmt::format(
        "sent in {:.1f} s, {} unknown then, grace {} s; {} accepted for {} recipients, {} requests", sent_in,
        unknown, grace.count(), counts.accepted, counts.recipients, counts.requests);
    print_line(line);
    if (counts.accepted != line.items || counts.recipients != line.items)
      throw Error(Errc::internal, "{} messages were accepted {} times", line.items, counts.accepted);
  }
}

}  // namespace smscrm
