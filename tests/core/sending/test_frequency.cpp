// How often marketing reaches one number: over all campaigns, in the claim, in preflight and in explain.
#include <doctest/doctest.h>

#include "core/base/json.hpp"
#include "core/campaign/campaign.hpp"
#include "core/campaign/launch.hpp"
#include "core/gate/frequency.hpp"
#include "core/sending/explain.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// 11:00 in San Francisco, where the numbers are, and 14:00 in Florida.
const auto morning = parse_rfc3339("2026-06-03T18:00:00Z");

struct World : test::SendFlow {
  CampaignId add(const std::string& slug, const std::string& kind = "marketing", int contacts = 3) {
    const auto campaign = launch(contacts, {.kind = kind, .slug = slug});
    sql("UPDATE campaign c SET first_message = m.first, last_message = m.last"
        "  FROM (SELECT campaign_id, min(id) AS first, max(id) AS last FROM message WHERE tenant_id = $1"
        "         GROUP BY campaign_id) m WHERE c.tenant_id = $1 AND c.id = m.campaign_id");
    return campaign;
  }
  void keep(std::optional<FrequencyCap> cap, std::optional<std::chrono::seconds> gap = std::nullopt,
            WhenCapped policy = WhenCapped::skip) {
    db.run([&](Tx& tx) {
      auto changed = get_tenant(tx, tenant.slug);
      changed.frequency_cap = cap;
      changed.min_gap = gap;
      changed.when_capped = policy;
      update_tenant(tx, changed, now());
    });
  }
  std::size_t send(Timestamp at, SendOutcome outcome = test::accepted()) {
    const auto claimed = claim(100, at);
    record(claimed, outcome);
    return claimed.messages.size();
  }
  std::string skipped() {
    return value(
        "SELECT string_agg(DISTINCT skip_reason, ' ') FROM message WHERE tenant_id = $1"
        " AND status = 'skipped'");
  }
};

}  // namespace

TEST_CASE("of two campaigns that are claimed at once a number gets as much as the cap allows") {
  World w;
  w.keep(FrequencyCap{1, 24h});
  const auto spring = w.add("spring"), summer = w.add("summer");
  CHECK(w.claim(100, morning).messages.size() == 3);
  CHECK(w.statuses() == "in_flight=3 skipped=3");
  CHECK(w.skipped() == "frequency_cap");
  const auto held_by =
      w.value("SELECT max(held_by) FROM message WHERE tenant_id = $1 AND status = 'skipped'");
  CHECK(Json::parse(held_by)["rules"] == Json{"1/1d (tenant)"});
  w.check_counters(spring);
  w.check_counters(summer);
}

TEST_CASE("a cap looks back as long as it says, to the second") {
  World w;
  w.keep(FrequencyCap{2, 24h});
  for (const char* slug : {"first", "second", "third", "fourth", "fifth"}) w.add(slug, "marketing", 1);
  // Each claim has one campaign: the others are let in by and by.
  w.sql("UPDATE campaign SET status = 'paused' WHERE tenant_id = $1 AND slug <> 'first'");
  const auto next = [&](const char* slug, Timestamp at) {
    w.sql(
        fmt::format("UPDATE campaign SET status = 'running' WHERE tenant_id = $1 AND slug"
                    " = '{}'",
                    slug));
    return w.send(at);
  };
  CHECK(next("first", morning) == 1);
  CHECK(next("second", morning + 1h) == 1);
  CHECK(next("third", morning + 24h - 1s) == 0);
  CHECK(next("fourth", morning + 24h) == 1);
  CHECK(next("fifth", morning + 25h - 1s) == 0);
  CHECK(w.statuses() == "queued=3 skipped=2");
}

TEST_CASE("with defer a message waits until there is room, and no longer than the cap is there") {
  World w;
  w.keep(std::nullopt, 4h, WhenCapped::defer);
  w.add("spring");
  CHECK(w.send(morning) == 3);
  w.add("summer");
  CHECK(w.send(morning + 1h) == 0);
  CHECK(w.statuses() == "queued=3 waiting=3");
  CHECK(
      w.value("SELECT string_agg(DISTINCT hold || ' ' || to_char(due_at AT TIME ZONE 'UTC', 'HH24:MI'), ',')"
              "  FROM work_due WHERE tenant_id = $1") == "frequency_cap 22:00");
  CHECK(w.send(morning + 4h - 1s) == 0);
  SUBCASE("until its time") { CHECK(w.send(morning + 4h) == 3); }
  SUBCASE("until the cap is taken off") {
    w.keep(std::nullopt);
    CHECK(w.send(now()) == 3);
  }
}

TEST_CASE("what never left, and what is no marketing, counts for nothing and is not capped") {
  World w;
  w.keep(FrequencyCap{1, 24h});
  w.add("refused");
  CHECK(w.send(morning, test::rejected(30006, ErrorClass::permanent)) == 3);
  w.add("order", "transactional");
  CHECK(w.send(morning + 1min) == 3);
  w.add("spring");
  CHECK(w.send(morning + 2min) == 3);
  w.add("parcel", "transactional");
  CHECK(w.send(morning + 3min) == 3);
  CHECK(w.skipped().empty());
}

TEST_CASE("a cap goes by the number, also of a contact that is gone") {
  World w;
  w.keep(FrequencyCap{1, 24h});
  w.add("spring", "marketing", 1);
  CHECK(w.send(morning) == 1);
  w.sql("UPDATE message SET contact_id = NULL WHERE tenant_id = $1");
  w.sql("DELETE FROM contact WHERE tenant_id = $1");
  w.add("summer", "marketing", 1);
  CHECK(w.send(morning + 1h) == 0);
  CHECK(w.skipped() == "frequency_cap");
}

TEST_CASE("the caps of the law hold where people are, as surely as the tenant wants them") {
  World w;
  w.sql("UPDATE tenant SET law_hours = 'high' WHERE id = $1");
  const auto send = [&](const char* slug, Timestamp at) {
    w.add(slug, "marketing", 2);
    w.sql("UPDATE contact SET region = 'US-FL' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
    return w.send(at);
  };
  CHECK(send("first", morning) == 2);
  CHECK(send("second", morning + 1min) == 2);
  CHECK(send("third", morning + 2min) == 2);
  CHECK(send("fourth", morning + 3min) == 1);  // of three in 24 hours, in Florida
  CHECK(w.value("SELECT msisdn FROM message WHERE tenant_id = $1 AND status = 'skipped'") == "+14155550001");
  CHECK(w.value("SELECT held_by FROM message WHERE tenant_id = $1 AND status = 'skipped'")
            .find("3/1d (US-FL)") != std::string::npos);
}

TEST_CASE("preflight and explain say what the claim would") {
  World w;
  w.keep(FrequencyCap{1, 24h});
  w.add("spring", "marketing", 2);
  CHECK(w.send(morning) == 2);
  w.sql("INSERT INTO contact (tenant_id, msisdn) VALUES ($1, '+14155550009')");
  w.sql(
      "INSERT INTO consent (tenant_id, msisdn, state, changed_at) VALUES ($1, '+14155550009', 'opted_in', "
      "now())");
  w.sql(
      "INSERT INTO campaign (tenant_id, slug, kind, status, template_id, audience)"
      " SELECT $1, 'draft', 'marketing', 'draft', id, 'all' FROM template WHERE tenant_id = $1");
  const auto plan_at = [&](Timestamp at) {
    return w.db.run([&](Tx& tx) {
      return plan_campaign(tx, w.tenant.id, get_campaign(tx, w.tenant.id, "draft"), "https://s.example", at);
    });
  };
  const auto explain = [&](const char* number, Timestamp at) {
    return w.db.run([&](Tx& tx) {
      return *explain_number(tx, w.tenant.id, get_campaign(tx, w.tenant.id, "draft"), number,
                             "https://s.example", at)
                  .gate;
    });
  };
  const auto plan = plan_at(morning + 1h);
  CHECK(plan.recipients == 3);
  CHECK(plan.held == std::map<std::string, std::int64_t>{{"frequency_cap", 2}});
  CHECK(std::ranges::any_of(plan.warnings,
                            [](const auto& warning) { return warning.code == "frequency_cap"; }));
  CHECK(explain("+14155550001", morning + 1h) == skip("frequency_cap"));
  CHECK(explain("+14155550009", morning + 1h) == pass());
  CHECK(plan_at(morning + 24h).held.empty());
  CHECK(explain("+14155550001", morning + 24h) == pass());

  w.keep(FrequencyCap{1, 24h}, std::nullopt, WhenCapped::defer);
  CHECK(explain("+14155550001", morning + 1h) == hold("frequency_cap", morning + 24h));
}

TEST_CASE("find_capped takes the longest wait of all caps") {
  const std::vector<OpenHours::CapByLaw> caps{{"tenant", {2, 1h}}, {"US-FL", {3, 24h}}};
  CHECK(!find_capped({}, caps, morning));
  CHECK(!find_capped({morning - 2h, morning - 30min}, caps, morning));
  const auto one = find_capped({morning - 30min, morning - 20min}, caps, morning);
  REQUIRE(one);
  CHECK(one->until == morning + 30min);
  CHECK(one->by == "2/1h (tenant)");
  const auto both = find_capped({morning - 10h, morning - 30min, morning - 20min}, caps, morning);
  REQUIRE(both);
  CHECK(both->until == morning + 14h);
  CHECK(both->by == "3/1d (US-FL)");
}
