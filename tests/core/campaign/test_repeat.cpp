#include <map>
#include <random>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "core/campaign/launch.hpp"
#include "core/campaign/schedule_run.hpp"
#include "core/fence/fence.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const Timestamp midday = parse_rfc3339("2026-05-01T12:00:00Z");

struct Repeated {
  TestDb db;
  TenantId tenant = add_test_tenant(db).id;
  Campaign spring;

  Repeated() {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, 3);
    spring = add_test_campaign(db, tenant);
  }
  Schedule repeat(const std::string& cron, std::optional<Timestamp> until = {},
                  std::chrono::seconds grace = 1h, const std::string& zone = "UTC", Timestamp at = midday) {
    return db.run([&](Tx& tx) {
      return repeat_campaign(tx, tenant, spring.id, {cron, zone, until, grace}, true, at);
    });
  }
  // As the daemon does it: all that is due.
  std::vector<ScheduleRun> run(Timestamp at) {
    std::vector<ScheduleRun> runs;
    while (true) {
      db.run([&](Tx& tx) { plan_next_runs(tx, at); });
      ScheduleTurn turn;
      auto run = db.run([&](Tx& tx) { return run_due_schedule(tx, turn, true, at); });
      if (!run) return runs;
      runs.push_back(*std::move(run));
    }
  }
  void finish() {
    sql("UPDATE campaign SET status = 'finished', finished_at = now() WHERE status = 'running'");
  }
  void sql(const std::string& text) {
    db.run([&](Tx& tx) { tx.exec(text); });
  }
  Campaign now_is(const std::string& slug) {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant, slug); });
  }
  std::optional<Schedule> planned() {
    return db.run([&](Tx& tx) { return find_schedule(tx, tenant, spring.id); });
  }
  std::vector<Schedule> all(std::optional<ScheduleStatus> status = {}) {
    return db.run([&](Tx& tx) { return list_schedules(tx, tenant, status); });
  }
  std::size_t troubles(Timestamp at) {
    LeftOut left_out;
    return db.run([&](Tx& tx) { return list_schedule_troubles(tx, at, left_out).size(); });
  }
  // Why the repetition ended; empty: it goes on.
  std::string end() {
    return db.run([&](Tx& tx) {
      return exec(tx, "SELECT coalesce(max(reason), '') FROM schedule_repeat WHERE ended_at IS NOT NULL")
          .front()[0]
          .as<std::string>();
    });
  }
  Errc refusal(const NewRepeat& repeat, Timestamp at = midday) {
    try {
      db.run([&](Tx& tx) { repeat_campaign(tx, tenant, spring.id, repeat, true, at); });
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::internal;
  }
};

}  // namespace

TEST_CASE("each run is a campaign of its own, with the people and the text of its time") {
  Repeated world;
  const auto first = world.repeat("0 9 * * *", {}, 1h, "America/New_York");
  CHECK(first.due_at == parse_rfc3339("2026-05-01T13:00:00Z"));
  CHECK(first.not_after == first.due_at + 1h);
  CHECK(world.now_is("spring").scheduled_at == first.due_at);
  CHECK(world.run(first.due_at - 1s).empty());
  const auto ran = world.run(first.due_at + 1s);
  REQUIRE(ran.size() == 1);
  CHECK(ran[0].schedule.status == ScheduleStatus::launched);
  CHECK(ran[0].schedule.run == "spring-20260501-1300");
  CHECK(ran[0].audience == 3);
  const auto made = world.now_is("spring-20260501-1300");
  CHECK(made.status == CampaignStatus::running);
  CHECK(made.launch_key == "spring@2026-05-01T13:00:00Z");
  CHECK(made.body == "Hi {{first_name|there}}, STOP to end");
  CHECK(world.now_is("spring").status == CampaignStatus::draft);
  CHECK(world.now_is("spring").scheduled_at == first.due_at + 24h);

  world.finish();
  world.sql("UPDATE template SET body = 'Bye'");
  world.sql("UPDATE campaign SET audience = 'where first_name = Bob' WHERE slug = 'spring'");
  world.sql("UPDATE contact SET first_name = 'Bob' WHERE id = (SELECT min(id) FROM contact)");
  CHECK(world.planned()->last->status == ScheduleStatus::launched);
  CHECK(world.planned()->last->campaign == "spring-20260501-1300");
  const auto again = world.run(first.due_at + 24h);
  REQUIRE(again.size() == 1);
  CHECK(again[0].audience == 1);
  CHECK(world.now_is("spring-20260502-1300").body == "Bye");
  CHECK(world.now_is("spring-20260501-1300").size == 3);
}

TEST_CASE("of the times that passed with nobody there the latest still comes, within its grace") {
  Repeated world;
  world.repeat("0 * * * *", {}, 30min);
  SUBCASE("in its grace") {
    const auto ran = world.run(midday + 5h + 20min);
    REQUIRE(ran.size() == 2);  // the one that was planned, and the latest
    CHECK(ran[0].schedule.status == ScheduleStatus::missed);
    CHECK(ran[1].schedule.status == ScheduleStatus::launched);
    CHECK(ran[1].schedule.due_at == midday + 5h);
    CHECK(world.all(ScheduleStatus::missed).size() == 4);
    CHECK(world.troubles(midday + 5h + 21min) == 0);
  }
  SUBCASE("and not later") {
    CHECK(world.run(midday + 5h + 31min).size() == 1);
    CHECK(world.all(ScheduleStatus::missed).size() == 5);
    CHECK(world.troubles(midday + 5h + 31min) == 1);  // the last of them
  }
  CHECK(world.planned()->due_at == midday + 6h);
  for (const auto& missed : world.all(ScheduleStatus::missed)) CHECK_FALSE(missed.reason.empty());
}

TEST_CASE("a later time ends the wait of an earlier one") {
  Repeated world;
  world.repeat("*/15 * * * *", {}, 1h);
  const auto ran = world.run(midday + 40min);
  REQUIRE(ran.size() == 2);
  CHECK(ran[0].schedule.due_at == midday + 15min);
  CHECK(ran[0].schedule.status == ScheduleStatus::missed);
  CHECK(ran[1].schedule.due_at == midday + 30min);
  CHECK(ran[1].schedule.status == ScheduleStatus::launched);
  CHECK(world.planned()->due_at == midday + 45min);
}

TEST_CASE("a month of minutes is told in short") {
  Repeated world;
  world.repeat("* * * * *", {}, 1min);
  const auto at = midday + 24h * 30 + 30s;
  const auto ran = world.run(at);
  REQUIRE(ran.size() == 2);
  CHECK(ran[1].schedule.status == ScheduleStatus::launched);
  const auto missed = world.all(ScheduleStatus::missed);
  CHECK(missed.size() == 1'000);  // 999 of the latest 1,000, and the one that was planned
  // 43,200 times: one planned, 42,199 and 1,000.
  const auto told = std::ranges::count_if(missed, [](const Schedule& one) {
    return one.reason.find("; 42199 earlier times were missed, too") != std::string::npos;
  });
  CHECK(told == 1);
}

TEST_CASE("who plans the next run hears what was missed, and what cannot be read") {
  Repeated world;
  world.repeat("0 * * * *", {}, 30min);
  ScheduleTurn turn;
  world.db.run([&](Tx& tx) { run_due_schedule(tx, turn, true, midday + 3h + 40min); });
  const auto plan = [&] {
    return world.db.run([&](Tx& tx) { return plan_next_runs(tx, midday + 3h + 40min); });
  };
  const auto told = plan();
  REQUIRE(told.size() == 1);
  CHECK(told[0].tenant_slug == "acme");
  CHECK(told[0].campaign_slug == "spring");
  CHECK(told[0].missed == 2);
  CHECK(told[0].error.empty());
  CHECK(plan().empty());
  world.sql("UPDATE schedule SET status = 'canceled', ended_at = now() WHERE status = 'planned'");
  world.sql("UPDATE schedule_repeat SET zone = 'Mars/Base'");
  const auto failed = plan();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].error.find("Mars/Base") != std::string::npos);
}

TEST_CASE("a run is not launched while the one before is going") {
  Repeated world;
  world.repeat("0 * * * *");
  CHECK(world.run(midday + 1h).size() == 1);
  SUBCASE("running") {}
  SUBCASE("paused") { world.sql("UPDATE campaign SET status = 'paused' WHERE status = 'running'"); }
  const auto second = world.run(midday + 2h);
  REQUIRE(second.size() == 1);
  CHECK(second[0].schedule.status == ScheduleStatus::overlapped);
  CHECK(second[0].schedule.reason.find("spring-20260501-1300") != std::string::npos);
  CHECK(world.troubles(midday + 2h) == 1);
  // Also where it was planned anew meanwhile.
  world.repeat("0 */3 * * *", {}, 1h, "UTC", midday + 2h);
  CHECK(world.run(midday + 3h)[0].schedule.status == ScheduleStatus::overlapped);
  world.sql("UPDATE campaign SET status = 'finished', finished_at = now() WHERE launch_id IS NOT NULL");
  const auto third = world.run(midday + 6h);
  REQUIRE(third.size() == 1);
  CHECK(third[0].schedule.status == ScheduleStatus::launched);
  CHECK(world.troubles(midday + 6h) == 0);
}

TEST_CASE("a run that fails leaves nothing behind and does not end those that follow") {
  Repeated world;
  world.repeat("0 * * * *");
  world.sql("UPDATE campaign SET audience = 'tag:nobody'");
  const auto failed = world.run(midday + 1h);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].schedule.status == ScheduleStatus::failed);
  CHECK(failed[0].schedule.reason.find("nobody to text") != std::string::npos);
  CHECK_FALSE(world.db.run([&](Tx& tx) { return find_campaign(tx, world.tenant, "spring-20260501-1300"); }));
  CHECK(world.planned()->due_at == midday + 2h);
  CHECK(world.planned()->last->status == ScheduleStatus::failed);
  world.sql("UPDATE campaign SET audience = 'all'");
  CHECK(world.run(midday + 2h)[0].schedule.status == ScheduleStatus::launched);
}

TEST_CASE("a long name and one that is taken") {
  Repeated world;
  world.sql("UPDATE campaign SET slug = repeat('s', 63)");
  world.repeat("0 * * * *");
  const auto ran = world.run(midday + 1h);
  REQUIRE(ran.size() == 1);
  CHECK(ran[0].schedule.run == std::string(49, 's') + "-20260501-1300");
  world.finish();
  add_test_campaign(world.db, world.tenant, std::string(49, 's') + "-20260501-1400");
  const auto taken = world.run(midday + 2h);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].schedule.status == ScheduleStatus::launched);
  CHECK(taken[0].schedule.run.starts_with(std::string(40, 's')));
}

TEST_CASE("it ends with its last time, by hand, and with its tenant") {
  Repeated world;
  SUBCASE("the last time") {
    world.repeat("0 * * * *", midday + 2h);
    CHECK(world.run(midday + 1h).size() == 1);
    world.finish();
    CHECK(world.end().empty());
    CHECK(world.run(midday + 2h + 59min).size() == 1);
    CHECK(world.end() == "its last time has come");
    CHECK_FALSE(world.planned());
  }
  SUBCASE("the last time, that nobody saw") {
    world.repeat("0 * * * *", midday + 2h);
    world.run(midday + 24h);
    CHECK(world.all(ScheduleStatus::missed).size() == 2);
    CHECK(world.end() == "its last time has come");
  }
  SUBCASE("taken back") {
    world.repeat("0 * * * *");
    SUBCASE("while its next run is planned") {}
    SUBCASE("between two runs") { world.sql("UPDATE schedule SET status = 'missed', ended_at = now()"); }
    const auto ended =
        world.db.run([&](Tx& tx) { return cancel_schedule(tx, world.tenant, world.spring.id, midday + 2h); });
    CHECK(ended.status == ScheduleStatus::canceled);
    CHECK(world.end() == "it was taken back");
  }
  SUBCASE("another time") {
    world.repeat("0 * * * *");
    const auto same = world.planned();
    CHECK(world.repeat("0 * * * *").id == same->id);
    world.db.run([&](Tx& tx) {
      schedule_campaign(tx, world.tenant, world.spring.id, {midday + 1h, {}}, true, midday);
    });
    CHECK(world.end() == "another time was set");
    CHECK(world.run(midday + 1h)[0].schedule.run.empty());
    CHECK(world.now_is("spring").status == CampaignStatus::running);
  }
  SUBCASE("launched by hand") {
    world.repeat("0 * * * *");
    launch_test_campaign(world.db, world.tenant, world.spring.id);
    CHECK(world.end() == "it was launched by hand");
  }
  SUBCASE("the tenant") {
    world.repeat("0 * * * *");
    world.db.run([&](Tx& tx) { delete_tenant(tx, world.tenant, midday); });
    CHECK(world.end() == "the tenant was deleted");
  }
  CHECK(world.run(midday + 48h).empty());
  for (const auto& one : world.all()) CHECK(one.status != ScheduleStatus::planned);
}

TEST_CASE("what cannot be is refused at once") {
  Repeated world;
  CHECK(world.refusal({"0 9 * *", "UTC", {}, 1h}) == Errc::invalid);
  CHECK(world.refusal({"0 9 * * *", "Mars/Base", {}, 1h}) == Errc::invalid);
  CHECK(world.refusal({"0 9 * * *", "UTC", {}, 59s}) == Errc::invalid);
  CHECK(world.refusal({"0 9 * * *", "UTC", midday + 20h, 1h}) == Errc::invalid);  // before the first
  CHECK(world.refusal({"0 9 * * *", "UTC", midday - 1h, 1h}) == Errc::invalid);
  CHECK(world.refusal({"0 9 * * *", "UTC", midday + 24h * 3651, 1h}) == Errc::invalid);
  world.db.run([&](Tx& tx) { exec(tx, "UPDATE sender SET removed_at = now()"); });
  CHECK(world.refusal({"0 9 * * *", "UTC", {}, 1h}) == Errc::refused);
  CHECK(world.all().empty());
}

TEST_CASE("one that a machine cannot read ends for all to see, and holds nobody up") {
  Repeated world;
  const auto other = add_test_campaign(world.db, world.tenant, "other");
  world.repeat("0 * * * *");
  world.db.run([&](Tx& tx) {
    schedule_campaign(tx, world.tenant, other.id, {midday + 1h, {}}, true, midday);
  });
  world.sql("UPDATE schedule_repeat SET zone = 'Mars/Base'");
  const auto ran = world.run(midday + 1h);
  REQUIRE(ran.size() == 2);
  CHECK(ran[0].schedule.status == ScheduleStatus::failed);
  CHECK(ran[1].schedule.status == ScheduleStatus::launched);
  CHECK(world.end().find("Mars/Base") != std::string::npos);
  CHECK(world.troubles(midday + 1h) == 1);
}

TEST_CASE("a restored database misses what was due, and goes on with the next time") {
  Repeated world;
  world.repeat("0 * * * *", {}, 1h);
  world.db.run([](Tx& tx) { raise_fence(tx, "a disk was put back", midday); });
  CHECK(world.run(midday + 3h + 10min).empty());
  CHECK(world.planned()->due_at == midday + 1h);
  world.db.run([&](Tx& tx) {
    lower_fence(tx);
    CHECK(miss_due_schedules(tx, "it may have launched already", midday + 3h + 10min) == 1);
  });
  CHECK(world.run(midday + 3h + 10min).empty());  // the latest is within its grace, and may have been sent
  CHECK(world.all(ScheduleStatus::missed).size() == 3);
  for (const auto& missed : world.all(ScheduleStatus::missed))
    CHECK(missed.reason == "it may have launched already");
  CHECK(world.planned()->due_at == midday + 4h);
}

TEST_CASE("what dies before its commit has launched nothing, and the next launches it once") {
  Repeated world;
  world.repeat("0 * * * *");
  {
    Connection dying{world.db.url()};
    Transaction tx{dying};
    ScheduleTurn turn;
    CHECK(run_due_schedule(tx, turn, true, midday + 1h)->audience == 3);
    CHECK(world.run(midday + 1h).empty());  // it is in hand
  }
  CHECK(world.run(midday + 1h).size() == 1);
  {
    Connection dying{world.db.url()};
    Transaction tx{dying};
    plan_next_runs(tx, midday + 1h);
    CHECK(world.run(midday + 1h).empty());
  }
  CHECK(world.run(midday + 1h).empty());
  CHECK(world.planned()->due_at == midday + 2h);
  CHECK(world.all().size() == 2);
}

TEST_CASE("daemons with clocks of their own run every time once, and tell of each") {
  Repeated world;
  world.repeat("*/10 * * * *", {}, 5min);
  std::mt19937 chance{20261202};  // NOLINT
  constexpr int rounds = 25, daemons = 3;
  auto clock = midday, latest = midday;
  for (int round = 0; round < rounds; ++round) {
    // On by some minutes, now and then back by hours or on by a day.
    const auto jump = std::uniform_int_distribution{0, 9}(chance);
    clock += jump == 0 ? -3h : jump == 1 ? std::chrono::minutes{24 * 60} : std::chrono::minutes{3 * jump};
    latest = std::max(latest, clock);
    std::vector<std::jthread> threads;
    for (int daemon = 0; daemon < daemons; ++daemon)
      threads.emplace_back([&, daemon] {
        Connection db{world.db.url()};
        for (int turn = 0; turn < 4; ++turn) {
          in_transaction(db, [&](Tx& tx) { plan_next_runs(tx, clock + daemon * 20s); });
          ScheduleTurn at_hand;
          in_transaction(db,
                         [&](Tx& tx) { return run_due_schedule(tx, at_hand, true, clock + daemon * 20s); });
        }
      });
    threads.clear();
    world.finish();
  }
  std::map<Timestamp, int> told;
  std::set<std::string> names;
  int launched = 0;
  for (const auto& one : world.all()) {
    ++told[one.due_at];
    if (one.status != ScheduleStatus::launched) continue;
    ++launched;
    names.insert(one.run);
  }
  CHECK(launched > 5);
  CHECK(static_cast<int>(names.size()) == launched);
  const auto made = world.db.run([&](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM campaign WHERE launch_id IS NOT NULL").front()[0].as<int>();
  });
  CHECK(made == launched);
  for (auto due = midday + 10min; due <= latest; due += 10min) {
    CAPTURE(format_rfc3339(due));
    CHECK(told[due] == 1);
  }
}

TEST_CASE("its next times, by changing clocks") {
  Repeated world;
  const auto first =
      world.repeat("30 2 * * *", {}, 1h, "America/New_York", parse_rfc3339("2027-03-13T12:00:00Z"));
  CHECK(list_next_runs(first, 3) == std::vector{parse_rfc3339("2027-03-14T07:00:00Z"),
                                                parse_rfc3339("2027-03-15T06:30:00Z"),
                                                parse_rfc3339("2027-03-16T06:30:00Z")});
  CHECK(list_next_runs(first, 0).empty());
  const auto last = world.repeat("30 2 * * *", parse_rfc3339("2027-03-15T12:00:00Z"), 1h, "America/New_York",
                                 parse_rfc3339("2027-03-13T12:00:00Z"));
  CHECK(list_next_runs(last, 10).size() == 2);
  CHECK(world.all().size() == 2);  // looking plans nothing
}

TEST_CASE("a time that has passed is done with as was said") {
  Repeated world;
  const auto plan = [&](Timestamp due, IfPassed if_passed) {
    return world.db.run([&](Tx& tx) {
      return schedule_campaign(tx, world.tenant, world.spring.id, {due, {}, if_passed, "America/New_York"},
                               true, midday);
    });
  };
  CHECK_THROWS_AS(plan(midday - 1h, IfPassed::refuse), Error);
  const auto skipped = plan(midday - 1h, IfPassed::skip);
  CHECK(skipped.status == ScheduleStatus::skipped);
  CHECK(skipped.due_at == midday - 1h);
  CHECK_FALSE(world.planned());
  CHECK(world.run(midday).empty());
  // Eleven in the morning, across a change of clocks: an hour earlier in UTC then.
  CHECK(plan(parse_rfc3339("2026-03-01T16:00:00Z"), IfPassed::next_day).due_at ==
        parse_rfc3339("2026-05-01T15:00:00Z"));
  CHECK(plan(midday - 1h, IfPassed::next_day).due_at == midday + 23h);
  CHECK(plan(midday + 1h, IfPassed::now).due_at == midday + 1h);  // it has not passed
  const auto at_once = plan(midday - 1h, IfPassed::now);
  CHECK(at_once.due_at == midday);
  // Again, while nobody launches: it stays, and is not put off.
  CHECK(plan(midday, IfPassed::next_day).id == at_once.id);
  CHECK(world.run(midday)[0].schedule.status == ScheduleStatus::launched);
}
