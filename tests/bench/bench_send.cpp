// A campaign through claim, render, HTTP and write-back, against its limit: the same requests by HttpMulti
// alone, to the same peer. The peer is a process of its own, so processor time is the sender's.
#include <cstdio>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "core/account.hpp"
#include "core/base/wait.hpp"
#include "core/campaign_counter.hpp"
#include "core/outbound.hpp"
#include "daemon/http/server.hpp"
#include "daemon/sender.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/campaign.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t default_items = 50'000;
constexpr double rate = 100'000;  // parts per second: out of the way
constexpr auto patience = 30s;    // without any progress
const std::string account_sid = "AC" + std::string(32, 'a');
const std::string token = "0123456789abcdef0123456789abcdef";

// Answers every POST at once as Twilio does, each with a sid of its own. Never returns.
[[noreturn]] void serve(int address_to, int parent_alive) {
  try {
    std::uint64_t sids = 0;
    HttpOptions options;
    options.listen = {"127.0.0.1:0"};
    HttpServer http{
        options, [&](HttpRequest, HttpReply reply) {
          reply.send({201,
                      "application/json",
                      fmt::format(R"({{"sid":"SM{:032x}","status":"queued","num_segments":"1"}})", ++sids),
                      {}});
        }};
    http.start();
    const auto address = http.addresses().front();
    char ignored = 0;
    if (::write(address_to, address.data(), address.size()) > 0 && ::close(address_to) == 0)
      while (::read(parent_alive, &ignored, 1) > 0) continue;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "smscrm_bench: peer: %s\n", e.what());
  }
  ::_exit(0);
}

// The other end: a child process, which ends with this object or with us. To be made while there is one
// thread, because the child of a process with more may not even allocate.
class NullTwilio {
 public:
  NullTwilio() {
    int address[2], alive[2];
    if (::pipe(address) != 0 || ::pipe(alive) != 0) throw Error(Errc::internal, "pipe failed");
    child_ = ::fork();
    if (child_ < 0) throw Error(Errc::internal, "fork failed");
    if (child_ == 0) {
      ::close(address[0]);
      ::close(alive[1]);
      serve(address[1], alive[0]);
    }
    ::close(address[1]);
    ::close(alive[0]);
    alive_ = alive[1];
    char buffer[64];
    url_ = "http://";
    for (ssize_t n; (n = ::read(address[0], buffer, sizeof buffer)) > 0;)
      url_.append(buffer, static_cast<std::size_t>(n));
    ::close(address[0]);
  }
  NullTwilio(const NullTwilio&) = delete;
  ~NullTwilio() {
    ::close(alive_);
    ::waitpid(child_, nullptr, 0);
  }

  const std::string& url() const { return url_; }

 private:
  pid_t child_;
  int alive_;
  std::string url_;
};

CampaignId launch(TestDb& db, const SecretKey& key, TenantId tenant, const BenchArgs& args,
                  std::int64_t items) {
  db.run([&](Tx& tx) {
    AccountChange account;
    account.sid = account_sid;
    account.auth_token = token;
    account.rate = rate;
    account.max_in_flight = args.connections;
    set_account(tx, key, tenant, account, now());
    add_sender(tx, tenant, "+15005550006", rate);
  });
  add_test_contacts(db, tenant, static_cast<int>(items));
  const auto campaign = db.run([&](Tx& tx) {
    NewCampaign fresh;
    fresh.slug = "spring";
    fresh.kind = CampaignKind::transactional;  // at any hour
    fresh.body_template =
        add_template(tx, tenant,
                     {"spring",
                      "Hi {{first_name|there}}, 20% off today: {{link:https://acme.example/spring}}"
                      " STOP to end"})
            .id;
    fresh.audience = parse_audience("all");
    return add_campaign(tx, tenant, fresh);
  });
  launch_test_campaign(db, tenant, campaign.id);
  db.run([](Tx& tx) { exec(tx, "ANALYZE contact, consent, message"); });
  return campaign.id;
}

std::int64_t count_queued(TestDb& db, TenantId tenant, CampaignId campaign) {
  const auto counters = db.run([&](Tx& tx) { return read_counters(tx, tenant, campaign); });
  const auto queued = counters.find(status_counter(MessageStatus::queued));
  return queued == counters.end() ? 0 : std::stoll(queued->second);
}

// Until every message is queued by the counters that a report shows.
void run_pipeline(TestDb& db, const Config& config, const SecretKey& key, TenantId tenant,
                  CampaignId campaign, BenchLine& line) {
  SenderOptions options;
  options.daemon_id = options.host = "bench";
  SendPipeline sender{config, key, options};
  const Stretch stretch;
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  auto progress_at = std::chrono::steady_clock::now();
  for (std::int64_t queued = 0; queued < line.items; wait_unless_stopped({}, 50ms)) {
    const auto count = count_queued(db, tenant, campaign);
    if (count > queued) progress_at = std::chrono::steady_clock::now();
    queued = count;
    if (std::chrono::steady_clock::now() - progress_at > patience)
      throw Error(Errc::internal, "{} of {} messages are queued and no more follow", queued, line.items);
    line.seconds = stretch.seconds();
    line.cpu_seconds = stretch.cpu_seconds();
  }
}

// The request of one message, as the pipeline made it.
HttpCall sent_call(TestDb& db, const Config& config, TenantId tenant) {
  SendRequest request;
  request.from = "+15005550006";
  const auto id = db.run([&](Tx& tx) {
    const auto row =
        exec(tx, "SELECT id, msisdn, body FROM message WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1", tenant)
            .front();
    request.to = row["msisdn"].as<std::string>();
    request.body = row["body"].as<std::string>();
    return row["id"].as<MessageId>();
  });
  request.status_callback = status_callback_url(config.http.public_url, "acme", id);
  const ProviderAccess access{config.twilio.api_url, account_sid, account_sid, token};
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

}  // namespace

void bench_send(const BenchArgs& args) {
  const auto items = args.items > 0 ? args.items : default_items;
  const NullTwilio twilio;
  TestDb db;
  const auto key = new_secret_key();
  const auto tenant = add_test_tenant(db).id;
  Config config;
  config.database.url = db.url();
  config.twilio.api_url = twilio.url();
  config.twilio.max_in_flight = args.connections;
  config.http.public_url = "https://sms.example.com";
  const auto campaign = launch(db, key, tenant, args, items);

  BenchLine send;
  send.name = "send";
  send.items = items;
  run_pipeline(db, config, key, tenant, campaign, send);

  BenchLine limit;
  limit.name = "send: HTTP alone";
  limit.items = items;
  run_limit(sent_call(db, config, tenant), args.connections, limit);
  print_line(limit);
  send.limit_rate = static_cast<double>(items) / limit.seconds;
  print_line(send);
}

}  // namespace smscrm
