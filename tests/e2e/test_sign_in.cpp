// People at the API: how they come in, what ends it, and what no other page, user or guesser gets by it.
#include <doctest/doctest.h>

#include "core/access/totp.hpp"
#include "tests/support/people.hpp"

using namespace smscrm;
using namespace smscrm::test;

namespace {

// The other way of RFC 4648 base32.
std::string base32_decode(const std::string& text) {
  std::string bytes;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    bits = bits << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    if ((count += 5) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

}  // namespace

TEST_CASE("a person is invited, chooses a password, comes in by it and acts in their tenant") {
  People people;
  auto page = people.browser();
  CHECK(page("GET", "/me").status == 401);
  const auto invitation =
      people.token({"user", "create", "Ann@acme.example", "--name", "Ann", "--role", "owner", "-o", "json"});
  const auto asked = page("POST", "/auth/redeem", R"({"token":")" + invitation + "\"}").json();
  CHECK(asked["password_wanted"] == true);
  CHECK(asked["email"] == "ann@acme.example");
  CHECK(page.cookie.empty());
  const auto weak =
      page("POST", "/auth/redeem", R"({"token":")" + invitation + R"(","password":"ann@acme.example1"})");
  CHECK(weak.status == 422);
  const auto redeem = R"({"token":")" + invitation + R"(","password":")" + good + "\"}";
  const auto redeemed = page("POST", "/auth/redeem", redeem);
  REQUIRE(redeemed.status == 200);
  CHECK(redeemed.json()["signed_in"] == true);
  CHECK(people.browser()("POST", "/auth/redeem", redeem).status == 401);  // used once
  const auto cookie = redeemed.headers.at("set-cookie");
  CHECK(cookie.starts_with("__Host-smscrm="));
  for (const char* attribute : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"})
    CHECK(cookie.find(attribute) != std::string::npos);
  CHECK(cookie.find("Domain") == std::string::npos);

  auto own = people.sign_in("ANN@acme.example");
  const auto me = own("GET", "/me").json();
  CHECK(me["name"] == "Ann");
  CHECK(me["second_factor_advised"] == true);
  CHECK(me["tenants"][0]["tenant"] == "acme");
  CHECK(me["tenants"][0]["role"] == "owner");
  CHECK(own("GET", "/tenants").json()["data"].size() == 1);
  CHECK(own("PATCH", "/me", R"({"name":"Ann Lee"})").json()["name"] == "Ann Lee");

  CHECK(own("GET", "/tenants/acme/contacts").status == 200);
  CHECK(own("POST", "/tenants/acme/contacts", R"({"phone":"+14155550000"})").status == 201);
  CHECK(own("GET", "/tenants/other/contacts").status == 404);
  CHECK(own("POST", "/auth/logout").status == 204);
  CHECK(own.cookie.empty());
}

TEST_CASE("a role decides what a person may do, and another role ends their sessions") {
  People people;
  people.add("ann@acme.example");
  people.add("vic@acme.example", "viewer");
  auto vic = people.sign_in("vic@acme.example");
  CHECK(vic("GET", "/tenants/acme/contacts").status == 200);
  const auto denied = vic("POST", "/tenants/acme/contacts", R"({"phone":"+14155550000"})");
  CHECK(denied.status == 403);
  CHECK(denied.json()["hint"].get<std::string>().find("editor") != std::string::npos);
  people.world.must({"user", "update", "vic@acme.example", "--role", "editor"});
  CHECK(vic("GET", "/me").status == 401);
  auto again = people.sign_in("vic@acme.example");
  CHECK(again("POST", "/tenants/acme/contacts", R"({"phone":"+14155550000"})").status == 201);
  people.world.must({"user", "disable", "vic@acme.example"});
  CHECK(again("GET", "/tenants/acme/contacts").status == 401);
  CHECK(vic("POST", "/auth/login", credentials("vic@acme.example", good)).status == 401);
}

TEST_CASE("who it is that does not come in, nobody learns") {
  People people;
  people.add("ann@acme.example");
  auto page = people.browser();
  const auto wrong = page("POST", "/auth/login", credentials("ann@acme.example", better));
  const auto nobody = page("POST", "/auth/login", credentials("nobody@acme.example", better));
  CHECK(wrong.status == 401);
  CHECK(nobody.status == 401);
  const auto words = [](const ApiReply& reply) {
    auto body = reply.json();
    body.erase("request_id");
    return body;
  };
  CHECK(words(wrong) == words(nobody));
  CHECK(page.cookie.empty());
  people.world.must({"user", "create", "new@acme.example", "--role", "agent"});
  CHECK(words(page("POST", "/auth/login", credentials("new@acme.example", ""))) == words(wrong));
}

TEST_CASE("guessing is slowed by account and by address, and the right password waits too") {
  People people;
  people.add("ann@acme.example");
  auto page = people.browser();
  int refused = 0;
  for (int i = 0; i < 8; ++i)
    refused += page("POST", "/auth/login", credentials("ann@acme.example", better)).status == 429 ? 1 : 0;
  CHECK(refused >= 1);
  // Whoever waits has to be told so before the time is up; ten minutes of waiting are made sure of.
  people.world.db.run([](Tx& tx) {
    exec(tx, "UPDATE sign_in_failure SET failures = 100 WHERE subject LIKE 'user:%'");
    exec(tx, "DELETE FROM sign_in_failure WHERE subject LIKE 'address:%'");
  });
  const auto waits = page("POST", "/auth/login", credentials("ann@acme.example", good));
  CHECK(waits.status == 429);
  CHECK(std::stoi(waits.headers.at("retry-after")) > 60);
  // The hour ends it, whatever a stranger does; and who came in has none left.
  people.world.db.run([](Tx& tx) {
    exec(tx,
         "UPDATE sign_in_failure SET since = since - interval '61 minutes', last_at = last_at - interval '61 "
         "minutes'");
  });
  CHECK(page("POST", "/auth/login", credentials("ann@acme.example", good)).status == 200);
  CHECK(people.world.db.run([](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM sign_in_failure WHERE failures > 0").front()[0].as<int>();
  }) == 0);
  // Many from one address, each for another account.
  people.world.db.run([](Tx& tx) {
    exec(tx, "DELETE FROM sign_in_failure");
    exec(tx, "INSERT INTO sign_in_failure VALUES ('address:127.0.0.1', 100, now(), now())");
  });
  CHECK(page("POST", "/auth/login", credentials("ann@acme.example", good)).status == 429);
  CHECK(page("POST", "/auth/redeem", R"({"token":"x"})").status == 429);
}

TEST_CASE("the second factor is asked for, its code counts once, and a ticket lets in once") {
  People people;
  people.add("ann@acme.example");
  auto page = people.sign_in("ann@acme.example");
  auto other = people.sign_in("ann@acme.example");
  const auto begun = page("POST", "/me/totp").json();
  CHECK(begun["url"].get<std::string>().starts_with("otpauth://totp/smscrm:"));
  CHECK(begun["qr"].get<std::string>().starts_with("<svg"));
  const auto secret = base32_decode(begun["secret"]);
  REQUIRE(secret.size() == 20);
  CHECK(page("POST", "/me/totp/confirm", R"({"code":"000000x"})").status == 422);
  const auto now_code = totp_code(secret, now()),
             next_code = totp_code(secret, now() + std::chrono::seconds{30});
  const auto confirmed = page("POST", "/me/totp/confirm", R"({"code":")" + now_code + "\"}");
  REQUIRE_MESSAGE(confirmed.status == 200, confirmed.text);
  const auto codes = confirmed.json()["recovery_codes"];
  CHECK(codes.size() == 10);
  CHECK(other("GET", "/me").status == 401);
  CHECK(page("POST", "/me/totp").status == 409);  // which would have taken it away in passing

  const auto ticket = [&] {
    auto fresh = people.browser();
    const auto first = fresh("POST", "/auth/login", credentials("ann@acme.example", good)).json();
    CHECK(first["signed_in"] == false);
    CHECK(fresh.cookie.empty());
    return first["ticket"].get<std::string>();
  };
  const auto body = [](const std::string& one, const std::string& name, const std::string& code) {
    return R"({"ticket":")" + one + R"(",")" + name + R"(":")" + code + "\"}";
  };
  auto guest = people.browser();
  const auto one = ticket();
  CHECK(guest("POST", "/auth/second-factor", body(one, "code", "123456")).status == 401);
  CHECK(guest("POST", "/auth/second-factor", body(one, "code", now_code)).status == 401);  // it confirmed
  const auto in = guest("POST", "/auth/second-factor", body(one, "code", next_code));
  REQUIRE_MESSAGE(in.status == 200, in.text);
  CHECK(guest("GET", "/me").json()["second_factor"] == true);
  CHECK(guest("POST", "/auth/second-factor", body(one, "recovery_code", codes[0])).status == 401);
  people.forget_failures();
  const auto two = ticket();
  CHECK(guest("POST", "/auth/second-factor", body(two, "code", next_code)).status == 401);  // replayed
  CHECK(guest("POST", "/auth/second-factor", body(two, "recovery_code", codes[0])).status == 200);
  people.forget_failures();
  const auto three = ticket();
  CHECK(guest("POST", "/auth/second-factor", body(three, "recovery_code", codes[0])).status == 401);
  CHECK(guest("POST", "/auth/second-factor", R"({"ticket":")" + three + "\"}").status == 422);
  people.world.db.run([](Tx& tx) { exec(tx, "UPDATE sign_in_ticket SET expires_at = now()"); });
  CHECK(guest("POST", "/auth/second-factor", body(three, "recovery_code", codes[1])).status == 401);
  // A link is a first factor too.
  people.forget_failures();
  const auto link = people.token({"user", "link", "ann@acme.example", "-o", "json"});
  CHECK(guest("POST", "/auth/redeem", R"({"token":")" + link + "\"}").json()["signed_in"] == false);
  // Another password ends the tickets that the one before it gave.
  const auto four = ticket();
  people.world.must({"user", "passwd", "ann@acme.example", "--password-file", "-"}, better);
  CHECK(guest("POST", "/auth/second-factor", body(four, "recovery_code", codes[2])).status == 401);
}

TEST_CASE("wrong codes of the second factor are counted, whoever has the password") {
  People people;
  people.add("ann@acme.example");
  people.world.db.run([](Tx& tx) {
    exec(tx, "UPDATE app_user SET totp_confirmed_at = now()");
    exec(tx, "INSERT INTO recovery_code SELECT id, '\\x00' FROM app_user");
  });
  auto page = people.browser();
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    const auto first = page("POST", "/auth/login", credentials("ann@acme.example", good));
    if (first.status == 429) {
      ++refused;
      continue;
    }
    for (int j = 0; j < 3; ++j)
      page(
          "POST", "/auth/second-factor",
          R"({"recovery_code":"aaaaa-bbbbb","ticket":")" + first.json()["ticket"].get<std::string>() + "\"}");
  }
  CHECK(refused > 0);
}

TEST_CASE("a session ends at once on all daemons") {
  People people;
  people.add("ann@acme.example");
  const auto another = people.world.start_another();
  auto page = people.sign_in("ann@acme.example");
  const auto log = another->log();
  const auto address = log.find("address=") + 8;
  Browser there{"http://" + log.substr(address, log.find_first_of(" \n", address) - address)};
  there.cookie = page.cookie;
  CHECK(there("GET", "/me").status == 200);
  auto second = people.sign_in("ann@acme.example");
  const auto sessions = second("GET", "/auth/sessions").json()["data"];
  REQUIRE(sessions.size() == 3);
  int current = 0;
  for (const auto& session : sessions)
    if (session["current"] == true)
      ++current;
    else
      CHECK(second("DELETE", "/auth/sessions/" + session["session"].dump()).status == 204);
  CHECK(current == 1);
  CHECK(there("GET", "/me").status == 401);
  CHECK(page("GET", "/me").status == 401);
  there.cookie = second.cookie;
  CHECK(there("GET", "/me").status == 200);
  const auto before = second.cookie;
  CHECK(second("POST", "/me/password", R"({"password":")" + std::string{better} + R"(","new_password":"x"})")
            .status == 403);
  CHECK(second("POST", "/me/password",
               R"({"password":")" + std::string{good} + R"(","new_password":")" + better + "\"}")
            .status == 200);
  CHECK(second.cookie != before);
  CHECK(second("GET", "/me").status == 200);
  CHECK(there("GET", "/me").status == 401);  // still with the one before
  auto third = people.sign_in("ann@acme.example", better);
  CHECK(third("DELETE", "/auth/sessions").json()["ended"] == 1);
  CHECK(second("GET", "/me").status == 401);
  CHECK(third("POST", "/auth/logout").status == 204);
  // It has ended, not only been forgotten by the browser.
  people.age_sessions("seen_at = now()");
  CHECK(people.world.db.run([](Tx& tx) {
    return exec(tx,
                "SELECT count(*) FROM user_session s JOIN app_user u ON u.id = s.user_id AND u.epoch = "
                "s.epoch")
        .front()[0]
        .as<int>();
  }) == 0);
}

TEST_CASE("a session that nobody uses ends, and none lasts longer than its day") {
  People people;
  people.add("ann@acme.example");
  auto page = people.sign_in("ann@acme.example");
  people.age_sessions("seen_at = now() - interval '31 minutes'");
  CHECK(page("GET", "/me").status == 401);
  auto busy = people.sign_in("ann@acme.example");
  people.age_sessions("expires_at = now()");
  CHECK(busy("GET", "/tenants/acme/contacts").status == 401);
}

TEST_CASE("what is dangerous wants the password again after ten minutes") {
  People people;
  people.add("ann@acme.example");
  auto page = people.sign_in("ann@acme.example");
  people.age_sessions("fresh_at = now() - interval '11 minutes'");
  const auto stale = page("POST", "/me/totp");
  CHECK(stale.status == 403);
  CHECK(stale.code() == "stale");
  CHECK(page("POST", "/auth/fresh", R"({"password":"not it"})").code() == "wrong_password");
  CHECK(page("POST", "/auth/fresh", R"({"password":")" + std::string{good} + "\"}").status == 200);
  CHECK(page("POST", "/me/totp").status == 200);
  // A stolen cookie does not guess for ever.
  int refused = 0;
  for (int i = 0; i < 8; ++i)
    refused += page("POST", "/auth/fresh", R"({"password":"not it"})").status == 429 ? 1 : 0;
  CHECK(refused > 0);
}
