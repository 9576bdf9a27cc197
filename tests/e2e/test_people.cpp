// Who gives whom access over the API, and what nobody gets by it: another tenant, another's account, a key
// that may more than its maker.
#include <cctype>

#include <doctest/doctest.h>

#include "core/access/scope.hpp"
#include "tests/support/people.hpp"

using namespace smscrm;
using namespace smscrm::test;

namespace {

std::string id_of(const ApiReply& reply, const char* what) { return reply.json()[what].dump(); }

std::string upper(std::string word) {
  for (auto& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

}  // namespace

TEST_CASE("an owner invites, changes and removes people of the tenant") {
  People people;
  people.add("ann@acme.example");
  auto ann = people.sign_in("ann@acme.example");
  const auto made =
      ann("POST", "/tenants/acme/users", R"({"email":"Bob@acme.example","name":"Bob","role":"editor"})");
  REQUIRE_MESSAGE(made.status == 201, made.text);
  const auto bob = id_of(made, "user");
  CHECK(made.headers.at("location") == "/api/v1/tenants/acme/users/" + bob);
  CHECK_FALSE(made.json().contains("roles"));
  const auto link = made.json()["link"].get<std::string>();
  CHECK(link.starts_with(people.world.daemon_url() + "/sign-in#"));
  CHECK(ann("GET", "/tenants/acme/users/" + bob).json().contains("link") == false);
  CHECK(ann("GET", "/tenants/acme/users").json()["data"].size() == 2);
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"bob@acme.example","role":"agent"})").status == 409);
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"eve@acme.example","role":"king"})").status == 422);
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"eve@acme.example","role":"agent","operator":true})")
            .status == 422);

  auto page = people.browser();
  const auto redeem = [&](const std::string& url, const std::string& password) {
    return page("POST", "/auth/redeem",
                R"({"token":")" + url.substr(url.find('#') + 1) + R"(","password":")" + password + "\"}");
  };
  REQUIRE(redeem(link, good).status == 200);
  // An editor gives nobody access, nor sees who has it.
  CHECK(page("GET", "/tenants/acme/users").status == 403);
  CHECK(page("POST", "/tenants/acme/users", R"({"email":"eve@acme.example","role":"owner"})").status == 403);
  CHECK(page("PATCH", "/tenants/acme/users/" + bob, R"({"role":"owner"})").status == 403);
  CHECK(page("GET", "/tenants/acme/api-keys").status == 403);

  CHECK(ann("PATCH", "/tenants/acme/users/" + bob, R"({"role":"manager","name":"Bob B"})").json()["role"] ==
        "manager");
  CHECK(page("GET", "/me").status == 401);
  const auto again = ann("POST", "/tenants/acme/users/" + bob + "/link");
  REQUIRE(again.status == 201);
  CHECK(redeem(again.json()["link"], better).status == 200);
  CHECK(page("GET", "/me").json()["tenants"][0]["role"] == "manager");
  CHECK(ann("PATCH", "/tenants/acme/users/" + bob, R"({"disabled":true})").status == 200);
  CHECK(page("GET", "/me").status == 401);
  CHECK(ann("POST", "/tenants/acme/users/" + bob + "/link").status == 409);
  CHECK(ann("DELETE", "/tenants/acme/users/" + bob).status == 204);
  CHECK(ann("GET", "/tenants/acme/users/" + bob).status == 404);
  // Nobody leaves a tenant without an owner, nor does this after ten minutes without the password.
  const auto own = ann("GET", "/me").json()["user"].dump();
  CHECK(ann("DELETE", "/tenants/acme/users/" + own).status == 409);
  CHECK(ann("PATCH", "/tenants/acme/users/" + own, R"({"role":"viewer"})").status == 409);
  people.age_sessions("fresh_at = now() - interval '11 minutes'");
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"eve@acme.example","role":"agent"})").code() ==
        "stale");
  CHECK(ann("GET", "/tenants/acme/users").status == 200);
}

TEST_CASE("an owner of one tenant gets nothing of another by a user that they share") {
  People people;
  auto& world = people.world;
  world.must({"tenant", "create", "other", "--name", "O", "--timezone", "Europe/Berlin", "--country", "DE",
              "--quiet-hours", "off"});
  people.add("ann@acme.example");
  people.add("bob@acme.example", "viewer");
  world.must({"user", "update", "bob@acme.example", "--tenant", "other", "--role", "owner"});
  world.must({"user", "create", "olga@acme.example", "--tenant", "other", "--role", "owner"});
  auto ann = people.sign_in("ann@acme.example");
  const auto bob = ann("GET", "/tenants/acme/users").json()["data"][1];
  REQUIRE(bob["email"] == "bob@acme.example");
  const auto target = "/tenants/acme/users/" + bob["user"].dump();
  CHECK(ann("POST", target + "/link").status == 403);
  CHECK(ann("PATCH", target, R"({"email":"ann2@acme.example"})").status == 403);
  CHECK(ann("PATCH", target, R"({"disabled":true})").status == 403);
  CHECK(ann("PATCH", target, R"({"role":"agent","disabled":true})").status == 403);
  CHECK(ann("GET", target).json()["role"] == "viewer");
  CHECK(ann("PATCH", target, R"({"role":"agent"})").status == 200);
  // Who is not in the tenant is not there, and no word tells who is.
  const auto olga = world.must({"user", "show", "olga@acme.example", "-o", "json"}).json()["user"].dump();
  const auto foreign = "/tenants/acme/users/" + olga;
  for (const auto& [method, path] :
       {std::pair{"GET", foreign}, {"PATCH", foreign}, {"DELETE", foreign}, {"POST", foreign + "/link"}})
    CHECK(ann(method, path).status == 404);
  CHECK(ann("GET", "/tenants/acme/users/olga@acme.exampl").text.find("olga@acme.example\\\"?") ==
        std::string::npos);
  CHECK(ann("GET", "/tenants/other/users").status == 404);
  // Whoever signs in already may be somebody else than the address says: only the operator, who knows both,
  // lets them into another tenant. They keep their password and sessions; a link that somebody holds ends.
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"olga@acme.example","role":"agent"})").status == 409);
  auto there = people.sign_in("bob@acme.example");
  people.add("cid@acme.example", "viewer");
  world.must({"user", "update", "cid@acme.example", "--role", "none"});
  auto cid = people.sign_in("cid@acme.example");
  CHECK(ann("POST", "/tenants/acme/users", R"({"email":"cid@acme.example","role":"agent"})").status == 409);
  world.must({"user", "link", "cid@acme.example"});
  world.must({"user", "update", "cid@acme.example", "--role", "agent"});
  CHECK(world.db.run([](Tx& tx) {
    return exec(tx,
                "SELECT FROM one_time_link l JOIN app_user u ON u.id = user_id"
                " WHERE email = 'cid@acme.example' AND used_at IS NULL")
        .empty();
  }));
  CHECK(cid("GET", "/tenants/acme/contacts").status == 200);
  // An operator is nobody's to change but an operator's.
  world.must({"user", "update", "cid@acme.example", "--operator", "on"});
  CHECK(ann("POST", "/tenants/acme/users/" +
                        world.must({"user", "show", "cid@acme.example", "-o", "json"}).json()["user"].dump() +
                        "/link")
            .status == 403);
}

TEST_CASE("API keys are made, rotated and ended by people, within what they may") {
  People people;
  people.add("ann@acme.example");
  auto ann = people.sign_in("ann@acme.example");
  const std::string keys = "/tenants/acme/api-keys";
  const auto made = ann("POST", keys, R"({"name":"shop","scopes":["lists:read"]})");
  REQUIRE_MESSAGE(made.status == 201, made.text);
  const ApiClient shop{people.world.daemon_url(), made.json()["secret"]};
  CHECK(shop("GET", "/lists").status == 200);
  CHECK(shop("GET", "/contacts").status == 403);
  CHECK(made.json()["created_by"] == "ann@acme.example");
  const auto id = id_of(made, "key");
  CHECK(ann("GET", keys + "/" + id).text.find("smscrm_") == std::string::npos);
  CHECK(ann("POST", keys, R"({"name":"shop","scopes":["lists:read"]})").status == 409);
  CHECK(ann("POST", keys, R"({"name":"more","scopes":["users:write"]})").status == 422);
  CHECK(ann("POST", keys, R"({"name":"more","scopes":["tenants"]})").status == 422);
  CHECK(ann("POST", keys, R"({"name":"more","scopes":[]})").status == 422);
  CHECK(ann("POST", keys, R"({"name":"more","scopes":["lists:read"],"networks":["x"]})").status == 422);
  CHECK(ann("POST", keys, R"({"name":"more","scopes":["lists:read"],"expires_at":"2020-01-01T00:00:00Z"})")
            .status == 422);
  CHECK(ann("POST", keys, R"({"name":"ever","scopes":["lists:read"],"expires_at":null})")
            .json()["expires_at"]
            .is_null());
  const auto rotated = ann("POST", keys + "/" + id + "/rotate", R"({"overlap_hours":1})");
  REQUIRE(rotated.status == 201);
  const ApiClient next{people.world.daemon_url(), rotated.json()["secret"]};
  CHECK(shop("GET", "/lists").status == 200);  // for an hour
  CHECK(next("GET", "/lists").status == 200);
  CHECK(ann("DELETE", keys + "/" + id_of(rotated, "key")).status == 204);
  CHECK(next("GET", "/lists").status == 401);
  // A key makes no key, whatever it may.
  const ApiClient reader{
      people.world.daemon_url(),
      ann("POST", keys, R"({"name":"r","scopes":["keys:read","users:read"]})").json()["secret"]};
  CHECK(reader("GET", "/api-keys").status == 200);
  CHECK(reader("POST", "/api-keys", R"({"name":"x","scopes":["lists:read"]})").status == 403);
  CHECK(reader("POST", "/users", R"({"email":"x@acme.example","role":"owner"})").status == 403);
  CHECK(reader.raw("GET", "/api/v1/me").status == 401);
  // With its maker's role it ends.
  people.add("bob@acme.example");
  people.world.must({"user", "update", "ann@acme.example", "--role", "none"});
  CHECK(reader("GET", "/api-keys").status == 401);
  CHECK(ann("GET", keys).status == 401);
}

TEST_CASE(
    "an owner hands out what is held about a person, and erases it, soon after the password was given") {
  People people;
  people.add("ann@acme.example");
  auto ann = people.sign_in("ann@acme.example");
  people.world.must({"contact", "add", "+14155550001", "--first-name", "Cid", "--consent-source", "form"});
  const auto told = ann("POST", "/tenants/acme/privacy/export", R"({"phone":"415 555 0001"})");
  REQUIRE_MESSAGE(told.status == 200, told.text);
  CHECK(told.json()["contact"]["first_name"] == "Cid");
  CHECK(told.json()["consent_history"][0]["source"] == "form");
  CHECK(ann("POST", "/tenants/acme/privacy/export", R"({"phone":"4155550002"})").status == 404);

  const std::string whom = R"({"phone":"+14155550001","reason":"letter of 3 May"})";
  people.age_sessions("fresh_at = now() - interval '11 minutes'");
  CHECK(ann("POST", "/tenants/acme/privacy/erase", whom).code() == "stale");
  CHECK(people.world.must({"contact", "show", "+14155550001"}).status == 0);
  people.age_sessions("fresh_at = now()");
  const auto erased = ann("POST", "/tenants/acme/privacy/erase", whom);
  REQUIRE_MESSAGE(erased.status == 201, erased.text);
  CHECK(erased.json()["rows"]["contact"] == 1);
  const auto location = erased.headers.at("location");
  CHECK(ann("GET", location.substr(std::string_view{"/api/v1"}.size())).json()["reason"] ==
        "letter of 3 May");
  CHECK(ann("GET", "/tenants/acme/privacy/erasures").json()["data"].size() == 1);
  const auto back = ann("POST", "/tenants/acme/contacts", R"({"phone":"+14155550001"})");
  CHECK(back.status == 422);
  CHECK(back.text.find("erased") != std::string::npos);
  CHECK(ann("POST", "/tenants/acme/contacts", R"({"phone":"+14155550003"})").status == 201);
}

TEST_CASE("every route asks for its right: of each role, and of whoever is in another tenant") {
  People people;
  people.world.must({"tenant", "create", "other", "--name", "O", "--timezone", "Europe/Berlin", "--country",
                     "DE", "--quiet-hours", "off"});
  people.world.must({"user", "create", "olga@other.example", "--tenant", "other", "--role", "owner"});
  const auto link = people.token({"user", "link", "olga@other.example", "-o", "json"});
  auto olga = people.browser();
  REQUIRE(olga("POST", "/auth/redeem", R"({"token":")" + link + "\"}").status == 200);
  people.add("ann@acme.example");
  const auto contract = people.browser()("GET", "/openapi.json").json();
  for (const auto role : {Role::viewer, Role::agent, Role::editor, Role::manager}) {
    const auto email = std::string{to_string(role)} + "@acme.example";
    people.add(email, std::string{to_string(role)});
    auto page = people.sign_in(email);
    for (const auto& [path, methods] : contract["paths"].items()) {
      if (!path.starts_with("/api/v1/tenants/{tenant}")) continue;
      auto target = path.substr(std::string_view{"/api/v1"}.size());
      for (auto begin = target.find('{'); begin != std::string::npos; begin = target.find('{'))
        target.replace(begin, target.find('}', begin) - begin + 1,
                       target.find("{tenant}") == begin ? "acme" : "999999");
      for (const auto& [method, operation] : methods.items()) {
        const auto& scope = get_scope(operation["x-scope"].get<std::string>());
        const bool may = scope.least && role >= *scope.least;
        if (may && target.ends_with("/events")) continue;  // which would not end
        const std::string body = operation.contains("requestBody") ? R"({"surely_unknown":1})" : "";
        const auto reply = page(upper(method), target, body, {"If-Match: \"x\"", "Idempotency-Key: k"});
        CAPTURE(email);
        CAPTURE(method);
        CAPTURE(target);
        CHECK((reply.status == 403) == !may);
        CHECK(reply.status != 401);
        if (role == Role::viewer) {
          CHECK(olga(upper(method), target, body, {"If-Match: \"x\""}).status == 404);
        }
      }
    }
  }
}
