// smscrm_chaos --server DIR [--messages N] [--kills N] [--seed N] [--duration SECONDS]: one campaign through
// everything that can break, then the proof that it broke nothing; with a duration, more of them with the
// seeds that follow, until one ends after it. scripts/chaos starts the servers. What has to hold:
//   - the sandbox accepted a message for each recipient exactly once, and for nobody else;
//   - nobody got one after the acknowledgement of their STOP;
//   - nothing is left waiting, in flight or unknown, and "campaign verify" and "report verify" hold;
//   - the daemons end cleanly.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include <signal.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/support/world.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string server;
  int messages = 20'000;
  int kills = 50;
  unsigned seed = 1;
  std::chrono::seconds duration{0};  // no further campaign begins after it
};

constexpr int rate = 2'000;      // parts per second: so many requests are on their way at each kill
constexpr auto patience = 120s;  // without any progress
constexpr auto settle_within = 5min;
constexpr auto pause_for = 3s;  // longer than the lease of World's daemons
constexpr auto read_only_for = 2s;
constexpr const char* faults = R"([settings]
send_ms = 200
receipt_ms = 300

[faults]
too_many = 0.2
server_error = 0.05
server_error_after = 0.05
hang = 0.01
hang_after = 0.02
reset_after = 0.03
truncate_after = 0.02
close_reused = 0.01
close_reused_after = 0.01
callback_drop = 0.2
callback_double = 0.2
callback_delay = 0.2
)";

class Chaos {
 public:
  explicit Chaos(const Options& options) : options_(options), random_(options.seed), world_(faults) {}

  bool run() {
    world_.set_up(rate);
    world_.add_contacts(options_.messages);
    world_.add_campaign("Hi {{first_name}}");
    start(0);
    start(1);
    world_.must({"campaign", "launch", "spring"});
    started_ = SteadyClock::now();
    std::jthread stopper{[this](std::stop_token stop) { send_stops(stop); }};
    break_things();
    stopper = {};
    fmt::print("the breaking is over after {:.0f} s\n", seconds());
    const bool settled = settle();
    for (int i : {0, 1})
      if (const int status = daemons_[i]->stop(); status != 0) fail("a daemon ended with {}", status);
    return settled && check();
  }

 private:
  template <class... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    fmt::print("FAILED: {}\n", fmt::format(format, std::forward<Args>(args)...));
    failed_ = true;
  }

  double seconds() const { return std::chrono::duration<double>{SteadyClock::now() - started_}.count(); }

  bool chance(double share) { return std::uniform_real_distribution<>{}(random_) < share; }

  // Again until it works: the database may be away.
  void start(int which) {
    for (const auto deadline = SteadyClock::now() + 1min;;) {
      try {
        if (which == 1) {
          daemons_[1] = world_.start_another();
          return;
        }
        world_.start_daemon();
        daemons_[0] = std::move(world_.daemon);
        return;
      } catch (const std::exception&) {
        if (SteadyClock::now() > deadline) throw;
        std::this_thread::sleep_for(100ms);
      }
    }
  }

  std::int64_t count_accepted() const { return world_.sandbox("counts")["recipients"].get<std::int64_t>(); }

  // Until so many recipients have been reached, or all that will be.
  bool wait_for(std::int64_t target) {
    auto progress_at = SteadyClock::now();
    for (std::int64_t last = -1;; std::this_thread::sleep_for(10ms)) {
      const auto accepted = count_accepted();
      if (accepted >= target) return true;
      if (accepted != last) progress_at = SteadyClock::now();
      last = accepted;
      if (SteadyClock::now() - progress_at > patience) return false;
    }
  }

  // The daemon that sends, four times out of five.
  int choose_victim() {
    if (chance(0.8)) {
      try {
        const auto owner = world_.db.run([](Tx& tx) {
          const auto rows = exec(tx, "SELECT owner FROM lane");
          return rows.empty() ? std::string{} : rows.front()[0].as<std::string>();
        });
        for (int i : {0, 1})
          if (owner.find(fmt::format("-{}-", daemons_[i]->pid())) != std::string::npos) return i;
      } catch (const std::exception&) {
        // The database is away.
      }
    }
    return chance(0.5) ? 1 : 0;
  }

  void servers(const std::vector<std::string>& words) {
    const char* script = std::getenv("SMSCRM_TEST_SERVERS");
    std::vector<std::string> argv{script != nullptr ? script : "tests/support/servers", words[0],
                                  options_.server};
    argv.insert(argv.end(), words.begin() + 1, words.end());
    if (const auto result = run_command(argv); result.status != 0)
      throw Error(Errc::internal, "servers {}: {}", words[0], result.err);
  }

  void break_something_else() {
    switch (std::uniform_int_distribution<>{0, 5}(random_)) {
      case 0:
        ++restarts_;
        return servers({"restart", "fast"});
      case 1:
        ++restarts_;
        return servers({"restart", "immediate"});
      case 2:
        servers({"redis", "down"});
        std::this_thread::sleep_for(500ms);
        return servers({"redis", "up"});
      case 3:
        return servers({"redis", "flush"});
      case 4:  // as a server that keeps its last room for itself
        ++read_only_;
        servers({"read-only", "on"});
        std::this_thread::sleep_for(read_only_for);
        return servers({"read-only", "off"});
      default:
        ++pauses_;
        const int sleeper = choose_victim();
        daemons_[sleeper]->signal(SIGSTOP);
        std::this_thread::sleep_for(pause_for);
        daemons_[sleeper]->signal(SIGCONT);
    }
  }

  void break_things() {
    // The last of them fall before the last message: whoever said STOP meanwhile is missing at the end.
    const auto span = static_cast<std::int64_t>(options_.messages) * 9 / 10;
    for (int kill = 1; kill <= options_.kills; ++kill) {
      if (!wait_for(span * kill / options_.kills)) {
        fail("nothing was sent for {} s, at {} of {}", patience.count(), count_accepted(), options_.messages);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution<>{0, 60}(random_)});
      if (chance(0.25)) break_something_else();
      const int victim = choose_victim();
      daemons_[victim]->kill();
      start(victim);
      if (kill % 10 == 0)
        fmt::print("{} kills, {} of {} recipients, {:.0f} s\n", kill, count_accepted(), options_.messages,
                   seconds());
    }
  }

  // People say STOP; one whose webhook was answered may get nothing any more.
  void send_stops(std::stop_token stop) {
    std::mt19937 random{options_.seed + 1};
    std::uniform_int_distribution<> any{0, options_.messages - 1};
    std::set<int> chosen;
    while (!stop.stop_requested() && chosen.size() < static_cast<std::size_t>(options_.messages / 20)) {
      const int index = any(random);
      if (!chosen.insert(index).second) continue;
      const auto number = contact_number(index);
      bool acknowledged = false;
      while (!acknowledged && !stop.stop_requested()) {
        try {
          acknowledged = world_.inbound(number, "STOP") < 300;
        } catch (const std::exception&) {
          // Asked again.
        }
        if (!acknowledged) std::this_thread::sleep_for(50ms);
      }
      if (acknowledged) stopped_[number] = world_.accepted(number).size();
      std::this_thread::sleep_for(20ms);
    }
  }

  bool settle() {
    nlohmann::json report;
    for (const auto deadline = SteadyClock::now() + settle_within; SteadyClock::now() < deadline;) {
      try {
        report = world_.report();
        if (report["status"] == "finished" && report["unknown"] == 0) return true;
      } catch (const std::exception& e) {
        report = e.what();
      }
      std::this_thread::sleep_for(200ms);
    }
    fail("the campaign does not settle: {}", report.dump());
    return false;
  }

  bool check() {
    std::map<std::string, std::size_t> got;
    for (const auto& message : world_.accepted()) ++got[message["to"].get<std::string>()];
    const auto report = world_.report();
    std::int64_t skipped = 0, twice = 0, after_stop = 0;
    for (const auto& [reason, count] : report["skipped"].items()) skipped += count.get<std::int64_t>();
    for (const auto& [number, count] : got) twice += count > 1;
    for (const auto& [number, count] : stopped_) after_stop += got[number] > count;
    std::erase_if(got, [](const auto& entry) { return entry.second == 0; });
    auto strangers = static_cast<std::int64_t>(got.size());
    for (int i = 0; i < options_.messages; ++i)
      strangers -= static_cast<std::int64_t>(got.count(contact_number(i)));
    if (strangers > 0) fail("{} numbers got a message and are in no audience", strangers);
    // The provider refuses a number that said STOP to it before we heard.
    const auto failed = report["outcomes"]["failed"].get<std::int64_t>();
    std::istringstream failures{
        world_.must({"message", "list", "--status", "failed", "--limit", "1000000", "-o", "ndjson"}).out};
    for (std::string line; std::getline(failures, line);)
      if (nlohmann::json::parse(line)["error_code"] != 21610) fail("a message failed: {}", line);
    if (twice > 0) fail("{} recipients got more than one message", twice);
    if (after_stop > 0) fail("{} recipients got a message after their STOP was acknowledged", after_stop);
    if (static_cast<std::int64_t>(got.size()) + skipped + failed < options_.messages)
      fail("{} recipients were reached, {} skipped and {} failed, of {}", got.size(), skipped, failed,
           options_.messages);
    if (const auto verify = world_({"campaign", "verify", "spring"}); verify.status != 0)
      fail("campaign verify ends with {}: {}{}", verify.status, verify.out, verify.err);
    if (const auto verify = world_({"report", "verify"}); verify.status != 0)
      fail("report verify ends with {}: {}{}", verify.status, verify.out, verify.err);
    fmt::print(
        "seed {}: {} messages to {} recipients ({} skipped, {} failed), {} kills, {} restarts of PostgreSQL,"
        " {} times read-only, {} pauses, {} acknowledged STOPs, {:.0f} s\n{}\n",
        options_.seed, options_.messages, got.size(), skipped, failed, options_.kills, restarts_, read_only_,
        pauses_, stopped_.size(), std::chrono::duration<double>{SteadyClock::now() - started_}.count(),
        failed_ ? "FAILED" : "each exactly once, none after a STOP, none unknown; verify holds");
    return !failed_;
  }

  const Options options_;
  std::mt19937 random_;
  World world_;
  std::unique_ptr<Daemon> daemons_[2];
  SteadyClock::time_point started_;
  std::map<std::string, std::size_t> stopped_;  // number: messages until the acknowledgement
  int restarts_ = 0, read_only_ = 0, pauses_ = 0;
  bool failed_ = false;
};

}  // namespace
}  // namespace smscrm

int main(int argc, char** argv) {
  using namespace smscrm;
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const auto number = i + 1 < argc ? parse_integer(argv[i + 1]) : std::nullopt;
    if (flag == "--server" && i + 1 < argc) {
      options.server = argv[i + 1];
    } else if (flag == "--messages" && number) {
      options.messages = static_cast<int>(*number);
    } else if (flag == "--kills" && number) {
      options.kills = static_cast<int>(*number);
    } else if (flag == "--seed" && number) {
      options.seed = static_cast<unsigned>(*number);
    } else if (flag == "--duration" && number) {
      options.duration = std::chrono::seconds{*number};
    } else {
      std::fprintf(stderr,
                   "usage: scripts/chaos [--messages N] [--kills N] [--seed N] [--duration SECONDS]\n");
      return 2;
    }
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  ::setenv("SMSCRM_TEST_DIR", options.server.c_str(), 1);  // where TestDb looks
  try {
    for (const auto end = SteadyClock::now() + options.duration;; ++options.seed) {
      if (!Chaos{options}.run()) return 1;
      if (SteadyClock::now() >= end) return 0;
    }
  } catch (const std::exception& e) {
    fmt::print("FAILED: {}\n", e.what());
    return 1;
  }
}
