// What the internet sends: shapes that two servers would read in two ways, clients that take their time, and
// a great many of them.
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "core/base/error.hpp"
#include "core/base/wait.hpp"
#include "tests/daemon/http/peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// Bytes of memory that this process holds.
std::size_t resident() {
  std::size_t all = 0, pages = 0;
  std::ifstream{"/proc/self/statm"} >> all >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// As many descriptors as the machine allows, up to `wanted`; how many there are.
std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(wanted, limit.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// Sends `byte` again and again until the server answers; the answer.
std::string trickle(Client& client, char byte) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!client.is_readable(10ms) && std::chrono::steady_clock::now() < deadline) client.send({&byte, 1});
  return client.rest();
}

}  // namespace

TEST_CASE("shapes that smuggle a request are refused, and what follows them is never read as one") {
  Echo e;
  struct Case {
    std::string what, request;
  };
  const std::string post = "POST /" + head, chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string smuggled = "GET /smuggled" + head + "\r\n";
  const Case cases[] = {
      {"chunked after identity", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"},
      {"identity after chunked", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
      {"a coding in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
      {"a coding after a vertical tab", post + "Transfer-Encoding: \x0b" + "chunked\r\n\r\n0\r\n\r\n"},
      {"an empty coding", post + "Transfer-Encoding:\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
      {"a coding folded into its own line", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
      {"a blank before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
      {"a blank before the first header", "POST / HTTP/1.1\r\n Host: a\r\nContent-Length: 0\r\n\r\n"},
      {"a carriage return in a header", post + "X: a\rContent-Length: 5\r\n\r\nabcde"},
      {"a line feed in a header", post + "X: a\nContent-Length: 5\r\n\r\nabcde"},
      {"NUL in a header", post + std::string("X: a\0b\r\n\r\n", 10)},
      {"a length in hexadecimal", post + "Content-Length: 0x1\r\n\r\nx"},
      {"a length with a blank", post + "Content-Length: 1 0\r\n\r\nx"},
      {"a length below zero", post + "Content-Length: -1\r\n\r\nx"},
      {"no length where one is named", post + "Content-Length:\r\n\r\nx"},
      {"a chunk with a prefix", chunked + "0x1\r\nx\r\n0\r\n\r\n"},
      {"a chunk with a sign", chunked + "+1\r\nx\r\n0\r\n\r\n"},
      {"a chunk after a blank", chunked + " 1\r\nx\r\n0\r\n\r\n"},
      {"a chunk ended by a line feed", chunked + "1\nx\r\n0\r\n\r\n"},
      {"a chunk longer than it says", chunked + "1\r\nxy\r\n0\r\n\r\n"},
      {"a chunk over 64 bits", chunked + "10000000000000001\r\nx\r\n0\r\n\r\n"},
      {"a line feed in an extension", chunked + "1;a\nb\r\nx\r\n0\r\n\r\n"},
      {"a blank in the target", "GET /a b" + head + "\r\n"},
      {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a tab before the target", "GET\t/" + head + "\r\n"},
      {"a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"no version", "GET /\r\nHost: a\r\n\r\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto all = Client(e.address).send(c.request + smuggled).rest();
    const bool refused =
        all.starts_with("HTTP/1.1 400") || all.starts_with("HTTP/1.1 501") || all.starts_with("HTTP/1.1 505");
    CHECK(refused);
    CHECK(all.find("smuggled") == std::string::npos);
    CHECK(count_of(all, "HTTP/1.1") == 1);
  }
}

TEST_CASE("a byte now and then keeps neither a head nor a body open beyond its time") {
  auto options = quick();
  options.max_header_bytes = options.max_body_bytes = 1 << 20;
  options.request_timeout = 200ms;
  Echo e(options);
  Client in_head(e.address), in_body(e.address);
  in_head.send("GET /" + head + "X: ");
  CHECK(trickle(in_head, 'a').starts_with("HTTP/1.1 408"));
  in_body.send("POST /" + head + "Content-Length: 100000\r\n\r\n");
  CHECK(trickle(in_body, 'b').starts_with("HTTP/1.1 408"));
}

TEST_CASE("a client that does not read its answer is cut off") {
  auto options = quick();
  options.write_timeout = 100ms;
  Echo e(options, [](HttpRequest, HttpReply reply) {
    reply.send({200, "", std::string(50'000'000, 'x'), {}});
  });
  Client client(e.address);
  client.send("GET /" + head + "\r\n");
  CHECK(comes_true([&] { return e.server.counts().responses[2] == 1; }));
  CHECK(comes_true([&] { return e.server.counts().open_connections == 0; }));
  CHECK(client.rest().ends_with("<reset>"));
}

TEST_CASE("a client that leaves inside a request gets no answer and holds nothing") {
  Echo e;
  for (const auto& part : {"GET /" + head, "POST /" + head + "Content-Length: 5\r\n\r\nab"}) {
    Client client(e.address);
    client.send(part).half_close();
    CHECK(client.rest() == "");
  }
  CHECK(comes_true([&] { return e.server.counts().open_connections == 0; }));
}

TEST_CASE("a thousand pipelined requests are answered in order to a client that reads at the end") {
  Echo e;
  Client client(e.address);
  std::thread writer([&] {
    std::string all;
    for (int i = 0; i < 1000; ++i) all += fmt::format("GET /{}{}\r\n", i, head);
    client.send(all + get_close);
  });
  const auto answers = client.rest();
  writer.join();
  CHECK(count_of(answers, "HTTP/1.1 200 OK") == 1001);
  std::size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto found = answers.find(fmt::format("<GET /{}   {}>", i, i), at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("connections beyond the limit wait until there is room, when none of the others is idle") {
  auto options = quick();
  options.max_connections = 2;
  Echo e(options);
  auto first = std::make_unique<Client>(e.address);
  Client second(e.address);
  const std::string part = "GET /a HTTP/1.1\r\n";
  first->send(part);
  second.send(part);
  while (e.server.counts().open_connections < 2) std::this_thread::yield();
  wait_unless_stopped({}, 50ms);  // so that both are inside a request
  Client third(e.address);
  third.send(get_close);
  CHECK_FALSE(third.is_readable(200ms));
  CHECK(e.server.counts().open_connections == 2);
  first.reset();
  CHECK(third.rest().ends_with("<GET /last   0>"));
}

TEST_CASE("thousands of connections, idle or inside a head, cost little and hold nobody up") {
  constexpr std::size_t wanted = 2000;
  const auto descriptors = allow_descriptors(2 * wanted + 200);
  const auto count = std::min(wanted, (descriptors - 200) / 2);
  REQUIRE(count > 200);
  Echo e;
  std::vector<std::unique_ptr<Client>> clients;
  const auto before = resident();
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(e.address));
    // One has been served and is silent, the next is slow.
    if (i % 2 == 0)
      clients.back()
          ->send("POST /" + head + "Content-Length: 2000\r\n\r\n" + std::string(2000, 'x'))
          .until(">");
    else
      clients.back()->send("GET /" + head + "X-Slow: ");
  }
  CHECK(comes_true([&] { return e.server.counts().open_connections == count; }));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(Client(e.address).send(get_close).rest().ends_with("<GET /last   0>"));
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK((resident() - before) / count < 8 * 1024);
#endif
}

TEST_CASE("who is believed about the client: proxies that are named, and nobody else") {
  auto options = quick();
  const auto handler = [](HttpRequest request, HttpReply reply) {
    reply.send({200, "", request.remote, {}});
  };
  const auto request = [](const std::string& forwarded) {
    return "GET /" + head + "Connection: close\r\nX-Forwarded-For: " + forwarded + "\r\n\r\n";
  };
  {
    Echo e(options, handler);
    CHECK(Client(e.address).send(request("192.0.2.7")).rest().ends_with("\r\n\r\n127.0.0.1"));
  }
  options.trusted_proxies = {"127.0.0.0/8"};
  Echo e(options, handler);
  CHECK(Client(e.address).send(request("192.0.2.7")).rest().ends_with("\r\n\r\n192.0.2.7"));
  CHECK(Client(e.address).send(request("192.0.2.9, 2001:db8::1")).rest().ends_with("\r\n\r\n2001:db8::1"));
  CHECK(Client(e.address).send(request("made up\", level=error")).rest().ends_with("\r\n\r\n127.0.0.1"));
  options.trusted_proxies = {"10.0.0.0/33"};
  CHECK_THROWS_AS(HttpServer(options, handler), Error);
}
