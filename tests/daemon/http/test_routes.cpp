#include "daemon/http/routes.hpp"
#include "tests/daemon/http/peer.hpp"

using namespace smscrm;

namespace {

HttpRoute route(std::string name, std::string methods, std::string pattern, std::size_t max_body_bytes = 16) {
  return {
      name, std::move(methods), std::move(pattern), max_body_bytes,
      [name](HttpRequest request, HttpReply reply) {
        reply.send({200, "", fmt::format("{}({}){}", name, fmt::join(request.parts, "|"), request.body), {}});
      }};
}

HttpRoutes table() {
  std::vector<HttpRoute> routes;
  routes.push_back(route("list", "GET, HEAD", "/things"));
  routes.push_back(route("add", "POST", "/things", 32));
  routes.push_back(route("new", "GET", "/things/new"));
  routes.push_back(route("one", "GET", "/things/{id}"));
  routes.push_back(route("part", "GET", "/things/{id}/parts/{part}"));
  routes.push_back(route("rest", "GET", "/r/*", 0));
  routes.push_back({"broken", "GET", "/broken", 0, [](const HttpRequest&, HttpReply reply) {
                      reply.send({503, "", "", {}});
                    }});
  return HttpRoutes{std::move(routes)};
}

std::string post(std::string_view path, std::string_view body) {
  return fmt::format("POST {}{}Content-Length: {}\r\n\r\n{}", path, head, body.size(), body);
}

}  // namespace

TEST_CASE("a request goes to the first route of its path and method, with what the pattern leaves open") {
  const auto routes = table();
  struct Case {
    const char *method, *path, *name;
    std::vector<std::string> parts;
  };
  const Case cases[] = {
      {"GET", "/things", "list", {}},
      {"HEAD", "/things", "list", {}},
      {"POST", "/things", "add", {}},
      {"GET", "/things/new", "new", {}},
      {"GET", "/things/newer", "one", {"newer"}},
      {"GET", "/things/a%2Fb", "one", {"a%2Fb"}},
      {"GET", "/things/7/parts/8", "part", {"7", "8"}},
      {"GET", "/r/", "rest", {""}},
      {"GET", "/r/a/b", "rest", {"a/b"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.path);
    const auto found = routes.find(c.method, c.path);
    REQUIRE(found.entry != nullptr);
    CHECK(found.entry->route.name == c.name);
    CHECK(found.parts == c.parts);
  }
}

TEST_CASE("what no route is for is 404, and another method of a known path 405 with those that it has") {
  const auto routes = table();
  for (const char* path : {"/", "*", "/thing", "/things/", "/thingss", "/things//parts/8", "/things/7/parts/",
                           "/things/7/parts/8/9", "/r", "/things/7/"}) {
    CAPTURE(path);
    const auto found = routes.find("GET", path);
    CHECK(found.entry == nullptr);
    CHECK(found.refusal.status == 404);
  }
  const auto found = routes.find("DELETE", "/things");
  CHECK(found.entry == nullptr);
  CHECK(found.refusal.status == 405);
  CHECK(found.refusal.headers == HttpHeaders{{"Allow", "GET, HEAD, POST"}});
}

TEST_CASE("a body is held against its route's limit before it is read") {
  auto options = quick();
  HttpServer server{options, table()};
  server.start();
  const auto address = server.addresses().front();
  const auto say = [&](std::string_view bytes) { return Client{address}.send(bytes).until("\r\n\r\n"); };

  CHECK(Client{address}.send(post("/things", std::string(32, 'a')) + get_close).rest().find("add()aaaa") !=
        std::string::npos);
  // Only announced: who waits for the body would not answer.
  CHECK(say("POST /things" + head + "Content-Length: 33\r\n\r\n").starts_with("HTTP/1.1 413"));
  CHECK(say("GET /r/x" + head + "Content-Length: 1\r\n\r\n").starts_with("HTTP/1.1 413"));
  CHECK(say("POST /nowhere" + head + "Content-Length: 5\r\n\r\n").starts_with("HTTP/1.1 404"));
  const auto refused = say("POST /r/x" + head + "Content-Length: 2000\r\n\r\n");
  CHECK(refused.starts_with("HTTP/1.1 405"));
  CHECK(refused.find("Allow: GET\r\n") != std::string::npos);
  // Chunks announce nothing.
  const auto chunked = "POST /things" + head + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(say(chunked + "20\r\n" + std::string(32, 'a') + "\r\n0\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(say(chunked + "21\r\n" + std::string(33, 'a') + "\r\n").starts_with("HTTP/1.1 413"));
  CHECK(say(chunked + "1f\r\n" + std::string(31, 'a') + "\r\n2\r\naa\r\n").starts_with("HTTP/1.1 413"));
  // A refusal without a body leaves the connection as it is.
  const auto both =
      Client{address}
          .send("GET /nowhere" + head + "\r\nGET /things/9" + head + "Connection: close\r\n\r\n")
          .rest();
  CHECK(both.find("404") != std::string::npos);
  CHECK(both.find("one(9)") != std::string::npos);
}

TEST_CASE("the time of answers is known by route, and how many failed") {
  HttpServer server{quick(), table()};
  server.start();
  Client{server.addresses().front()}.send("GET /things/9" + head + "Connection: close\r\n\r\n").rest();
  Client{server.addresses().front()}.send("GET /nowhere" + head + "Connection: close\r\n\r\n").rest();
  Client{server.addresses().front()}.send("GET /broken" + head + "Connection: close\r\n\r\n").rest();
  const auto text = format_metrics(server.metrics());
  CHECK(text.find("smscrm_http_answer_seconds_count{route=\"one\"} 1\n") != std::string::npos);
  CHECK(text.find("smscrm_http_answer_seconds_count{route=\"list\"} 0\n") != std::string::npos);
  CHECK(text.find("smscrm_http_failures_total{route=\"one\"} 0\n") != std::string::npos);
  CHECK(text.find("smscrm_http_failures_total{route=\"broken\"} 1\n") != std::string::npos);
}
