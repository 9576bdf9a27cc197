#include <doctest/doctest.h>

#include "core/campaign/launch.hpp"
#include "core/campaign/schedule_run.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const Timestamp noon = parse_rfc3339("2026-05-01T12:00:00Z");

struct Planned {
  TestDb db;
  TenantId tenant = add_test_tenant(db).id;
  Campaign spring;

  Planned() {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, 3);
    spring = add_test_campaign(db, tenant);
  }
  Schedule plan(const Campaign& campaign, Timestamp due, std::optional<Timestamp> not_after = {}) {
    return db.run([&](Tx& tx) {
      return schedule_campaign(tx, tenant, campaign.id, {due, not_after}, true, noon);
    });
  }
  std::optional<ScheduleRun> run(Timestamp at, ScheduleTurn turn = {}) {
    return db.run([&](Tx& tx) { return run_due_schedule(tx, turn, true, at); });
  }
  std::vector<ScheduleTrouble> troubles(Timestamp at) {
    LeftOut left_out;
    auto found = db.run([&](Tx& tx) { return list_schedule_troubles(tx, at, left_out); });
    CHECK(left_out.rows == 0);
    return found;
  }
  void sql(const std::string& text) {
    db.run([&](Tx& tx) { tx.exec(text); });
  }
  Campaign now_is(const Campaign& campaign) {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant, campaign.slug); });
  }
  std::vector<Schedule> all() {
    return db.run([&](Tx& tx) { return list_schedules(tx, tenant, std::nullopt); });
  }
  Errc refusal(const auto& work) {
    try {
      db.run(work);
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::internal;
  }
};

}  // namespace

TEST_CASE("a draft launches at its time, once") {
  Planned world;
  const auto made = world.plan(world.spring, noon + 1h);
  CHECK(made.not_after == noon + 2h);
  CHECK(world.now_is(world.spring).status == CampaignStatus::draft);
  CHECK(world.now_is(world.spring).scheduled_at == noon + 1h);
  CHECK_FALSE(world.run(noon + 59min));
  const auto run = world.run(noon + 1h);
  REQUIRE(run);
  CHECK(run->audience == 3);
  CHECK(run->tenant_slug == "acme");
  CHECK(run->schedule.status == ScheduleStatus::launched);
  CHECK_FALSE(world.run(noon + 1h));
  const auto launched = world.now_is(world.spring);
  CHECK(launched.status == CampaignStatus::running);
  CHECK(launched.launched_at == noon + 1h);
  CHECK_FALSE(launched.scheduled_at);
  CHECK(launched.launch_key == fmt::format("schedule {} at 2026-05-01T13:00:00Z", made.id.value));
  REQUIRE(world.all().size() == 1);
  CHECK(world.all()[0].ended_at == noon + 1h);
  // A draft no more.
  CHECK(world.refusal([&](Tx& tx) {
    schedule_campaign(tx, world.tenant, world.spring.id, {noon + 3h, {}}, true, noon);
  }) == Errc::conflict);
}

TEST_CASE("what was late is launched up to its limit, and missed from then on") {
  Planned world;
  const auto other = add_test_campaign(world.db, world.tenant, "other");
  world.plan(world.spring, noon + 1h);
  world.plan(other, noon + 1h, noon + 5h);
  const auto missed = world.run(noon + 2h + 1s);
  REQUIRE(missed);
  CHECK(missed->schedule.status == ScheduleStatus::missed);
  CHECK(missed->schedule.campaign_slug == world.spring.slug);
  CHECK_FALSE(missed->schedule.reason.empty());
  CHECK(world.now_is(world.spring).status == CampaignStatus::draft);
  const auto late = world.run(noon + 2h + 1s);
  REQUIRE(late);
  CHECK(late->schedule.status == ScheduleStatus::launched);
  CHECK(world.now_is(other).status == CampaignStatus::running);
  REQUIRE(world.troubles(noon + 3h).size() == 1);
  CHECK(world.troubles(noon + 3h)[0].schedule.status == ScheduleStatus::missed);
  CHECK(world.troubles(noon + 48h).empty());
  // It may be planned again.
  world.db.run([&](Tx& tx) {
    schedule_campaign(tx, world.tenant, world.spring.id, {noon + 4h, {}}, true, noon + 3h);
  });
  CHECK(world.troubles(noon + 3h).empty());
  CHECK(world.troubles(noon + 4h + 2min).size() == 1);  // nobody launches it
  CHECK(world.run(noon + 4h)->audience == 3);
}

TEST_CASE("a plan that fails says why, changes nothing, and holds nobody up") {
  Planned world;
  const auto other = add_test_campaign(world.db, world.tenant, "other");
  world.plan(world.spring, noon + 1h);
  world.plan(other, noon + 2h);
  std::string reason;
  SUBCASE("nobody to text") {
    world.sql("UPDATE campaign SET audience = 'tag:nobody' WHERE slug = 'spring'");
    reason = "nobody to text";
  }
  SUBCASE("a row that cannot be read") {
    world.sql("UPDATE campaign SET created_at = '294000-01-01' WHERE slug = 'spring'");
    reason = "294000";
  }
  const auto failed = world.run(noon + 2h);
  REQUIRE(failed);
  CHECK(failed->schedule.status == ScheduleStatus::failed);
  CHECK(failed->schedule.campaign_slug == "spring");
  CHECK(failed->schedule.reason.find(reason) != std::string::npos);
  world.sql("UPDATE campaign SET created_at = now() WHERE slug = 'spring'");
  CHECK(world.run(noon + 2h)->schedule.status == ScheduleStatus::launched);
  CHECK_FALSE(world.run(noon + 2h));
  CHECK(world.now_is(world.spring).status == CampaignStatus::draft);
  REQUIRE(world.troubles(noon + 3h).size() == 1);
  world.sql("UPDATE campaign SET audience = 'all' WHERE slug = 'spring'");
  launch_test_campaign(world.db, world.tenant, world.spring.id);
  CHECK(world.troubles(noon + 3h).empty());
}

TEST_CASE("what the database fails with is tried again, and the others go first") {
  Planned world;
  const auto other = add_test_campaign(world.db, world.tenant, "other");
  const auto planned = world.plan(world.spring, noon + 1h);
  world.plan(other, noon + 1h);
  world.sql(
      "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
      " IF NEW.campaign_id = (SELECT id FROM campaign WHERE slug = 'spring') THEN"
      "  RAISE 'the disk is full' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$;"
      " CREATE TRIGGER fails BEFORE INSERT ON work_chunk FOR EACH ROW EXECUTE FUNCTION fail()");
  ScheduleTurn turn;
  const auto tried = world.run(noon + 1h, turn);
  REQUIRE(tried);
  CHECK(tried->schedule.id == planned.id);
  CHECK(tried->schedule.status == ScheduleStatus::planned);
  CHECK_FALSE(tried->schedule.reason.empty());
  turn.not_now.push_back(planned.id);
  CHECK(world.run(noon + 1h, turn)->schedule.status == ScheduleStatus::launched);
  CHECK_FALSE(world.run(noon + 1h, turn));
  const auto messages = [&] {
    return world.db.run([&](Tx& tx) {
      return exec(tx, "SELECT count(*) FROM message WHERE campaign_id = $1", world.spring.id)
          .front()[0]
          .as<int>();
    });
  };
  CHECK(messages() == 0);
  world.sql("DROP TRIGGER fails ON work_chunk");
  CHECK(world.run(noon + 1h)->schedule.status == ScheduleStatus::launched);
  CHECK(messages() == 3);
}

TEST_CASE("what somebody has in hand is left to them, and nobody waits") {
  Planned world;
  const auto other = add_test_campaign(world.db, world.tenant, "other");
  world.plan(world.spring, noon + 1h);
  world.plan(other, noon + 1h);
  Connection theirs{world.db.url()};
  {
    Transaction tx{theirs};
    lock_campaign(tx, world.tenant, world.spring.id);
    const auto run = world.run(noon + 1h);
    REQUIRE(run);
    CHECK(run->schedule.campaign == other.id);
    CHECK_FALSE(world.run(noon + 1h));
    launch_campaign(tx, world.tenant, world.spring.id, {}, noon + 1h);
    tx.commit();
  }
  CHECK_FALSE(world.run(noon + 1h));
  const auto ended =
      world.db.run([&](Tx& tx) { return list_schedules(tx, world.tenant, ScheduleStatus::canceled); });
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].reason == "it was launched by hand");
}

TEST_CASE("a tenant that is deleted takes its plans along") {
  Planned world;
  world.plan(world.spring, noon + 1h);
  world.db.run([&](Tx& tx) { delete_tenant(tx, world.tenant, noon); });
  CHECK_FALSE(world.run(noon + 1h));
  CHECK(world.troubles(noon + 3h).empty());
  CHECK(world.all()[0].status == ScheduleStatus::canceled);
}

TEST_CASE("another time, a cancel and a launch by hand end a plan") {
  Planned world;
  world.plan(world.spring, noon + 1h);
  const auto last = world.plan(world.spring, noon + 3h);
  CHECK(world.plan(world.spring, noon + 3h).id == last.id);
  CHECK_FALSE(world.run(noon + 2h));
  SUBCASE("canceled") {
    world.db.run([&](Tx& tx) { cancel_schedule(tx, world.tenant, world.spring.id, noon); });
    CHECK(world.refusal([&](Tx& tx) { cancel_schedule(tx, world.tenant, world.spring.id, noon); }) ==
          Errc::not_found);
    CHECK(world.now_is(world.spring).status == CampaignStatus::draft);
  }
  SUBCASE("launched by hand") {
    launch_test_campaign(world.db, world.tenant, world.spring.id);
    CHECK(world.all()[0].reason == "it was launched by hand");
  }
  SUBCASE("the campaign canceled") {
    world.db.run([&](Tx& tx) { cancel_campaign(tx, world.tenant, world.spring.id, noon); });
    CHECK(world.all()[0].reason == "the campaign was canceled");
  }
  CHECK_FALSE(world.run(noon + 3h));
  for (const auto& one : world.all()) CHECK(one.status == ScheduleStatus::canceled);
  CHECK(world.all().size() == 2);
}

TEST_CASE("a plan that cannot be is refused at once") {
  Planned world;
  const auto refusal = [&](const NewSchedule& planned, bool has_public_url = true) {
    return world.refusal(
        [&](Tx& tx) { schedule_campaign(tx, world.tenant, world.spring.id, planned, has_public_url, noon); });
  };
  CHECK(refusal({noon, {}}) == Errc::invalid);
  CHECK(refusal({noon - 1s, {}}) == Errc::invalid);
  CHECK(refusal({noon + 1h, noon + 59min}) == Errc::invalid);
  CHECK(refusal({noon + 1h, noon + 1h + 59s}) == Errc::invalid);
  CHECK(refusal({noon + 24h * 3651, {}}) == Errc::invalid);
  const auto linked =
      add_test_campaign(world.db, world.tenant, "linked", "See {{link:https://acme.example/}}");
  CHECK(world.refusal([&](Tx& tx) {
    schedule_campaign(tx, world.tenant, linked.id, {noon + 1h, {}}, false, noon);
  }) == Errc::refused);
  world.db.run([&](Tx& tx) { exec(tx, "UPDATE sender SET removed_at = now()"); });
  CHECK(refusal({noon + 1h, {}}) == Errc::refused);
  CHECK(world.all().empty());
}
