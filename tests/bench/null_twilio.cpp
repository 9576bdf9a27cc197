#include "tests/bench/null_twilio.hpp"

#include <cstdio>
#include <deque>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/form.hpp"
#include "core/base/guarded.hpp"
#include "core/base/text.hpp"
#include "core/provider/twilio_signature.hpp"
#include "daemon/http/server.hpp"
#include "tests/bench/load.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

// The child's side.
class Peer {
 public:
  Peer(std::string token, std::string public_url)
      : token_(std::move(token)), public_url_(std::move(public_url)) {}

  std::string start() {
    HttpOptions options;
    options.listen = {"127.0.0.1:0"};
    http_.emplace(options, [this](HttpRequest request, HttpReply reply) {
      const auto sid = fmt::format("SM{:032x}", ++sids_);
      reply.send({201,
                  "application/json",
                  fmt::format(R"({{"sid":"{}","status":"queued","num_segments":"1"}})", sid),
                  {}});
      if (calls_back_) announce(sid, request.body);
    });
    http_->start();
    return http_->addresses().front();
  }

  void call_back(const std::string& address, int connections) {
    calls_back_ = true;
    std::deque<std::string> mine;
    LoadClient client{address, connections, [](int status, std::chrono::microseconds) {
                        if (status != 204) std::fprintf(stderr, "smscrm_bench: callback: %d\n", status);
                      }};
    while (true) {
      waiting_.with([&](auto& all) {
        std::move(all.begin(), all.end(), std::back_inserter(mine));
        all.clear();
      });
      client.move_on(mine, 2ms);
    }
  }

 private:
  void announce(const std::string& sid, const std::string& body) {
    const auto form = parse_form(body);
    const auto callback = find_field(form, "StatusCallback");
    if (!callback) return;
    const std::string url{callback->substr(0, callback->find('#'))};
    const auto path = url.substr(public_url_.size());
    for (const char* status : {"sent", "delivered"}) {
      const Form told{{"MessageSid", sid},
                      {"SmsSid", sid},
                      {"MessageStatus", status},
                      {"SmsStatus", status},
                      {"AccountSid", std::string{"AC"} + std::string(32, 'a')},
                      {"From", "+15005550006"},
                      {"To", std::string{find_field(form, "To").value_or("")}},
                      {"ApiVersion", "2010-04-01"}};
      const auto text = format_form(told);
      auto request = fmt::format(
          "POST {} HTTP/1.1\r\nHost: sms.example.com\r\nX-Twilio-Signature: {}\r\n"
          "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
          path, twilio_signature(token_, url, told), text.size(), text);
      waiting_.with([&](auto& all) { all.push_back(std::move(request)); });
    }
  }

  const std::string token_, public_url_;
  std::uint64_t sids_ = 0;
  std::atomic<bool> calls_back_{false};
  Guarded<std::deque<std::string>> waiting_;
  std::optional<HttpServer> http_;
};

// Never returns: until the parent is gone. Its one order is "ADDRESS CONNECTIONS".
[[noreturn]] void serve(const std::string& token, const std::string& public_url, int address_to, int orders) {
  try {
    Peer peer{token, public_url};
    const auto address = peer.start();
    char buffer[128];
    if (::write(address_to, address.data(), address.size()) < 0 || ::close(address_to) != 0) ::_exit(1);
    for (ssize_t n; (n = ::read(orders, buffer, sizeof buffer)) > 0;) {
      const auto words = split(std::string{buffer, static_cast<std::size_t>(n)}, ' ');
      std::thread{[&peer, to = words.at(0), connections = std::stoi(words.at(1))] {
        try {
          peer.call_back(to, connections);
        } catch (const std::exception&) {  // the parent's server has stopped
        }
      }}.detach();
    }
    ::_exit(0);  // without the end of a thread that has none
  } catch (const std::exception& e) {
    std::fprintf(stderr, "smscrm_bench: peer: %s\n", e.what());
    ::_exit(1);
  }
}

}  // namespace

NullTwilio::NullTwilio(const std::string& token, const std::string& public_url) {
  int address[2], orders[2];
  if (::pipe(address) != 0 || ::pipe(orders) != 0) throw Error(Errc::internal, "pipe failed");
  child_ = ::fork();
  if (child_ < 0) throw Error(Errc::internal, "fork failed");
  if (child_ == 0) {
    ::close(address[0]);
    ::close(orders[1]);
    serve(token, public_url, address[1], orders[0]);
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

NullTwilio::~NullTwilio() {
  ::close(orders_);
  ::waitpid(child_, nullptr, 0);
}

void NullTwilio::call_back(const std::string& address, int connections) {
  const auto order = fmt::format("{} {}", address, connections);
  if (::write(orders_, order.data(), order.size()) < 0) throw Error(Errc::internal, "the peer is gone");
}

}  // namespace smscrm
