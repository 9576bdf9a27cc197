// What no other page, network or client gets by the cookie of a person: forged requests, planted sessions,
// sign-in that could be overheard, bodies that cannot be read.
#include <doctest/doctest.h>

#include "tests/support/people.hpp"

using namespace smscrm;
using namespace smscrm::test;

TEST_CASE("no client chooses its session") {
  People people;
  people.add("ann@acme.example");
  auto page = people.browser();
  page.cookie = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const auto planted = page.cookie;
  REQUIRE(page("POST", "/auth/login", credentials("ann@acme.example", good)).status == 200);
  CHECK(page.cookie != planted);
  // Nor does whoever had one keep it: a new sign-in ends the old session.
  const auto first = page.cookie;
  REQUIRE(page("POST", "/auth/login", credentials("ann@acme.example", good)).status == 200);
  CHECK(page.cookie != first);
  page.cookie = first;
  CHECK(page("GET", "/me").status == 401);
  page.cookie = planted;
  CHECK(page("GET", "/me").status == 401);
  CHECK(page("GET", "/me", "", {"Cookie: __Host-smscrm=a; __Host-smscrm=b"}).status == 400);
  CHECK(page("GET", "/me", "", {"Cookie: smscrm=" + first}).status == 401);
}

TEST_CASE("another page gets nothing by the cookie that the browser sends for it") {
  People people;
  people.add("ann@acme.example");
  auto page = people.sign_in("ann@acme.example");
  const std::string target = "/tenants/acme/lists", body = R"({"list":"spring"})";
  const auto refused = [&](const std::vector<std::string>& headers) {
    const auto reply = page("POST", target, body, headers);
    return reply.status == 403 || reply.status == 415;
  };
  CHECK(refused({"Origin: https://evil.example"}));
  CHECK(refused({"Origin: null"}));
  CHECK(refused({"Origin:"}));  // not sent at all
  CHECK(refused({"Origin: http://127.0.0.1:1"}));
  CHECK(refused({"Origin: http://127.0.0.1.evil.example"}));
  CHECK(refused({"Sec-Fetch-Site: cross-site"}));
  CHECK(refused({"Sec-Fetch-Site: same-site"}));
  CHECK(refused({"X-CSRF-Token:"}));
  CHECK(refused({"X-CSRF-Token: " + std::string(64, '0')}));
  CHECK(refused({"Content-Type: text/plain"}));
  CHECK(refused({"Content-Type: application/x-www-form-urlencoded"}));
  // The form that a page can send without asking: a plain POST, with nothing but the cookie.
  CHECK(page("POST", target, "{\"list\":\"spring\",\"x=\":\"\"}",
             {"Content-Type: text/plain", "X-CSRF-Token:", "Origin: https://evil.example"})
            .status == 403);
  CHECK(page("GET", "/tenants/acme/lists", "", {"Sec-Fetch-Site: cross-site"}).status == 403);
  // The name of a host that leads to this machine is not that of this machine.
  CHECK(page("POST", target, body, {"Host: evil.example", "Origin: http://evil.example"}).status == 403);
  CHECK(page("GET", target).json()["data"].empty());
  // The token of one session is of no use with another.
  auto other = people.sign_in("ann@acme.example");
  CHECK(refused({"X-CSRF-Token: " + other.csrf}));
  // Nor is a person signed in as somebody else without knowing it.
  auto victim = people.browser();
  victim.origin = "https://evil.example";
  CHECK(victim("POST", "/auth/login", credentials("ann@acme.example", good)).status == 403);
  CHECK(victim("POST", "/auth/redeem", R"({"token":"x"})").status == 403);
  CHECK(victim.cookie.empty());
  CHECK(page("POST", target, body).status == 201);
  CHECK(page("POST", target, R"({"list":"other"})", {"Sec-Fetch-Site: same-origin"}).status == 201);
}

TEST_CASE("people sign in over https or on the machine itself, and are told so") {
  World world;
  world.set_up();
  world.variables["SMSCRM_HTTP_PUBLIC_URL"] = "http://sms.example.com";
  world.start_daemon();
  Browser page{world.daemon_url()};
  const auto login = credentials("ann@acme.example", good);
  const auto plain = page("POST", "/auth/login", login, {"Origin: http://sms.example.com"});
  CHECK(plain.status == 403);
  CHECK(plain.code() == "insecure");
  CHECK(plain.json()["hint"].get<std::string>().find("http.public_url") != std::string::npos);
  const auto lan =
      page("POST", "/auth/login", login, {"Host: 192.0.2.1:8080", "Origin: http://192.0.2.1:8080"});
  CHECK(lan.code() == "insecure");
  CHECK(
      page("POST", "/auth/login", login, {"Host: localhost:8080", "Origin: http://localhost:8080"}).status ==
      401);
  CHECK(page("POST", "/auth/login", login, {"Host: [::1]:8080", "Origin: http://[::1]:8080"}).status == 401);
}

TEST_CASE("behind TLS the public address is the page's") {
  World world;
  world.set_up();
  world.variables["SMSCRM_HTTP_PUBLIC_URL"] = "https://SMS.example.com:443";
  world.start_daemon();
  Browser page{world.daemon_url()};
  const auto login = credentials("ann@acme.example", good);
  CHECK(page("POST", "/auth/login", login, {"Origin: https://sms.example.com"}).status == 401);
  CHECK(page("POST", "/auth/login", login, {"Origin: https://sms.example.com.evil.example"}).status == 403);
  CHECK(page("POST", "/auth/login", login, {"Origin: https://sms.example.com:8443"}).status == 403);
  CHECK(page("POST", "/auth/login", login, {"Origin: http://sms.example.com"}).status == 403);
}

TEST_CASE("what cannot be read is refused before anything is done for it") {
  People people;
  auto page = people.browser();
  CHECK(page("POST", "/auth/login", R"({"email":"a@b.c","email":"d@e.f","password":"x"})").status == 400);
  CHECK(page("POST", "/auth/login", std::string(5'000, '[')).status == 400);
  CHECK(page("POST", "/auth/login", std::string(20'000, ' ')).status == 413);
  CHECK(
      page("POST", "/auth/login", R"({"email":"a@b.c","password":7,"admin":true})").json()["errors"].size() ==
      2);
  CHECK(page("POST", "/auth/login", R"({"email":"a@b.c","password":"\u0000"})").status == 422);
  CHECK(page("POST", "/auth/login", "email=a&password=b", {"Content-Type: application/x-www-form-urlencoded"})
            .status == 415);
  CHECK(page("GET", "/auth/login").status == 405);
  CHECK(page("POST", "/auth/login?email=a", credentials("a@b.c", "x")).status == 400);
}
