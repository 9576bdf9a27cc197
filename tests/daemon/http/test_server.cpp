#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "tests/daemon/http/peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// Replies that a test answers when it likes.
struct Held {
  void keep(HttpReply reply) {
    const std::lock_guard lock{mutex};
    replies.push_back(std::move(reply));
    changed.notify_all();
  }
  std::vector<HttpReply> wait_for(std::size_t count) {
    std::unique_lock lock{mutex};
    REQUIRE(changed.wait_for(lock, 30s, [&] { return replies.size() >= count; }));
    return std::move(replies);
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<HttpReply> replies;
};

}  // namespace

TEST_CASE("a connection is kept and pipelined requests are answered in order") {
  Echo e;
  Client client(e.address);
  CHECK(client.send("GET /a?x=1" + head + "\r\n").until(">").ends_with("<GET /a x=1  0>"));
  const auto all =
      client.send("POST /b" + head + "Content-Length: 2\r\n\r\nhiGET /c" + head + "\r\n" + get_close).rest();
  CHECK(all.find("<POST /b  hi 1>") < all.find("<GET /c   2>"));
  CHECK(all.ends_with("<GET /last   3>"));
  CHECK(count_of(all, "Connection: close") == 1);
}

TEST_CASE("a client that has shut its side still gets the answer") {
  Echo e;
  Client client(e.address);
  client.send("GET /a" + head + "\r\n").half_close();
  CHECK(client.rest().ends_with("<GET /a   0>"));
}

TEST_CASE("what is malformed, ambiguous or too large is refused and the connection closed") {
  Echo e;
  struct Case {
    std::string what, request;
    int status;
  };
  const std::string post = "POST /" + head;
  const Case cases[] = {
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET /" + head + "Host: a\r\n\r\n", 400},
      {"two lengths that agree", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
      {"a list of lengths", post + "Content-Length: 1, 1\r\n\r\nx", 400},
      {"signed length", post + "Content-Length: +1\r\n\r\nx", 400},
      {"length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"another coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"an unheard-of coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a coding on a line of its own", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
      {"a header that goes on after a tab", "GET /" + head + "X: a\r\n\tb\r\n\r\n", 400},
      {"space before the colon", "GET /" + head + "X : 1\r\n\r\n", 400},
      {"bare line feeds (no version ends there)", "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 505},
      {"bad chunk", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
      {"unknown method", "BREW /" + head + "\r\n", 501},
      {"CONNECT", "CONNECT a:1" + head + "\r\n", 501},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"relative target", "GET a" + head + "\r\n", 400},
      {"another expectation", post + "Expect: tea\r\nContent-Length: 1\r\n\r\n", 417},
      {"long target", "GET /" + std::string(2000, 'a') + head + "\r\n", 414},
      {"many headers", "GET /" + head + "X: " + std::string(1500, 'a') + "\r\n\r\n", 431},
      {"long body", post + "Content-Length: 2049\r\n\r\n" + std::string(2049, 'x'), 413},
      {"endless length", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"long chunk", post + "Transfer-Encoding: chunked\r\n\r\n801\r\n" + std::string(2049, 'x'), 413},
      {"long extension", post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(1500, 'x'), 431},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto all = Client(e.address).send(c.request).rest();
    CHECK(all.substr(0, 13) == fmt::format("HTTP/1.1 {} ", c.status));
    CHECK(count_of(all, "HTTP/1.1") == 1);
    CHECK(all.find("Connection: close") != std::string::npos);
  }
}

TEST_CASE("requests arrive whole, however they are cut") {
  Echo e;
  const std::string requests[] = {
      "\r\nGET http://host/abs?q" + head + "Connection: close\r\n\r\n",
      "POST /c" + head +
          "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nHost: "
          "b\r\n\r\n",
      "POST /e" + head + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /l HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
  };
  const std::string wanted[] = {"<GET /abs q  0>", "<POST /c  abcde 0>", "<POST /e   0>", "<POST /l  abc 0>"};
  for (std::size_t i = 0; i < std::size(requests); ++i) {
    CAPTURE(requests[i]);
    CHECK(Client(e.address).send(requests[i]).rest().ends_with(wanted[i]));
    Client slow(e.address);
    for (const char c : requests[i]) slow.send({&c, 1});
    CHECK(slow.rest().ends_with(wanted[i]));
  }
  // Half an empty line comes with the request before.
  Client split(e.address);
  CHECK(split.send("GET /a" + head + "\r\n\r").until("0>").ends_with("<GET /a   0>"));
  CHECK(split.send("\nGET /b" + head + "Connection: close\r\n\r\n").rest().ends_with("<GET /b   1>"));
}

TEST_CASE("100 Continue is sent to who waits for it, once the body is known to be acceptable") {
  Echo e;
  Client client(e.address);
  client.send("POST /" + head + "Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.send("ok").rest().ends_with("<POST /  ok 0>"));
  const auto refused =
      Client(e.address).send("POST /" + head + "Expect: 100-continue\r\nContent-Length: 9999\r\n\r\n").rest();
  CHECK(refused.starts_with("HTTP/1.1 413"));
}

TEST_CASE("HEAD and 204 carry no body") {
  Echo e(quick(), [](HttpRequest request, HttpReply reply) {
    reply.send({request.path == "/none" ? 204 : 200, "", "body", {{"X-A", "1"}}});
  });
  Client client(e.address);
  const auto head_only = client.send("HEAD /" + head + "\r\n").until("\r\n\r\n");
  CHECK(head_only.find("Content-Length: 4") != std::string::npos);
  const auto rest = client.send("GET /none" + head + "Connection: close\r\n\r\n").rest();
  CHECK(rest.starts_with("HTTP/1.1 204"));
  CHECK(rest.find("Content-Length") == std::string::npos);
  CHECK(rest.ends_with("\r\n\r\n"));
}

TEST_CASE("slow clients are told so, silent ones closed, unanswered ones get 503") {
  Held held;
  const auto rest = [&](std::chrono::milliseconds HttpOptions::*limit, std::chrono::milliseconds time,
                        std::string_view sent) {
    auto options = quick();
    options.*limit = time;
    Echo e(options, [&](HttpRequest, HttpReply reply) { held.keep(std::move(reply)); });
    return Client(e.address).send(sent).rest();
  };
  CHECK(rest(&HttpOptions::request_timeout, 100ms, "GET / HT").starts_with("HTTP/1.1 408"));
  CHECK(rest(&HttpOptions::idle_timeout, 1s, "\r\n") == "");
  CHECK(rest(&HttpOptions::answer_timeout, 100ms, "GET /" + head + "\r\n").starts_with("HTTP/1.1 503"));
}

TEST_CASE("replies from another thread, in one batch, reach their connections") {
  auto options = quick();
  options.threads = 2;
  Held held;
  Echo e(options, [&](HttpRequest, HttpReply reply) { held.keep(std::move(reply)); });
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(e.address));
    clients.back()->send(get_close);
  }
  std::vector<std::pair<HttpReply, HttpResponse>> answers;
  for (auto& reply : held.wait_for(20))
    answers.emplace_back(std::move(reply), HttpResponse{202, "", "done", {}});
  CHECK(e.server.counts().in_flight == 20);
  HttpReply::send_all(std::move(answers));
  for (auto& client : clients) CHECK(client->rest().ends_with("done"));
  CHECK(e.server.counts().responses[2] == 20);
  CHECK(e.server.counts().in_flight == 0);
}

TEST_CASE("our own bugs are answered 500: a dropped reply, a throw, a header with a line break") {
  Echo e(quick(), [](HttpRequest request, HttpReply reply) {
    if (request.path == "/throw") throw std::runtime_error("x");
    if (request.path == "/inject") reply.send({302, "", "", {{"Location", "/\r\nSet-Cookie: a=b"}}});
  });
  for (const std::string path : {"/drop", "/throw", "/inject"}) {
    CAPTURE(path);
    const auto all = Client(e.address).send("GET " + path + head + "Connection: close\r\n\r\n").rest();
    CHECK(all.starts_with("HTTP/1.1 500"));
    CHECK(all.find("Cookie") == std::string::npos);
  }
}

TEST_CASE("faults: reset, close without an answer, half an answer") {
  Echo e(quick(), [](HttpRequest request, HttpReply reply) {
    if (request.path == "/reset") reply.reset();
    if (request.path == "/close") reply.close();
    if (request.path == "/cut") reply.truncate({200, "", "0123456789", {}}, 4);
  });
  CHECK(Client(e.address).send("GET /reset" + head + "\r\n").rest() == "<reset>");
  CHECK(Client(e.address).send("GET /close" + head + "\r\n").rest() == "");
  const auto cut = Client(e.address).send("GET /cut" + head + "\r\n").rest();
  CHECK(cut.find("Content-Length: 10") != std::string::npos);
  CHECK(cut.ends_with("\r\n\r\n0123"));
}

TEST_CASE("a large answer reaches a client that reads it late") {
  Echo e(quick(), [](HttpRequest, HttpReply reply) {
    reply.send({200, "", std::string(20'000'000, 'x'), {}});
  });
  CHECK(count_of(Client(e.address).send(get_close).rest(), "x") == 20'000'000);
}

TEST_CASE("a Unix socket: served, replaced when stale, kept when live, removed in the end") {
  const std::string path = fmt::format("/tmp/smscrm-http-{}.sock", getpid());
  {
    const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
    REQUIRE(bind(stale, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    ::close(stale);
  }
  {
    auto options = quick("unix:" + path);
    options.trusted_proxies = {"unix", "10.0.0.0/8"};
    Echo e(options, [](HttpRequest request, HttpReply reply) { reply.send({200, "", request.remote, {}}); });
    CHECK(e.address == "unix:" + path);
    CHECK(Client(e.address).send(get_close).rest().ends_with("\r\n\r\nunix"));
    const auto forwarded =
        "GET /" + head +
        "Connection: close\r\nX-Forwarded-For: 1.1.1.1, 192.0.2.7\r\nX-Forwarded-For: 10.1.2.3\r\n\r\n";
    CHECK(Client(e.address).send(forwarded).rest().ends_with("\r\n\r\n192.0.2.7"));
    CHECK_THROWS_WITH_AS(HttpServer(quick(e.address), echo), doctest::Contains("cannot listen on unix:"),
                         Error);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an address that is taken or is none is named") {
  Echo e;
  try {
    HttpServer other(quick(e.address), echo);
    FAIL("bound twice");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::unavailable);
    CHECK(std::string(error.what()) == fmt::format("cannot listen on {}: Address already in use", e.address));
    CHECK(error.hint().find("http.listen") != std::string::npos);
  }
  for (const std::string bad : {"8080", "127.0.0.1", "127.0.0.1:99999", "[::1:80", "nowhere:80", "unix:"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(HttpServer(quick(bad), echo), Error);
  }
}

TEST_CASE("draining ends requests in flight, takes those on the way, and closes idle connections") {
  Held held;
  Echo e(quick(), [&](HttpRequest, HttpReply reply) { held.keep(std::move(reply)); });
  Client busy(e.address), idle(e.address);
  busy.send("GET /" + head + "\r\n");
  auto replies = held.wait_for(1);
  Client late(e.address);
  std::jthread drain([&] { e.server.drain(10s); });
  // Refused means that the drain has begun; until then each attempt is one more idle connection to close.
  for (int fd = connect_tcp(e.address); fd >= 0; fd = connect_tcp(e.address)) ::close(fd);
  late.send("GET /" + head + "\r\n");
  for (auto& reply : held.wait_for(1)) replies.push_back(std::move(reply));
  for (auto& reply : replies) reply.send({200, "", "done", {}});
  for (auto* client : {&busy, &late}) {
    const auto all = client->rest();
    CHECK(all.ends_with("done"));
    CHECK(all.find("Connection: close") != std::string::npos);
  }
  CHECK(idle.rest() == "");
  drain.join();
  CHECK(e.server.counts().open_connections == 0);
}

TEST_CASE("a reply may be held beyond the drain's deadline and the server's end") {
  Held held;
  std::vector<HttpReply> replies;
  {
    Echo e(quick(), [&](HttpRequest, HttpReply reply) { held.keep(std::move(reply)); });
    Client client(e.address);
    client.send("GET /" + head + "\r\n");
    replies = held.wait_for(1);
    e.server.drain(10ms);
    CHECK(client.rest() == "<reset>");
  }
  replies.front().send({});
}
