// Segments and launches at a time, over the API.
#include <doctest/doctest.h>

#include "tests/support/api_world.hpp"

using namespace smscrm;
using test::Api;
using test::ApiClient;
using test::make_key;

TEST_CASE("a rule is saved, looked at, used and kept while it is used") {
  Api api;
  auto& call = api.call;
  REQUIRE(call("POST", "/contacts",
               R"({"phone":")" + contact_number(1) + R"(","first_name":"Ann","tags":["vip"]})")
              .status == 201);
  REQUIRE(call("POST", "/contacts", R"({"phone":")" + contact_number(2) + R"("})").status == 201);
  const auto made = call("POST", "/segments", R"({"segment":"vips","rule":"tag:vip","description":"Best"})");
  REQUIRE(made.status == 201);
  CHECK(made.headers.at("location").ends_with("/segments/vips"));
  CHECK(call("POST", "/segments", R"({"segment":"vips","rule":"all"})").status == 409);
  CHECK(call("GET", "/segments").json()["data"][0]["rule"] == "tag:vip");
  const auto found = call("POST", "/segments/preview", R"({"rule":"vips"})").json();
  CHECK(found["count"] == 1);
  CHECK(found["sample"][0]["phone"] == contact_number(1));
  CHECK(call("POST", "/segments/preview", R"({"rule":"not segment:vips"})").json()["count"] == 1);
  CHECK(call("POST", "/segments/explain", R"({"rule":"vips"})").json()["count"] == 1);
  const auto wrong = call("POST", "/segments/preview", R"({"rule":"tag:vip and frist_name = Ann"})");
  CHECK(wrong.status == 422);
  CHECK(wrong.json()["code"] == "unknown_field");
  CHECK(wrong.json()["detail"].get<std::string>().starts_with("column 13: "));

  call("POST", "/templates", R"({"template":"spring","body":"Hi"})");
  REQUIRE(call("POST", "/campaigns", R"({"campaign":"spring","template":"spring","audience":"segment:vips"})")
              .status == 201);
  CHECK(call("POST", "/campaigns", R"({"campaign":"other","template":"spring","audience":"where tag:vip"})")
            .status == 201);
  const auto shown = call("GET", "/segments/vips");
  CHECK(shown.json()["used_by"][0] == "campaign \"spring\"");
  const auto match = "If-Match: " + shown.headers.at("etag");
  CHECK(call("DELETE", "/segments/vips", "", {match}).status == 409);
  CHECK(call("PATCH", "/segments/vips", R"({"rule":"tag:vip or first_name = Bob"})", {match}).status == 200);
  CHECK(call("PATCH", "/segments/vips", R"({"rule":"all"})", {match}).status == 412);
  // Whom it holds is for those alone who may see people.
  ApiClient narrow{api.world.daemon_url(), make_key(api.world, {"segments:read"}, "narrow")};
  CHECK(narrow("GET", "/segments").status == 200);
  CHECK(narrow("POST", "/segments/preview", R"({"rule":"all"})").status == 403);
}

TEST_CASE("a launch is planned, moved, taken back and carried out") {
  Api api;
  auto& call = api.call;
  api.world.add_contacts(3);
  api.world.add_campaign("Hi {{first_name}}");
  const std::string path = "/campaigns/spring/schedule";
  CHECK(call("GET", path).status == 404);
  CHECK(call("PUT", path, R"({"at":"2001-01-01T00:00:00Z"})").status == 422);
  CHECK(call("PUT", path, R"({"at":"next week"})").status == 422);
  CHECK(call("PUT", path, R"({})").status == 422);
  const auto day = format_rfc3339(now() + std::chrono::hours{24 * 200}).substr(0, 10);
  // By the clocks of New York.
  const auto local =
      call("PUT", path, R"({"at":")" + day + R"(T09:00"})").json()["due_at"].get<std::string>();
  CHECK((local == day + "T13:00:00Z" || local == day + "T14:00:00Z"));
  CHECK(call("PUT", path, R"({"at":")" + day + R"(T00:00:00Z","not_after":")" + day + R"(T06:00:00Z"})")
            .json()["not_after"] == day + "T06:00:00Z");
  CHECK(call("GET", path).json()["due_at"] == day + "T00:00:00Z");
  CHECK(call("GET", "/campaigns/spring").json()["scheduled_at"] == day + "T00:00:00Z");
  CHECK(call("GET", "/schedules?status=planned").json()["data"].size() == 1);
  CHECK(call("GET", "/schedules").json()["data"].size() == 2);
  const auto ended = call("DELETE", path);
  CHECK(ended.status == 200);
  CHECK(ended.json()["status"] == "canceled");
  CHECK(call("DELETE", path).status == 404);
  // Again and again.
  const auto repeated = call("PUT", path, R"({"cron":"0 9 1 1 *","zone":"Asia/Tokyo","not_after":"30m"})");
  CHECK(repeated.status == 200);
  CHECK(repeated.json()["cron"] == "0 9 1 1 *");
  CHECK(repeated.json()["zone"] == "Asia/Tokyo");
  const auto next = call("GET", path + "/next?count=2").json()["data"];
  REQUIRE(next.size() == 2);
  CHECK(next[0]["due_at"] == repeated.json()["due_at"]);
  CHECK(call("GET", path + "/next").json()["data"].size() == 5);
  CHECK(call("GET", path + "/next?count=0").status == 400);
  const auto wrong = call("PUT", path, R"({"cron":"0 9 1 * mon"})");
  CHECK(wrong.status == 422);
  CHECK(wrong.json()["code"] == "cron_days");
  CHECK(call("PUT", path, R"({"cron":"0 9 * * *","at":"2001-01-01T00:00:00Z"})").status == 422);
  CHECK(call("PUT", path, R"({"cron":"0 9 * * *","zone":"Mars/Base"})").status == 422);
  CHECK(call("PUT", path, R"({"cron":"0 9 * * *","if_passed":"now"})").status == 422);
  CHECK(call("PUT", path, R"({"at":"2001-01-01T00:00:00Z","until":"2001-01-01T00:00:00Z"})").status == 422);
  CHECK(call("DELETE", path).status == 200);
  CHECK(call("GET", path + "/next").status == 404);
  const auto skipped = call("PUT", path, R"({"at":"2001-01-01T00:00:00Z","if_passed":"skip"})");
  CHECK(skipped.json()["status"] == "skipped");
  CHECK(call("GET", path).status == 404);
  ApiClient writer{api.world.daemon_url(), make_key(api.world, {"campaigns:write"}, "writer")};
  CHECK(writer("PUT", path, R"({"at":")" + day + R"(T00:00:00Z"})").status == 403);

  CHECK(call("PUT", path, R"({"at":")" + format_rfc3339(now() + std::chrono::seconds{3}) + R"("})").status ==
        200);
  api.world.wait_until_settled();
  CHECK(api.world.accepted().size() == 3);
  CHECK(call("PUT", path, R"({"at":")" + day + R"(T00:00:00Z"})").status == 409);
}
