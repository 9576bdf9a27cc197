// The API as a program meets it: the whole job, what is refused, and that nothing is done twice.
#include <cctype>
#include <cstdlib>
#include <future>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/support/api_world.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using test::Api;
using test::ApiClient;
using test::ApiReply;
using test::make_key;

namespace {

std::string upper(std::string word) {
  for (auto& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

std::string key(const std::string& name) { return "Idempotency-Key: " + name; }

}  // namespace

TEST_CASE("a program does the whole job over the API") {
  Api api;
  auto& call = api.call;
  CHECK(call("GET", "").json()["slug"] == "acme");
  CHECK(call("GET", "/senders").json()["data"][0]["address"] == api.world.sender);
  CHECK(call("POST", "/lists", R"({"list":"spring","name":"Spring"})").status == 201);
  for (int i = 0; i < 5; ++i) {
    const auto made = call("POST", "/contacts",
                           R"({"phone":")" + contact_number(i) +
                               R"(","first_name":"Zoé","lists":["spring"],"consent_source":"web form"})");
    REQUIRE(made.status == 201);
    const auto location = made.headers.at("location");
    CHECK(call.raw("GET", location).json()["phone"] == contact_number(i));
  }
  CHECK(call("POST", "/consent",
             R"({"phone":")" + contact_number(4) + R"(","action":"opt_out","source":"call"})", {key("c1")})
            .status == 201);
  CHECK(call("POST", "/templates",
             R"({"template":"spring","body":"Hi {{first_name}}: {{link:https://acme.example/}}"})")
            .status == 201);
  const auto preview =
      call("POST", "/templates/preview", R"({"body":"Hi {{city}} ✓","values":{"city":"Rome"}})").json();
  CHECK(preview["text"] == "Hi Rome ✓");
  CHECK(preview["encoding"] == "ucs2");
  CHECK(call("POST", "/campaigns", R"({"campaign":"spring","template":"spring","audience":"list:spring"})")
            .status == 201);
  const auto plan = call("POST", "/campaigns/spring/preflight").json();
  CHECK(plan["recipients"] == 4);
  CHECK(plan["skipped"]["opted_out"] == 1);

  const auto launch = R"({"plan_hash":")" + plan["plan_hash"].get<std::string>() + R"("})";
  CHECK(call("POST", "/campaigns/spring/launch", launch).status == 428);
  const auto launched = call("POST", "/campaigns/spring/launch", launch, {key("k1")});
  REQUIRE(launched.status == 202);
  const auto again = call("POST", "/campaigns/spring/launch", launch, {key("k1")});
  CHECK(again.status == 202);
  CHECK(again.headers.at("idempotency-replayed") == "true");
  CHECK(again.text == launched.text);
  CHECK(call("POST", "/campaigns/spring/launch", launch, {key("k2")}).status == 409);
  REQUIRE(
      await([&] { return call("GET", "/campaigns/spring/status").json()["outcomes"]["delivered"] == 4; }));
  CHECK(api.world.accepted().size() == 4);
  REQUIRE(await([&] { return call("GET", "/campaigns/spring").json()["status"] == "finished"; }));
  CHECK(call("GET", "/campaigns/spring/verify").json()["holds"] == true);
  CHECK(call("GET", "/reports/campaigns/spring").json()["audience"] == 5);
  const auto explained =
      call("POST", "/campaigns/spring/explain", R"({"to":")" + contact_number(4) + R"("})").json();
  CHECK(explained["verdict"].get<std::string>().find("opted_out") != std::string::npos);

  CHECK(api.world.inbound(contact_number(0), "when?") == 200);
  REQUIRE(await([&] { return call("GET", "/inbox?unread=true").json()["data"].size() == 1; }));
  const auto inbound = call("GET", "/inbox").json()["data"][0]["id"].dump();
  CHECK(call("POST", "/inbox/" + inbound + "/reply", R"({"body":"Now"})", {key("r1")}).status == 202);
  CHECK(call("POST", "/inbox/" + inbound + "/reply", R"({"body":"Now"})", {key("r1")}).status == 202);
  REQUIRE(await([&] { return api.world.accepted(contact_number(0)).size() == 2; }));
}

TEST_CASE("the examples of the manual run, and run again without doing anything twice") {
  Api api;
  const auto docs = std::string{std::getenv("SMSCRM_TEST_SOURCE")} + "/docs/examples/";
  const std::map<std::string, std::string> environment{
      {"SMSCRM", api.world.daemon_url() + "/api/v1/tenants/acme"}, {"SMSCRM_KEY", api.key}};
  int first = 0;
  for (const std::vector<std::string>& program :
       {std::vector<std::string>{"sh", docs + "campaign.sh", "shell"},
        {"python3", docs + "campaign.py", "python"},
        {"node", docs + "campaign.mjs", "node"}}) {
    CAPTURE(program[1]);
    auto words = program;
    const auto one = contact_number(first++), other = contact_number(first++);
    words.insert(words.end(), {one, other});
    for (int run = 0; run < 2; ++run) {
      const auto result = run_command(words, "", environment);
      CHECK_MESSAGE(result.status == 0, result.out, result.err);
      CHECK(result.json()["audience"] == 2);
    }
    CHECK(api.world.accepted(one).size() == 1);
    CHECK(api.world.accepted(other).size() == 1);
  }
}

TEST_CASE("lists come in pages whose cursors hold") {
  Api api;
  for (int i = 0; i < 7; ++i)
    REQUIRE(api.call("POST", "/contacts", R"({"phone":")" + contact_number(i) + R"("})").status == 201);
  std::vector<std::string> seen;
  std::string target = "/contacts?limit=3";
  for (int page = 0; page < 3; ++page) {
    const auto answer = api.call("GET", target).json();
    for (const auto& row : answer["data"]) seen.push_back(row["phone"]);
    CHECK(answer["next_cursor"].is_null() == (page == 2));
    if (page < 2) target = "/contacts?limit=3&cursor=" + answer["next_cursor"].get<std::string>();
  }
  CHECK(seen.size() == 7);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 7);
  CHECK(api.call("GET", "/contacts?cursor=AAAA").status == 400);
  CHECK(api.call("GET", "/dnc?cursor=MTr_").status == 400);
  // A cursor holds although its row is gone.
  for (const char* slug : {"a", "b", "c", "d"})
    REQUIRE(api.call("POST", "/lists", fmt::format(R"({{"list":"{}"}})", slug)).status == 201);
  const auto lists = api.call("GET", "/lists?limit=2").json();
  REQUIRE(api.call("DELETE", "/lists/b").status == 204);
  const auto rest =
      api.call("GET", "/lists?cursor=" + lists["next_cursor"].get<std::string>()).json()["data"];
  REQUIRE(rest.size() == 2);
  CHECK(rest[0]["slug"] == "c");
  const auto found =
      api.call("POST", "/contacts/search", R"({"search":")" + contact_number(3).substr(2) + R"("})").json();
  CHECK(found["data"].size() == 1);
  CHECK(api.call("POST", "/contacts/search", R"({"search":"","tag":"vip"})").json()["data"].empty());
}

TEST_CASE("who has no key, another's, or one without the right, gets nothing") {
  Api api;
  auto& world = api.world;
  world.must({"tenant", "create", "other", "--name", "O", "--timezone", "Europe/Berlin", "--country", "DE",
              "--quiet-hours", "off"});
  const ApiClient none{world.daemon_url(), ""},
      reader{world.daemon_url(), make_key(world, {"contacts:read"}, "reader")};
  CHECK(none("GET", "/contacts").status == 401);
  CHECK(none("GET", "/contacts").headers.at("www-authenticate").starts_with("Bearer"));
  CHECK(ApiClient{world.daemon_url(), "smscrm_1_nonsense"}("GET", "/contacts").status == 401);
  CHECK(reader("GET", "/contacts").status == 200);
  const auto denied = reader("POST", "/contacts", R"({"phone":"+14155550000"})");
  CHECK(denied.status == 403);
  CHECK(denied.code() == "denied");
  CHECK(denied.headers.at("content-type") == "application/problem+json");
  // Another tenant is not there: on every route, as if it had never been made.
  ApiClient foreign{reader};
  foreign.tenant = "other";
  CHECK(foreign("GET", "/contacts").status == 404);
  foreign.tenant = "nobody";
  CHECK(foreign("GET", "/contacts").status == 404);
  world.must({"apikey", "revoke", "reader", "-y"});
  CHECK(reader("GET", "/contacts").status == 401);
}

TEST_CASE("what cannot be read or does not do is told, all of it at once, and changes nothing") {
  Api api;
  auto& call = api.call;
  const auto wrong = call("POST", "/contacts", R"({"phone":17,"first_nam":"A","tags":"x"})");
  CHECK(wrong.status == 422);
  CHECK(wrong.json()["errors"].size() == 3);
  CHECK(wrong.text.find("did you mean \\\"first_name\\\"?") != std::string::npos);
  CHECK(call("POST", "/contacts", R"({})").json()["errors"][0]["pointer"] == "/phone");
  CHECK(call("POST", "/contacts", "[1]").status == 400);
  CHECK(call("POST", "/contacts", R"({"phone":"1","phone":"2"})").status == 400);
  CHECK(call("POST", "/contacts", std::string(40, '[')).status == 400);
  CHECK(call("POST", "/contacts", R"({"phone":)").status == 400);
  CHECK(call("POST", "/contacts", R"({"phone":"+14155550000"})", {"Content-Type: text/plain"}).status == 415);
  CHECK(call("POST", "/contacts", R"({"phone":"no number"})").status == 422);
  CHECK(call("GET", "/contacts?limit=0").status == 400);
  CHECK(call("GET", "/contacts?limit=1&limit=2").status == 400);
  CHECK(call("GET", "/contacts?what=1").status == 400);
  CHECK(call("GET", "/contacts/%ff").status == 400);
  CHECK(call("GET", "/contacts?list=%FF").status == 400);
  CHECK(call("GET", "/contacts/5&6").status == 404);
  CHECK(call("POST", "/lists", R"({"list":"x"})", {"Idempotency-Key: \xFC"}).status == 400);
  CHECK(call("POST", "/campaigns/none/pause", "{}").status == 404);
  CHECK(call("GET", "/contacts/x").status == 404);
  CHECK(call("GET", "/contacts/99999").status == 404);
  CHECK(call("GET", "/nothing").status == 404);
  CHECK(call("GET", "/nothing").code() == "not_found");
  const auto method = call("DELETE", "/contacts");
  CHECK(method.status == 405);
  CHECK(method.headers.at("allow").find("POST") != std::string::npos);
  CHECK(call("POST", "/contacts", R"({"phone":"+1415555)" + std::string(300'000, '0') + "\"}").status == 413);
  CHECK(call("GET", "/contacts").json()["data"].empty());
  CHECK_FALSE(call("GET", "/contacts/x").json()["request_id"].get<std::string>().empty());
}

TEST_CASE("a right is lent by its own scope alone, and a no is undone by nothing that is said in passing") {
  Api api;
  const ApiClient writer{api.world.daemon_url(),
                         make_key(api.world, {"contacts:read", "contacts:write"}, "writer")};
  CHECK(writer("POST", "/contacts", R"({"phone":"+14155550000","consent_source":"crm"})").status == 403);
  CHECK(writer("POST", "/contacts", R"({"phone":"+14155550000","lists":["spring"]})").status == 403);
  const auto made = writer("POST", "/contacts", R"({"phone":"+14155550000"})");
  REQUIRE(made.status == 201);
  CHECK_FALSE(made.json().contains("last_inbound"));
  const auto id = made.json()["id"].dump();
  CHECK(writer("GET", "/contacts/" + id + "/conversation").status == 403);
  auto& call = api.call;
  CHECK(call("GET", "/contacts/" + id).json().contains("last_inbound"));
  const std::string yes =
      R"({"phone":"+14155550000","action":"opt_in","source":"form","occurred_at":"2026-01-01T00:00:00Z"})";
  CHECK(call("POST", "/consent", yes).status == 428);
  CHECK(call("POST", "/consent", R"({"phone":"+14155550000","action":"opt_in","source":"form"})", {key("y0")})
            .status == 422);
  CHECK(call("POST", "/consent", yes, {key("y1")}).json()["consent"] == "opted_in");
  CHECK(api.world.inbound("+14155550000", "STOP") == 200);
  const auto state = [&] {
    return call("POST", "/consent/check", R"({"phone":"+14155550000"})").json()["consent"];
  };
  REQUIRE(await([&] { return state() == "opted_out"; }));
  CHECK(call("POST", "/consent", yes, {key("y1")}).headers.at("idempotency-replayed") == "true");
  CHECK(call("POST", "/consent", yes, {key("y2")}).status == 201);
  CHECK(state() == "opted_out");
  CHECK(call("DELETE", "/contacts/" + id).status == 204);
  CHECK(call("POST", "/contacts", R"({"phone":"+14155550000","consent_source":"crm"})").status == 422);
  CHECK(state() == "opted_out");
}

TEST_CASE("a text sent under a key is sent once, also when the program's API key was rotated meanwhile") {
  Api api;
  const std::string text = R"({"to":"+14155550000","body":"Your order is ready"})";
  const auto first = api.call("POST", "/messages", text, {key("o1")});
  REQUIRE(first.status == 202);
  const auto secret =
      api.world.must({"apikey", "rotate", "ci", "-o", "json"}).json()["secret"].get<std::string>();
  const ApiClient rotated{api.world.daemon_url(), secret};
  CHECK(rotated("POST", "/messages", text, {key("o1")}).text == first.text);
  // Kept answers end with a day; what was sent is known for ever.
  api.world.db.run([](Tx& tx) { exec(tx, "DELETE FROM request_key"); });
  CHECK(rotated("POST", "/messages", text, {key("o1")}).json()["message"] == first.json()["message"]);
  CHECK(api.call("GET", "/messages").json()["data"].size() == 1);
}

TEST_CASE("a repeated request is answered as the first, and another under its key is refused") {
  Api api;
  auto& call = api.call;
  const std::string text = R"({"to":"+14155550000","body":"Your order is ready"})";
  CHECK(call("POST", "/messages", text).status == 428);
  const auto first = call("POST", "/messages", text, {key("o1")});
  REQUIRE(first.status == 202);
  CHECK(call("POST", "/messages", text, {key("o1")}).text == first.text);
  CHECK(call("POST", "/messages", R"({"to":"+14155550000","body":"Other"})", {key("o1")}).status == 422);
  CHECK(call("GET", "/messages").json()["data"].size() == 1);
  // What was refused is not kept: it may be mended and done.
  CHECK(call("POST", "/lists", R"({"list":"Bad Slug"})", {key("l1")}).status == 422);
  CHECK(call("POST", "/lists", R"({"list":"good"})", {key("l1")}).status == 201);
  CHECK(call("POST", "/lists", R"({"list":"good"})").status == 409);
}

TEST_CASE("nobody overwrites what somebody else has changed") {
  Api api;
  auto& call = api.call;
  REQUIRE(call("POST", "/templates", R"({"template":"spring","body":"one"})").status == 201);
  const auto read = call("GET", "/templates/spring");
  const auto tag = read.headers.at("etag");
  CHECK(call("GET", "/templates/spring", "", {"If-None-Match: " + tag}).status == 304);
  CHECK(call("PATCH", "/templates/spring", R"({"body":"two"})").status == 428);
  CHECK(call("PATCH", "/templates/spring", R"({"body":"two"})", {"If-Match: " + tag}).status == 200);
  CHECK(call("PATCH", "/templates/spring", R"({"body":"three"})", {"If-Match: " + tag}).status == 412);
  CHECK(call("GET", "/templates/spring").json()["body"] == "two");
  CHECK(call("DELETE", "/templates/spring", "", {"If-Match: *"}).status == 204);
  CHECK(call("HEAD", "/templates/spring").status == 404);
}

TEST_CASE("a key that asks for too much waits, and wrong keys from one place are not heard for ever") {
  World world;
  world.set_up();
  world.variables["SMSCRM_API_RATE"] = "2";
  world.start_daemon();
  const ApiClient call{world.daemon_url(), make_key(world, {"lists:read"})};
  REQUIRE(call("GET", "/lists").status == 200);
  // At once: one after the other, a slow machine would not ask for too much.
  std::vector<std::future<ApiReply>> asked;
  for (int i = 0; i < 24; ++i)
    asked.push_back(std::async(std::launch::async, [&] { return call("GET", "/lists"); }));
  int refused = 0;
  for (auto& one : asked) {
    const auto reply = one.get();
    if (reply.status == 429) ++refused;
    if (reply.status == 429) CHECK(reply.headers.at("retry-after") == "1");
  }
  CHECK(refused > 0);
}

TEST_CASE("the contract names every route, and its examples of refusal are what they are") {
  Api api;
  const ApiClient nobody{api.world.daemon_url(), ""};
  const auto contract = nobody.raw("GET", "/api/v1/openapi.json");
  REQUIRE(contract.status == 200);
  const auto document = contract.json();
  CHECK(document["openapi"] == "3.1.0");
  int operations = 0;
  std::set<std::string> ids;
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      CAPTURE(path);
      ++operations;
      CHECK(ids.insert(operation["operationId"]).second);
      const bool is_public = operation["security"].empty();
      const bool takes_key = !is_public && operation["security"][0].contains("key");
      // It is there, and lets nobody in without a key or a session.
      auto target = path;
      for (auto begin = target.find('{'); begin != std::string::npos; begin = target.find('{'))
        target.replace(begin, target.find('}', begin) - begin + 1,
                       target.find("{tenant}") == begin ? "acme" : "1");
      CHECK(nobody.raw(upper(method), target).status == (is_public ? 403 : 401));
      // With one, a foreign thing is not there, and nothing fails with our fault. A stream does not end: its
      // head is read.
      const bool streams = operation["responses"].dump().find("text/event-stream") != std::string::npos;
      auto reply = api.call.raw(streams ? "HEAD" : upper(method), target,
                                operation.contains("requestBody") ? R"({"surely_unknown":1})" : "",
                                {key("c" + std::to_string(operations)), "If-Match: \"x\""});
      CHECK(reply.status != 500);
      if (!takes_key)
        CHECK((reply.status == 401 || reply.status == 403));
      else if (operation.contains("requestBody"))
        CHECK(reply.status == 422);
    }
  CHECK(operations > 60);
}
