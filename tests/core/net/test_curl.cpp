#include <condition_variable>
#include <mutex>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/net/curl.hpp"
#include "tests/support/raw_peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::RawPeer;
using test::RawReply;
using test::RawRequest;

namespace {

// The system's resolver, as curl meets it here: a name server that does not answer, for one name.
struct SilentResolver {
  static constexpr std::string_view name = "silent.invalid";
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  int waiting = 0;

  void wait() {
    std::unique_lock lock{mutex};
    ++waiting;
    changed.wait_for(lock, 20s, [this] { return released; });
    --waiting;
    changed.notify_all();
  }
  bool release() {
    std::unique_lock lock{mutex};
    released = true;
    changed.notify_all();
    return changed.wait_for(lock, 20s, [this] { return waiting == 0; });
  }
};
SilentResolver& silent_resolver() {
  static SilentResolver resolver;
  return resolver;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  if (name && SilentResolver::name == name) {
    silent_resolver().wait();
    return EAI_AGAIN;
  }
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}

namespace {

HttpCall post_to(const std::string& url, const std::string& body = "To=%2B15005550006&Body=hello") {
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = url + "/Messages.json";
  call.body = body;
  return call;
}

HttpResult wait_one(HttpMulti& multi) {
  for (int i = 0; i < 1000; ++i) {
    auto finished = multi.wait(100ms);
    if (!finished.empty()) return std::move(finished.front().result);
  }
  FAIL("no call ended");
  return {};
}

}  // namespace

TEST_CASE("a call carries method, credentials, headers and body, and brings the reply back") {
  RawRequest seen;
  RawPeer peer{[&](const RawRequest& request) {
    seen = request;
    return RawReply{http_reply(429, "slow",
                               "Retry-After: 3\r\nTwilio-Concurrent-Requests: 17\r\n"
                               "Date: Fri, 01 May 2026 12:00:00 GMT\r\n")};
  }};
  auto call = post_to(peer.url());
  call.user = "AC1";
  call.password = "secret";
  call.headers = {"X-Test: yes"};
  const auto result = http_request(call);
  CHECK(result.failure == HttpFailure::none);
  CHECK(result.status == 429);
  CHECK(result.body == "slow");
  CHECK(result.retry_after == std::chrono::seconds{3});
  CHECK(result.concurrent_requests == 17);
  CHECK(result.date == parse_rfc3339("2026-05-01T12:00:00Z"));
  CHECK(seen.head.rfind("POST /Messages.json HTTP/1.1", 0) == 0);
  CHECK(seen.head.find("Authorization: Basic QUMxOnNlY3JldA==") != std::string::npos);
  CHECK(seen.head.find("X-Test: yes") != std::string::npos);
  CHECK(seen.head.find("Expect:") == std::string::npos);
  CHECK(seen.head.find("application/x-www-form-urlencoded") != std::string::npos);
  CHECK(seen.body == call.body);
}

TEST_CASE("a reply says how long to wait, in seconds or by a date") {
  const auto wait = [](const std::string& value) {
    RawPeer peer{[&](const RawRequest&) {
      return RawReply{http_reply(429, "slow", "Retry-After: " + value + "\r\n")};
    }};
    return http_request(post_to(peer.url())).retry_after;
  };
  CHECK(wait("0") == std::chrono::seconds{0});
  CHECK(wait("Fri, 01 May 2020 12:00:00 GMT") == std::chrono::seconds{0});
  CHECK(wait("Fri, 31 Dec 2100 12:00:00 GMT") == std::chrono::hours{24});  // the longest that is believed
  CHECK_FALSE(wait("-1"));
  CHECK_FALSE(wait("soon"));
}

TEST_CASE(
    "a reused connection that dies after the request was read is ambiguous, and nothing is sent again") {
  std::atomic<int> arrivals{0};
  RawPeer peer{[&](const RawRequest& request) {
    ++arrivals;
    if (request.of_connection == 1) return RawReply{http_reply(201, "{}")};
    return RawReply{"", true};
  }};
  HttpMulti multi{4};
  multi.start(1, post_to(peer.url()));
  CHECK(wait_one(multi).status == 201);
  multi.start(2, post_to(peer.url()));
  const auto lost = wait_one(multi);
  CHECK(lost.failure == HttpFailure::ambiguous);
  CHECK(arrivals == 2);
  multi.start(3, post_to(peer.url()));  // the handle is good for another call
  CHECK(wait_one(multi).status == 201);
  CHECK(arrivals == 3);
}

TEST_CASE("a call that may be repeated is, on another connection, when the kept one has died") {
  std::atomic<int> arrivals{0};
  RawPeer peer{[&](const RawRequest& request) {
    ++arrivals;
    if (request.of_connection == 1) return RawReply{http_reply(200, request.body)};
    return RawReply{"", true};
  }};
  HttpMulti multi{4};
  auto call = post_to(peer.url());
  call.may_repeat = true;
  multi.start(1, call);
  CHECK(wait_one(multi).status == 200);
  multi.start(2, call);
  const auto repeated = wait_one(multi);
  CHECK(repeated.status == 200);
  CHECK(repeated.body == call.body);
  CHECK(arrivals == 3);
}

TEST_CASE("a guard decides by the address that is connected to, and a call without one is not asked") {
  RawPeer peer{[](const RawRequest&) { return RawReply{http_reply(200, "")}; }};
  const auto port = peer.url().substr(peer.url().rfind(':'));
  HttpMulti multi{4};
  auto guarded = post_to("http://localhost" + port);
  guarded.guard = std::make_shared<const AddressGuard>(std::vector<std::string>{});
  multi.start(1, guarded);
  const auto refused = wait_one(multi);
  CHECK(refused.failure == HttpFailure::not_sent);
  CHECK(refused.error.find("has no public address") != std::string::npos);
  multi.start(2, post_to("http://localhost" + port));
  CHECK(wait_one(multi).status == 200);
  guarded.guard = std::make_shared<const AddressGuard>(std::vector<std::string>{"127.0.0.0/8", "::1"});
  multi.start(3, guarded);
  CHECK(wait_one(multi).status == 200);
}

TEST_CASE("how a call can fail") {
  struct Case {
    const char* what;
    RawReply reply;
  };
  const Case cases[] = {
      {"closed without a reply", {"", true}},
      {"reply cut short", {"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"sid\":", true}},
      {"no reply in time", {"", false}},
      {"not HTTP", {"hello there\r\n\r\n", true}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    std::atomic<int> arrivals{0};
    RawPeer peer{[&](const RawRequest&) {
      ++arrivals;
      return c.reply;
    }};
    HttpMulti multi{4};
    auto call = post_to(peer.url());
    call.timeout = 200ms;
    multi.start(1, call);
    const auto result = wait_one(multi);
    CHECK(result.failure == HttpFailure::ambiguous);
    CHECK_FALSE(result.error.empty());
    CHECK(arrivals == 1);
  }
}

TEST_CASE("what a call leaves unsent when its time is up is never sent") {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int window = 4096;  // the rest of the request waits on our side
  ::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  constexpr std::size_t size = 256 * 1024;
  auto call = post_to(fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port)), std::string(size, 'x'));
  call.timeout = 200ms;
  CHECK(http_request(call).failure == HttpFailure::ambiguous);
  const int peer = ::accept(listener, nullptr, nullptr);
  std::size_t came = 0;
  char bytes[16384];
  for (ssize_t got = 0; (got = ::recv(peer, bytes, sizeof bytes, 0)) > 0;)
    came += static_cast<std::size_t>(got);
  CHECK(came < size);
  ::close(peer);
  ::close(listener);
}

TEST_CASE("nothing left when there is no connection or it is too late, also on a handle used before") {
  std::atomic<int> arrivals{0};
  std::string gone;
  HttpMulti multi{4};
  {
    RawPeer peer{[&](const RawRequest&) {
      ++arrivals;
      return RawReply{http_reply(200, "")};
    }};
    gone = peer.url();
    multi.start(1, post_to(peer.url()));
    CHECK(wait_one(multi).status == 200);
    auto late = post_to(peer.url());
    late.send_before = std::chrono::steady_clock::now() - 1ms;
    multi.start(2, late);
    CHECK(wait_one(multi).failure == HttpFailure::not_sent);
    CHECK(arrivals == 1);
  }
  multi.start(3, post_to(gone));
  CHECK(wait_one(multi).failure == HttpFailure::not_sent);
  CHECK(http_request(post_to("http://nowhere.invalid")).failure == HttpFailure::not_sent);
}

TEST_CASE("many calls run at once, and a long body goes whole") {
  std::atomic<int> arrivals{0};
  RawPeer peer{[&](const RawRequest& request) {
    ++arrivals;
    return RawReply{http_reply(200, std::to_string(request.body.size()))};
  }};
  HttpMulti multi{16};
  for (std::uint64_t id = 0; id < 16; ++id) multi.start(id, post_to(peer.url(), std::string(300'000, 'x')));
  std::vector<bool> seen(16);
  while (multi.in_flight() > 0)
    for (const auto& finished : multi.wait(1s)) {
      CHECK(finished.result.body == "300000");
      seen[finished.id] = true;
    }
  CHECK(seen == std::vector<bool>(16, true));
  CHECK(arrivals == 16);
}

TEST_CASE("a name that does not resolve in time ends its own call, and holds up no other") {
  RawPeer peer{[](const RawRequest&) { return RawReply{http_reply(200, "")}; }};
  HttpMulti multi{4};
  auto call = post_to("http://" + std::string{SilentResolver::name});
  call.connect_timeout = call.timeout = 200ms;
  const auto before = std::chrono::steady_clock::now();
  multi.start(1, call);
  const auto lost = wait_one(multi);
  CHECK(lost.failure == HttpFailure::not_sent);
  multi.start(2, post_to(peer.url()));
  CHECK(wait_one(multi).status == 200);
  CHECK(std::chrono::steady_clock::now() - before < 10s);
  CHECK(silent_resolver().release());
}
