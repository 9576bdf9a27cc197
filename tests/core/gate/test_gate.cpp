// The gate through the database: preflight, launch, claim and explain say the same of the same facts.
#include <map>
#include <random>

#include <doctest/doctest.h>

#include "core/gate/gate.hpp"
#include "core/gate/rules.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/sending/explain.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

constexpr int people = 25;
const std::string public_url = "https://s.example";

struct Seen {
  std::string kind, reason;
  std::optional<Timestamp> until;
  bool operator==(const Seen&) const = default;
};

doctest::String toString(const Seen& seen) {
  return fmt::format("{} {} {}", seen.kind, seen.reason, seen.until ? format_rfc3339(*seen.until) : "-")
      .c_str();
}

Seen seen(const Verdict& verdict) {
  return {std::string{to_string(verdict.kind)}, std::string{verdict.reason}, verdict.until};
}

// A tenant and its people, about whom chance decides.
struct Chance : test::SendFlow {
  std::mt19937 random;
  Timestamp at;
  std::string slug = "chance";

  explicit Chance(unsigned seed) : random(seed) {
    at = parse_rfc3339("2026-03-28T00:00:00Z") + std::chrono::minutes{below(3 * 24 * 60)};
    sql("UPDATE tenant SET consent = '" + pick({"recorded", "implied"}) + "', timezone = '" +
        pick({"America/New_York", "Asia/Kathmandu"}) + "' WHERE id = $1");
    if (one_in(2)) sql("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
    sql("INSERT INTO sender (tenant_id, address, kind, rate, pool) VALUES ($1, '+15005550007', 'long_code', "
        "1000, 'east')");
    if (one_in(2)) sql("UPDATE sender SET pool = 'east' WHERE tenant_id = $1");
    add_test_contacts(db, tenant.id, people);
    db.run([&](Tx& tx) {
      for (int person = 0; person < people; ++person) {
        exec(tx, "UPDATE contact SET timezone = $3 WHERE tenant_id = $1 AND msisdn = $2", tenant.id,
             number_of(person),
             pick({"", "", "Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles", "America/Newtown"}));
        if (one_in(4)) change(tx, person, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn = $2");
        withdraw(tx, person);
      }
    });
    if (one_in(2)) send_before();
  }

  // Some had marketing in the last hours, of another campaign.
  void send_before() {
    sql("UPDATE tenant SET min_gap_seconds = 14400, when_capped = 'defer' WHERE id = $1");
    sql("INSERT INTO template (tenant_id, slug, body) VALUES ($1, 'before', 'Hi')");
    sql("INSERT INTO campaign (tenant_id, slug, kind, status, template_id, audience, body, audience_size,"
        "                      launched_at, finished_at)"
        " SELECT $1, 'before', 'marketing', 'finished', id, 'all', 'Hi', 0, now(), now()"
        "   FROM template WHERE tenant_id = $1");
    sql("INSERT INTO message (tenant_id, campaign_id, contact_id, status, msisdn, claimed_at, attempt)"
        " SELECT $1, k.id, c.id, 'delivered', c.msisdn,"
        "        '" +
        format_rfc3339(at) +
        "'::timestamptz - right(c.msisdn, 1)::int * interval '37 min', 1"
        "   FROM contact c JOIN campaign k ON k.tenant_id = $1"
        "  WHERE c.tenant_id = $1 AND right(c.msisdn, 1)::int % 3 = 0");
    sql("UPDATE campaign SET first_message = m.first, last_message = m.last"
        "  FROM (SELECT min(id) AS first, max(id) AS last FROM message WHERE tenant_id = $1) m"
        " WHERE tenant_id = $1");
  }

  int below(int end) { return std::uniform_int_distribution<int>{0, end - 1}(random); }
  bool one_in(int n) { return below(n) == 0; }
  std::string pick(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))];
  }
  static std::string number_of(int person) { return fmt::format("+1{}", 4155550000 + person); }

  void change(Tx& tx, int person, const std::string& statement) {
    exec(tx, statement, tenant.id, number_of(person));
  }
  // What people and operators may do at any time.
  void withdraw(Tx& tx, int person) {
    if (one_in(8))
      change(tx, person, "INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, $2) ON CONFLICT DO NOTHING");
    if (one_in(8))
      change(tx, person,
             "WITH text AS (INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
             " VALUES ($1, 'SM' || md5(random()::text), $2, '+15005550006', 'leave me be') RETURNING id)"
             " INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at, decision, decided_at)"
             " SELECT $1, id, $2, now(), " +
                 pick({"'', NULL", "'', NULL", "'dismissed', now()"}) + " FROM text");
    if (one_in(8))
      change(tx, person, "UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1 AND msisdn = $2");
    for (const char* scope : {"sender:+15005550006", "sender:+15005550007", "pool:east"})
      if (one_in(6))
        change(tx, person,
               fmt::format("INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at)"
                           " VALUES ($1, $2, '{}', 'opted_out', now()) ON CONFLICT DO NOTHING",
                           scope));
  }

  // Some caps are full, some have room for less than a text, some for all of them.
  // `most`: used of a thousand so that no text of the campaign fits.
  void cap(const std::string& table, const std::string& key, const std::string& whose,
           const std::string& most) {
    if (one_in(2)) return;
    sql("UPDATE " + table + " SET daily_cap = 1000 WHERE " + key);
    const auto used = pick({"0", most, "1000"});
    sql("INSERT INTO daily_usage (tenant_id, sender_id, day, parts) SELECT $1, " + whose + ", ('" +
        format_rfc3339(at) + "'::timestamptz AT TIME ZONE timezone)::date, " + used +
        " FROM tenant WHERE id = $1");
  }

  Campaign campaign() {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant.id, slug); });
  }
  std::vector<Explanation> explain_all() {
    const auto of = campaign();
    return db.run([&](Tx& tx) {
      std::vector<Explanation> all;
      for (int person = 0; person < people; ++person)
        all.push_back(explain_number(tx, tenant.id, of, number_of(person), public_url, at));
      return all;
    });
  }
  Plan plan() {
    const auto of = campaign();
    return db.run([&](Tx& tx) { return plan_campaign(tx, tenant.id, of, public_url, at); });
  }
  // What became of the messages, by number.
  std::map<std::string, Seen> outcomes() {
    return db.run([&](Tx& tx) {
      std::map<std::string, Seen> all;
      for (const auto& row : exec(tx,
                                  "SELECT m.msisdn, m.status, m.skip_reason, d.due_at FROM message m"
                                  "  LEFT JOIN work_due d ON d.tenant_id = $1 AND d.message_id = m.id"
                                  " WHERE m.tenant_id = $1 AND m.campaign_id ="
                                  "       (SELECT id FROM campaign WHERE tenant_id = $1 AND slug = $2)",
                                  tenant.id, slug))
        all[row["msisdn"].as<std::string>()] = {row["status"].as<std::string>(),
                                                row["skip_reason"].as<std::string>(),
                                                as_optional<Timestamp>(row["due_at"])};
      return all;
    });
  }
};

using Count = std::map<std::string, std::int64_t>;

}  // namespace

TEST_CASE("preflight, launch, claim and explain give one verdict on the same facts") {
  Count verdicts;
  for (unsigned seed = 0; seed < 16; ++seed) {
    CAPTURE(seed);
    Chance f{seed};
    const bool two_parts = f.one_in(2);
    add_test_campaign(f.db, f.tenant.id, f.slug,
                      two_parts ? std::string(161, 'x') : "Hi {{first_name}}, STOP to end");
    const auto most = two_parts ? "999" : "1000";
    f.sql("UPDATE campaign SET kind = '" + f.pick({"marketing", "transactional"}) + "' WHERE tenant_id = $1");
    if (f.one_in(2)) f.sql("UPDATE campaign SET expires_after = '90 min' WHERE tenant_id = $1");
    const auto chosen = f.one_in(3);
    if (chosen)
      f.sql(
          "INSERT INTO campaign_sender (tenant_id, campaign_id, sender_id)"
          " SELECT $1, id, " +
          std::to_string(f.sender.value) + " FROM campaign WHERE tenant_id = $1");
    f.cap("tenant", "id = $1", "0", most);
    f.cap("sender", "id = " + std::to_string(f.sender.value) + " AND tenant_id = $1",
          std::to_string(f.sender.value), most);

    // The preflight counts what explain says of each.
    const auto plan = f.plan();
    Count skipped, held;
    std::vector<Seen> before;
    for (const auto& explained : f.explain_all()) {
      before.push_back(seen(explained.gate.value()));
      CHECK(before.back().kind != "expire");
      if (before.back().kind == "skip") ++skipped[before.back().reason];
      if (before.back().kind == "hold") ++held[before.back().reason];
      CHECK(explained.audience_now == (before.back().kind == "skip" ? before.back().reason : ""));
    }
    CHECK(plan.skipped == skipped);
    CHECK(plan.held == held);
    if (plan.recipients == 0) continue;

    // The launch skips the same.
    const auto id = f.campaign().id;
    const auto launched = f.db.run([&](Tx& tx) { return launch_campaign(tx, f.tenant.id, id, {}, f.at); });
    REQUIRE(launched.audience == people);
    const auto at_launch = f.outcomes();
    for (int person = 0; person < people; ++person) {
      const auto& was = before[static_cast<std::size_t>(person)];
      CHECK(at_launch.at(Chance::number_of(person)).reason == (was.kind == "skip" ? was.reason : ""));
    }
    f.db.run([&](Tx& tx) {
      for (int person = 0; person < people; ++person)
        if (f.one_in(2)) {
          f.withdraw(tx, person);
          if (f.one_in(6)) f.change(tx, person, "DELETE FROM contact WHERE tenant_id = $1 AND msisdn = $2");
        }
    });

    // Later, and after some have changed their minds, the claim does what explain says.
    f.at += std::chrono::minutes{f.below(2) * 120};
    std::vector<std::optional<Seen>> after;
    bool capped = false;
    for (const auto& explained : f.explain_all()) {
      const auto& gate = explained.gate;
      CHECK(gate.has_value() == (before[after.size()].kind != "skip"));
      after.push_back(gate ? std::optional{seen(*gate)} : std::nullopt);
      if (gate) ++verdicts[after.back()->kind + " " + after.back()->reason];
      capped = capped || (gate && gate->reason == daily_cap_reason);
    }
    ClaimRoom room;
    room.messages = 10 * people;
    room.parts = 10 * people;
    room.senders[f.sender] = 10 * people;
    for (const auto& sender : f.db.run([&](Tx& tx) { return list_senders(tx, f.tenant.id); }))
      room.senders[sender.id] = 10 * people;
    const auto claim = f.claim(room, f.at);
    // Where a cap is full nobody is looked at, who waits for something else neither.
    if (!claim.more)
      capped = capped || !f.db.run([&](Tx& tx) { return list_full_caps(tx, f.tenant.id, f.at); }).empty();
    const auto claimed = f.outcomes();
    std::map<std::string, Timestamp> leave;
    for (const auto& message : claim.messages)
      leave[message.request.to] = message.leave_before.value_or(Timestamp::max());
    for (int person = 0; person < people; ++person) {
      const auto& said = after[static_cast<std::size_t>(person)];
      if (!said) continue;
      CAPTURE(person);
      CAPTURE(*said);
      const auto& became = claimed.at(Chance::number_of(person));
      // Behind one that waits for its cap others wait unseen: that they leave is for another claim.
      if (capped && became.kind == "waiting") continue;
      if (said->kind == "pass") {
        CHECK(became.kind == "in_flight");
        CHECK(leave.at(Chance::number_of(person)) == (said->until ? *said->until - 1s : Timestamp::max()));
      } else if (said->kind == "hold") {
        CHECK(became == Seen{"waiting", "", said->until});
      } else {
        CHECK(became.kind == (said->kind == "skip" ? "skipped" : "expired"));
        CHECK(became.reason == (said->kind == "skip" ? said->reason : ""));
      }
    }
    f.check_counters(f.campaign().id);
  }
  // Chance has tried them all.
  for (const char* kind :
       {"pass ", "hold quiet_hours", "hold unknown_zone", "hold in_review", "hold daily_cap",
        "hold frequency_cap", "skip dnc", "skip opted_out", "skip deleted", "expire expired"})
    CHECK_MESSAGE(verdicts[kind] > 2, kind);
}

TEST_CASE("whoever is skipped is skipped whatever else holds a message up") {
  Tenant tenant;
  tenant.timezone = "America/New_York";
  tenant.quiet_hours = {"00:00", "23:59"};
  const auto at = parse_rfc3339("2026-05-01T16:00:00Z");
  const Moment moment{tenant, at, built_in_hours_book()};
  for (std::uint32_t answers = 0; answers < 1U << 12; ++answers) {
    const auto free = judge({.moment = moment, .answers = answers});
    const auto bound = judge({.moment = moment,
                              .marketing = true,
                              .who = {"+12125550123"},
                              .cap_room = 0,
                              .day_end = at + 8h,
                              .answers = answers});
    if (free.kind == Verdict::Kind::skip) CHECK(bound == free);
    if (free.kind != Verdict::Kind::skip) CHECK(bound.kind == Verdict::Kind::hold);
  }
}
