// GET Messages.json: pages and filters.
#include <set>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "tests/daemon/sandbox/peer.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string ann = "+14155550101", ben = "+14155550102";
const std::string other_number = "+14155550188";

// A page that conforms to the schema.
json page_of(const SandboxPeer& peer, const std::string& path) {
  const auto result = peer.get(path);
  REQUIRE(result.status == 200);
  CHECK(list_faults(result.body) == "");
  return json::parse(result.body);
}

json list_of(const SandboxPeer& peer, const Form& query) {
  return page_of(peer, messages_path() + "?" + format_form(query));
}

std::vector<std::string> sids_of(const json& page) {
  std::vector<std::string> sids;
  for (const auto& message : page["messages"]) sids.push_back(message["sid"]);
  return sids;
}

}  // namespace

TEST_CASE("pages go from the newest to the oldest and hold still while messages come in") {
  const SandboxPeer peer;
  std::vector<std::string> created;
  for (int i = 0; i < 7; ++i) created.insert(created.begin(), peer.must_send(ann));
  std::vector<std::string> listed;
  std::string next = messages_path() + "?PageSize=3";
  const std::size_t sizes[] = {3, 3, 1};
  for (std::size_t page = 0; page < 3; ++page) {
    CAPTURE(page);
    const auto answer = page_of(peer, next);
    CHECK(answer["messages"].size() == sizes[page]);
    CHECK(answer["page"] == page);
    CHECK(answer["page_size"] == 3);
    CHECK(answer["start"] == 3 * page);
    CHECK(answer["end"] == 3 * page + sizes[page] - 1);
    CHECK(answer["first_page_uri"] == messages_path() + "?PageSize=3&Page=0");
    for (const auto& sid : sids_of(answer)) listed.push_back(sid);
    peer.must_send(ann);  // belongs before the first page
    REQUIRE(answer["next_page_uri"].is_null() == (page == 2));
    if (page < 2) next = answer["next_page_uri"];
  }
  CHECK(join(listed, " ") == join(created, " "));
}

TEST_CASE("a page that is exactly full is the last, and an empty one has its shape") {
  const SandboxPeer peer;
  CHECK(list_of(peer, {})["messages"].empty());
  for (int i = 0; i < 3; ++i) peer.must_send(ann);
  CHECK(list_of(peer, {{"PageSize", "3"}})["next_page_uri"].is_null());
  CHECK(list_of(peer, {{"PageSize", "2"}})["next_page_uri"].is_string());
}

TEST_CASE("a page has 50 messages unless told, and 1000 at most") {
  const SandboxPeer peer;
  for (int i = 0; i < 51; ++i) peer.must_send(ann);
  const auto page = list_of(peer, {});
  CHECK(page["messages"].size() == 50);
  CHECK(page["page_size"] == 50);
  CHECK(page_of(peer, page["next_page_uri"])["messages"].size() == 1);
  CHECK(list_of(peer, {{"PageSize", "1001"}})["page_size"] == 1000);
}

TEST_CASE("lists are filtered by number, and the pages that follow are, too") {
  auto options = fast();
  options.accounts = {{demo_account_sid, demo_account_token, false},
                      {"AC" + std::string(32, 'b'), "other-token", false}};
  const SandboxPeer peer{options};
  const auto a1 = peer.must_send(ann), b1 = peer.must_send(ben);
  const auto a2 = peer.must_send(ann, {{"From", other_number}}), a3 = peer.must_send(ann);
  const auto in = peer.inbound(ann, "Hi")["sid"].get<std::string>();
  auto foreign = peer.call_of_create({{"To", ann}, {"From", our_number}, {"Body", "x"}});
  foreign.url = peer.sandbox.url() + messages_path(options.accounts[1].sid);
  foreign.user = options.accounts[1].sid;
  foreign.password = "other-token";
  REQUIRE(http_request(foreign).status == 201);

  struct Case {
    std::string what;
    Form query;
    std::vector<std::string> want;
  };
  const Case cases[] = {
      {"all of the account", {}, {in, a3, a2, b1, a1}},
      {"to Ann", {{"To", ann}}, {a3, a2, a1}},
      {"from the other number", {{"From", other_number}}, {a2}},
      {"from Ann", {{"From", ann}}, {in}},
      {"to Ann from our number", {{"To", ann}, {"From", our_number}}, {a3, a1}},
      {"to nobody", {{"To", "+14155550199"}}, {}},
      {"a filter that there is not", {{"Status", "failed"}}, {in, a3, a2, b1, a1}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(join(sids_of(list_of(peer, c.query)), " ") == join(c.want, " "));
    // One by one they are the same.
    std::vector<std::string> one_by_one;
    auto query = c.query;
    query.emplace_back("PageSize", "1");
    for (json uri = messages_path() + "?" + format_form(query); uri.is_string();) {
      const auto page = page_of(peer, uri);
      for (const auto& sid : sids_of(page)) one_by_one.push_back(sid);
      uri = page["next_page_uri"];
    }
    CHECK(join(one_by_one, " ") == join(c.want, " "));
  }
}

TEST_CASE("a service's message has no sender to be found by until one is chosen") {
  auto options = fast();
  options.settings.send_ms = 60'000;
  const SandboxPeer peer{options};
  peer.must_send(ann, {{"MessagingServiceSid", service_sid}});
  CHECK(list_of(peer, {{"To", ann}})["messages"].size() == 1);
  CHECK(list_of(peer, {{"From", our_number}})["messages"].empty());
}

TEST_CASE("DateSent filters by when a message was sent, never by when it was created") {
  auto options = fast();
  options.settings.sender_rates[other_number] = 0.0001;
  options.settings.numbers["+14155550109"] = {0, "failed", 30008};
  const SandboxPeer peer{options};
  const auto sent = peer.must_send(ann);
  peer.await_status(sent, "delivered");
  // What was created, but not sent: queued, scheduled, failed.
  peer.await_status(peer.must_send(ann, {{"From", other_number}}), "delivered");
  const auto queued = peer.must_send(ben, {{"From", other_number}});
  const auto send_at = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now() + 1h));
  peer.must_send(ben, {{"MessagingServiceSid", service_sid}, {"ScheduleType", "fixed"}, {"SendAt", send_at}});
  peer.await_status(peer.must_send("+14155550109"), "failed");
  REQUIRE(peer.message(queued)["status"] == "queued");
  REQUIRE(list_of(peer, {})["messages"].size() == 5);

  const auto entry = peer.entry(sent);
  const auto at =
      std::chrono::floor<std::chrono::seconds>(parse_rfc3339(entry["history"][2]["at"].get<std::string>()));
  const auto day = [&](int days) { return format_rfc3339(at + days * 24h).substr(0, 10); };
  const auto second = [&](int seconds) { return format_rfc3339(at + std::chrono::seconds{seconds}); };
  struct Case {
    std::string filter;  // as on the wire
    bool matches;
  };
  const Case cases[] = {
      {"DateSent=" + day(0), true},
      {"DateSent=" + day(-1), false},
      {"DateSent=" + day(1), false},
      {"DateSent=" + second(0), true},
      {"DateSent=" + second(1), false},
      {"DateSent%3E=" + day(0), true},  // on or after
      {"DateSent%3E=" + day(1), false},
      {"DateSent%3E=" + second(0), true},
      {"DateSent%3E=" + second(1), false},
      {"DateSent%3C=" + day(0), true},  // on or before
      {"DateSent%3C=" + day(-1), false},
      {"DateSent%3C=" + second(0), true},
      {"DateSent%3C=" + second(-1), false},
      {"DateSent%3E" + day(0), false},  // after
      {"DateSent%3E" + day(-1), true},
      {"DateSent%3C" + day(0), false},  // before
      {"DateSent%3C" + day(1), true},
      {"DateSent%3E=" + day(-1) + "&DateSent%3C=" + day(1), true},
      {"DateSent%3E=" + day(-2) + "&DateSent%3C=" + day(-1), false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.filter);
    const auto of_ann = page_of(peer, messages_path() + "?From=%2B15005550006&" + c.filter);
    CHECK(join(sids_of(of_ann), " ") == (c.matches ? sent : ""));
    const auto of_ben = page_of(peer, messages_path() + "?To=%2B14155550102&" + c.filter);
    CHECK(of_ben["messages"].empty());
  }
}

TEST_CASE("a page's filters survive in the URI of the next") {
  const SandboxPeer peer;
  for (int i = 0; i < 3; ++i) peer.await_status(peer.must_send(ann), "delivered");
  const auto today = format_rfc3339(now() - 1h).substr(0, 10);
  auto page = page_of(peer, messages_path() + "?To=%2B14155550101&DateSent%3E=" + today + "&PageSize=2");
  const std::string next = page["next_page_uri"];
  CHECK(next.find("To=%2B14155550101") != std::string::npos);
  CHECK(next.find("DateSent%3E=" + today) != std::string::npos);
  page = page_of(peer, next);
  CHECK(page["messages"].size() == 1);
  CHECK(page["previous_page_uri"].is_string());
}

TEST_CASE("a query that makes no sense is refused") {
  const SandboxPeer peer;
  for (const std::string query : {"PageSize=0", "PageSize=-1", "PageSize=many", "Page=-1", "PageToken=PASM1",
                                  "PageToken=x", "DateSent=soon", "DateSent%3E=2026-13-01"}) {
    CAPTURE(query);
    const auto result = peer.get(messages_path() + "?" + query);
    CHECK(result.status == 400);
    CHECK(error_code(result) == 20001);
    CHECK(error_faults(result) == "");
  }
}
