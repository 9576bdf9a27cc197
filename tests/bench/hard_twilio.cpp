#include "tests/bench/hard_twilio.hpp"

#include <csignal>
#include <cstdio>
#include <functional>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/net/curl.hpp"
#include "daemon/sandbox/sandbox.hpp"
#include "tests/bench/plain_peer.hpp"

namespace smscrm {
namespace {

void take_orders(Sandbox& sandbox, std::FILE* orders) {
  for (char line[4096]; std::fgets(line, sizeof line, orders) != nullptr;) {
    SandboxFaults faults;
    apply_json(faults, nlohmann::json::parse(line));
    sandbox.set_faults(faults);
  }
}

// Until the parent is gone.
[[noreturn]] void serve(HardTwilio::Kind kind, const std::string& account, const std::string& token, int to,
                        int orders) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const auto tell = [&](const std::string& address) {
      if (::write(to, address.data(), address.size()) < 0 || ::close(to) != 0) ::_exit(1);
    };
    if (kind == HardTwilio::Kind::plain) run_plain_peer(tell, orders);
    SandboxOptions options;
    options.accounts = {{account, token, false}};
    Sandbox sandbox{options};
    sandbox.start();
    tell(sandbox.address());
    take_orders(sandbox, ::fdopen(orders, "r"));
    ::_exit(0);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "smscrm_bench: peer: %s\n", e.what());
    ::_exit(1);
  }
}

}  // namespace

HardTwilio::HardTwilio(Kind kind, const std::string& account, const std::string& token) : kind_(kind) {
  int address[2], orders[2];
  if (::pipe(address) != 0 || ::pipe(orders) != 0) throw Error(Errc::internal, "pipe failed");
  child_ = ::fork();
  if (child_ < 0) throw Error(Errc::internal, "fork failed");
  if (child_ == 0) {
    ::close(address[0]);
    ::close(orders[1]);
    serve(kind, account, token, address[1], orders[0]);
  }
  ::close(address[1]);
  ::close(orders[0]);
  orders_ = orders[1];
  char buffer[64];
  url_ = "http://";
  for (ssize_t n; (n = ::read(address[0], buffer, sizeof buffer)) > 0;)
    url_.append(buffer, static_cast<std::size_t>(n));
  ::close(address[0]);
}

HardTwilio::~HardTwilio() {
  ::close(orders_);
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

void HardTwilio::set_faults(const nlohmann::json& faults) const {
  const auto line = faults.dump() + "\n";
  if (::write(orders_, line.data(), line.size()) < 0) throw Error(Errc::internal, "the peer is gone");
}

HardTwilio::Counts HardTwilio::counts() const {
  HttpCall call;
  call.url = url_ + "/sandbox/counts";
  const auto result = http_request(call);
  if (result.status != 200) throw Error(Errc::internal, "{}: {} {}", call.url, result.status, result.error);
  const auto counts = nlohmann::json::parse(result.body);
  Counts all;
  all.requests = counts.at("requests").get<std::int64_t>();
  all.accepted = counts.at("accepted").get<std::int64_t>();
  all.recipients = counts.at("recipients").get<std::int64_t>();
  all.refused = counts.at("faults").value("too_many", std::int64_t{0});
  return all;
}

}  // namespace smscrm
