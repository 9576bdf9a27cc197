#include <atomic>

#include <doctest/doctest.h>

#include "daemon/http/stream.hpp"
#include "tests/daemon/http/peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Streaming {
  std::shared_ptr<HttpStream> stream = std::make_shared<HttpStream>(100'000);
  std::unique_ptr<HttpServer> server;
  std::string address;

  explicit Streaming(std::chrono::milliseconds write_timeout = 30s) {
    HttpOptions options;
    options.listen = {"127.0.0.1:0"};
    options.answer_timeout = 200ms;
    options.write_timeout = write_timeout;
    server = std::make_unique<HttpServer>(options, [this](const HttpRequest&, HttpReply reply) {
      reply.send({200, "text/plain", "", {}, stream});
    });
    server->start();
    address = server->addresses().front();
  }
};

const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("a stream is passed on as it is filled, longer than an answer may take, and ends the connection") {
  Streaming s;
  Client client(s.address);
  client.send(request);
  CHECK(s.stream->put("one ") == HttpStream::Put::taken);
  const auto first = client.until("one ");
  CHECK(first.find("Content-Length") == std::string::npos);
  CHECK(first.find("Connection: close") != std::string::npos);
  CHECK_FALSE(client.is_readable(500ms));
  CHECK(s.stream->put("two ") == HttpStream::Put::taken);
  CHECK(client.until("two ") == "two ");
  s.stream->put("three");
  s.stream->end();
  CHECK(client.rest() == "three");
  CHECK(s.stream->put("more") == HttpStream::Put::gone);
}

TEST_CASE("who does not read is not waited for: so much waits for them, and then they are cut off") {
  Streaming s{300ms};
  Client client(s.address);
  client.send(request);
  client.until("\r\n\r\n");
  const std::string block(50'000, 'x');
  bool was_full = false, is_gone = false;
  for (int i = 0; i < 2'000 && !is_gone; ++i) {
    const auto put = s.stream->put(block);
    was_full = was_full || put == HttpStream::Put::full;
    is_gone = put == HttpStream::Put::gone;
    if (put == HttpStream::Put::full) std::this_thread::sleep_for(10ms);
  }
  CHECK(was_full);
  CHECK(is_gone);
}

TEST_CASE("a client that leaves is noticed with what is put next") {
  Streaming s;
  {
    Client client(s.address);
    client.send(request).until("\r\n\r\n");
  }
  bool is_gone = false;
  for (int i = 0; i < 200 && !is_gone; ++i) {
    is_gone = s.stream->put("x") == HttpStream::Put::gone;
    std::this_thread::sleep_for(10ms);
  }
  CHECK(is_gone);
}

TEST_CASE("a server that drains ends its streams at once") {
  Streaming s;
  Client client(s.address);
  client.send(request);
  s.stream->put("one");
  client.until("one");
  const auto begun = std::chrono::steady_clock::now();
  s.server->drain(20s);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(client.rest().empty());
  CHECK(s.stream->is_gone());
}

TEST_CASE("a stream that nobody asked the body of is not begun") {
  Streaming s;
  Client client(s.address);
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.rest().ends_with("\r\n\r\n"));
  CHECK(s.stream->is_gone());
}
