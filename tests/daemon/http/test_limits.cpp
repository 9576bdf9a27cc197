// What strangers may hold of a server: connections and bytes.
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "tests/daemon/http/peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::string ask(const std::string& address) {
  Client client(address);
  return client.send(get_close).rest();
}

}  // namespace

TEST_CASE("when all connections are taken the one that was idle the longest makes room") {
  auto options = quick();
  options.max_connections = 3;
  Echo e(options);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(std::make_unique<Client>(e.address));
    CHECK(idle.back()->send("GET /a" + head + "\r\n").until(">").ends_with("<GET /a   0>"));
    wait_unless_stopped({}, 10ms);
  }
  // As many as there may be, and nobody waits: nobody has to go, whether it was served or has yet to say a
  // word.
  CHECK_FALSE(idle[0]->is_readable(100ms));
  CHECK(ask(e.address).ends_with("<GET /last   0>"));
  CHECK(idle[0]->rest().empty());  // closed, and not reset
  CHECK_FALSE(idle[1]->is_readable(0ms));
  CHECK(idle[2]->send("GET /b" + head + "\r\n").until(">").ends_with("<GET /b   1>"));
}

TEST_CASE("connections that say nothing at all make room, too") {
  auto options = quick();
  options.max_connections = 20;
  Echo e(options);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<Client>(e.address));
  for (int i = 0; i < 5; ++i) CHECK(ask(e.address).ends_with("<GET /last   0>"));
}

TEST_CASE("one address has so many connections, unless it is a trusted proxy's") {
  for (const bool trusted : {false, true}) {
    CAPTURE(trusted);
    auto options = quick();
    options.max_connections_of_peer = 4;
    if (trusted) options.trusted_proxies = {"127.0.0.1"};
    Echo e(options);
    std::vector<std::unique_ptr<Client>> busy;
    for (int i = 0; i < 8; ++i) {
      busy.push_back(std::make_unique<Client>(e.address));
      busy.back()->send("GET /a HTTP/1.1\r\n");  // inside a head, so it is not idle
      wait_unless_stopped({}, 20ms);
    }
    CHECK(e.server.counts().open_connections == (trusted ? 8 : 4));
    busy.erase(busy.begin(), busy.begin() + 4);
    wait_unless_stopped({}, 50ms);
    CHECK(ask(e.address).ends_with("<GET /last   0>"));
  }
}

TEST_CASE(
    "all bodies together have so many bytes: what comes slowest is dropped, and the others are served") {
  auto options = quick();
  options.max_body_bytes = 1'000'000;
  options.max_bodies_bytes = 2'000'000;
  Echo e(options);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<Client>(e.address));
    slow.back()->send("POST /slow" + head + "Content-Length: 900000\r\n\r\n" + std::string(800'000, 'x'));
    wait_unless_stopped({}, 50ms);
  }
  CHECK(slow[0]->rest().find("HTTP/1.1 200") == std::string::npos);
  Client quick_one(e.address);
  const auto answer = quick_one
                          .send("POST /b" + head + "Content-Length: 500000\r\nConnection: close\r\n\r\n" +
                                std::string(500'000, 'y'))
                          .rest();
  CHECK(answer.find("HTTP/1.1 200") == 0);
  // The newest of them is still there, and goes on.
  CHECK(slow[5]->send(std::string(100'000, 'x')).until(">").find("HTTP/1.1 200") == 0);
}

TEST_CASE("a chunk's extension has no control characters") {
  Echo e;
  for (const char* extension : {";a=\"\n\"", ";a=\"\x01\"", ";a=\"\x7f\"", ";a=\"\t\""}) {
    CAPTURE(extension);
    Client client(e.address);
    CHECK(client
              .send("POST /" + head + "Transfer-Encoding: chunked\r\n\r\n5" + extension +
                    "\r\nhello\r\n0\r\n\r\n")
              .rest()
              .starts_with("HTTP/1.1 400"));
  }
  Client fine(e.address);
  CHECK(fine.send("POST /a" + head +
                  "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;a=\"b c\"\r\nhello\r\n0\r\n\r\n")
            .rest()
            .ends_with("<POST /a  hello 0>"));
}
