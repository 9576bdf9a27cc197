// Above 500 lines: one fixture, of ten contacts and what became of what they were sent, and the tables of cases that
// are read against it; apart, each would need the fixture again.
#include <algorithm>
#include <random>
#include <regex>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/link/link.hpp"
#include "core/segment/preview.hpp"
#include "tests/support/data.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using nlohmann::json;

namespace {

using Ids = std::vector<std::int64_t>;

// The fixture of tests/data/segment_cases.json: ten contacts and what became of what they were sent. The ids
// of its contacts count from `base`.
class Fixture {
 public:
  Fixture(TestDb& db, const Tenant& tenant, std::int64_t base = 0)
      : db_(db), tenant_(tenant.id), base_(base) {
    db.run([&](Tx& tx) {
      add_campaigns(tx);
      for (const auto& slug : data_["lists"])
        exec(tx, "INSERT INTO list (tenant_id, slug) VALUES ($1, $2)", tenant_, slug.get<std::string>());
      for (const auto& [slug, rule] : data_["segments"].items())
        exec(tx,
             "INSERT INTO segment (tenant_id, slug, rule, created_at, updated_at) VALUES ($1, $2, $3, now(), "
             "now())",
             tenant_, slug, rule.get<std::string>());
      for (const auto& contact : data_["contacts"]) add_contact(tx, contact);
    });
  }

  const json& cases() const { return data_["cases"]; }
  RuleClock clock() const {
    return {parse_rfc3339(data_["now"].get<std::string>()), data_["zone"].get<std::string>()};
  }

  Ids match(const std::string& text) { return match(parse_rule(text)); }
  Ids match(const SegmentRule& rule) {
    return db_.run([&](Tx& tx) {
      std::vector<Param> params{to_param(tenant_)};
      const auto compiled = compile_rule(tx, tenant_, rule, clock(), params);
      Ids ids;
      for (const auto& row :
           exec_with(tx,
                     fmt::format("SELECT c.id FROM contact c{} WHERE c.tenant_id = $1 AND {} ORDER BY c.id",
                                 compiled.joins, compiled.where),
                     params))
        ids.push_back(row[0].as<std::int64_t>() - base_);
      return ids;
    });
  }

  // "unknown_field 13".
  std::string error_of(const std::string& text) {
    try {
      match(text);
    } catch (const RuleError& error) {
      return fmt::format("{} {}", error.rule_code(), error.place().column);
    }
    return "";
  }

 private:
  void add_campaigns(Tx& tx) {
    exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, 't', 'Hi')", tenant_);
    for (const auto& slug : data_["campaigns"]) {
      const auto name = slug.get<std::string>();
      std::map<std::int64_t, json> sent;  // by contact
      for (const auto& contact : data_["contacts"])
        for (const auto& event : contact["events"])
          if (event["kind"] == "message" && event["campaign"] == name)
            sent[contact["id"].get<std::int64_t>()] = event;
      const auto first =
          exec(tx, "SELECT reserve_message_ids($1)", sent.size()).front()[0].as<std::int64_t>();
      const auto at = sent.begin()->second["at"].get<std::string>();
      const auto id =
          exec(tx,
               "INSERT INTO campaign (tenant_id, slug, status, template_id, audience, first_message,"
               " last_message, launched_at, finished_at)"
               " SELECT $1::bigint, $2::text, CASE WHEN $2 = 'flash' THEN 'running' ELSE 'finished' END, "
               "t.id, 'all',"
               "        $3::bigint, $4::bigint, $5::timestamptz,"
               "        CASE WHEN $2 <> 'flash' THEN $5::timestamptz + interval '1 hour' END"
               "   FROM template t WHERE t.tenant_id = $1 RETURNING id",
               tenant_, name, first, first + static_cast<std::int64_t>(sent.size()) - 1, at)
              .front()[0]
              .as<CampaignId>();
      campaigns_[name] = id;
      links_[name] =
          exec(tx,
               "INSERT INTO link (tenant_id, campaign_id, target_url) VALUES ($1, $2, 'https://acme.example')"
               " RETURNING id",
               tenant_, id)
              .front()[0]
              .as<LinkId>();
      auto message = first;
      for (const auto& [contact, event] : sent) {
        const auto status = event["status"].get<std::string>();
        exec(tx,
             "INSERT INTO message (tenant_id, id, campaign_id, contact_id, msisdn, status, skip_reason, "
             "created_at,"
             " status_at, claimed_at) VALUES ($1, $2, $3, $4, '+12125550100', $5::message_status, $6, $7, $7,"
             " CASE WHEN $5 <> 'skipped' THEN $7::timestamptz END)",
             tenant_, message, id, contact + base_, status, event.value("reason", ""),
             event["at"].get<std::string>());
        messages_[{name, contact}] = MessageId{message++};
      }
    }
  }

  void add_contact(Tx& tx, const json& contact) {
    const auto id = contact["id"].get<std::int64_t>();
    const auto msisdn = contact["msisdn"].get<std::string>();
    exec(tx,
         "INSERT INTO contact (tenant_id, id, msisdn, first_name, last_name, email, country, external_id, "
         "attributes,"
         " tags, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
         tenant_, id + base_, msisdn, contact.value("first_name", ""), contact.value("last_name", ""),
         contact.value("email", ""), contact.value("country", ""), contact.value("external_id", ""),
         contact["attributes"].dump(), contact["tags"].get<std::vector<std::string>>(),
         contact["created_at"].get<std::string>());
    for (const auto& list : contact["lists"])
      exec(tx,
           "INSERT INTO list_member (tenant_id, list_id, contact_id)"
           " SELECT $1::bigint, id, $3::bigint FROM list WHERE tenant_id = $1 AND slug = $2",
           tenant_, list.get<std::string>(), id + base_);
    if (const auto state = contact["consent"].get<std::string>(); state != "none")
      exec(tx,
           "INSERT INTO consent (tenant_id, msisdn, state, changed_at) VALUES ($1, $2, $3, coalesce($4::timestamptz, "
           "timestamptz '2027-01-01Z'))",
           tenant_, msisdn, state,
           contact.contains("consent_at") ? std::optional{contact["consent_at"].get<std::string>()}
                                          : std::nullopt);
    if (contact.value("dnc", false))
      exec(tx, "INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, $2)", tenant_, msisdn);
    for (const auto& event : contact["events"]) {
      const auto campaign = event["campaign"].get<std::string>();
      const auto at = parse_rfc3339(event["at"].get<std::string>());
      if (event["kind"] == "click") {
        Click click;
        click.link = links_[campaign];
        click.message = messages_[{campaign, id}];
        click.clicked_at = at;
        click.method = "GET";
        click.user_agent = event["class"] == "bot" ? "a bot" : "a phone";
        click.reading = classify_click(click.method, click.user_agent, "");
        record_clicks(tx, tenant_, CounterSlot{}, {click});
      }
      if (event["kind"] == "reply")
        exec(tx,
             "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body, keyword, contact_id, "
             "campaign_id,"
             " received_at) VALUES ($1, $2, $3, '+15005550006', 'text', $4, $5, $6, $7)",
             tenant_, fmt::format("SM{}", id), msisdn, event["keyword"].get<std::string>(), id + base_,
             campaigns_[campaign], at);
    }
  }

  TestDb& db_;
  TenantId tenant_;
  std::int64_t base_;
  json data_ = json::parse(test::read_data("segment_cases.json"));
  std::map<std::string, CampaignId> campaigns_;
  std::map<std::string, LinkId> links_;
  std::map<std::pair<std::string, std::int64_t>, MessageId> messages_;
};

const Ids everybody{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

Ids without(const Ids& ids) {
  Ids others;
  std::ranges::set_difference(everybody, ids, std::back_inserter(others));
  return others;
}

}  // namespace

TEST_CASE("rules match whom segment_cases.json says, and their complements all others") {
  TestDb db;
  Fixture fixture{db, add_test_tenant(db)};
  for (const auto& one : fixture.cases()) {
    const auto rule = one["rule"].get<std::string>();
    CAPTURE(rule);
    if (one.contains("error")) {
      CHECK(fixture.error_of(rule) ==
            fmt::format("{} {}", one["error"].get<std::string>(), one["column"].get<int>()));
      continue;
    }
    const auto matches = one["matches"].get<Ids>();
    CHECK(fixture.match(rule) == matches);
    CHECK(fixture.match("not (" + rule + ")") == without(matches));
  }
}

TEST_CASE("rules beside those of segment_cases.json") {
  TestDb db;
  Fixture fixture{db, add_test_tenant(db)};
  struct Case {
    std::string rule;
    Ids matches;
  };
  const Case cases[] = {
      {"all", everybody},
      {"not all", {}},
      {"tag in (news, 'black friday')", {1, 4, 6}},
      {"in list:staff", {2, 7}},
      {"list in (spring, staff) and not tag:vip", {4, 6, 7}},
      {"attr.PLAN in ('pro', trial)", {1, 2, 6, 8, 10}},
      {"attr.plan in (pro, '')", {1, 2, 3, 5, 8, 9, 10}},
      {"attr.plan not in (pro, '')", {4, 6, 7}},
      {"attr.plan = ''", {3, 5, 9}},
      {"attr.plan != ''", {1, 2, 4, 6, 7, 8, 10}},
      {"attr.plan is empty", {3, 5, 9}},
      {"attr.age in (34, 42, abc)", {1, 4, 8}},
      {"attr.age not in (34, 42)", {2, 3, 4, 5, 6, 7, 9, 10}},
      {"attr.age between 18 and 34", {1, 7, 10}},
      {"attr.age = 42", {8}},
      {"attr.age = '42'", {}},
      {"attr.score <= -2.5", {6}},
      {"attr.age is set and not attr.age >= 0", {4}},
      {"attr.city = 'S\xC3\x83O paulo'", {1}},
      {"attr.city contains '\xC3\x83O'", {1}},
      {"attr.city == 'S\xC3\x83O paulo'", {}},
      {"attr.plan starts with PRO", {1, 2, 7, 8, 10}},
      {"attr.plan ends with plus", {7}},
      {"attr.plan not contains r", {3, 5, 9}},
      {"first_name is empty", {3}},
      {"first_name != ann", {2, 3, 4, 5, 6, 7, 8, 9, 10}},
      {"external_id = 'A-1'", {1}},
      {"external_id = 'a-1'", {2}},
      {"external_id in (A-1, a-1)", {1, 2}},
      {"msisdn starts with +1212 and not msisdn ends with 0110", {1, 2, 3, 4, 5, 6, 7, 8, 9}},
      {"msisdn = +12125550101", {1}},
      {"attr.renewal on 2027-03-20", {1}},
      {"attr.renewal = tomorrow", {7}},
      {"attr.renewal within next 1d", {7}},
      {"attr.renewal within next 7d", {1, 7}},
      {"attr.renewal before 2027-03-20", {7}},
      {"attr.renewal after 2027-03-16", {1}},
      {"attr.renewal between 2027-03-16 and 2027-03-20", {1, 7}},
      {"attr.renewal in (2027-03-16, soon)", {7, 9}},
      {"attr.renewal is set", {1, 7, 9}},
      {"not attr.renewal after 2027-03-16", {2, 3, 4, 5, 6, 7, 8, 9, 10}},
      {"attr.born anniversary today", {1}},
      {"attr.born anniversary within next 11mo", {1}},
      {"attr.born anniversary within next 1y", {1, 2}},
      {"attr.born older than 36y", {1}},
      {"consent = opted_in", {1, 2, 3, 6, 7, 8, 9}},
      {"consent = none", {5, 10}},
      {"consent in (NONE, opted_out)", {4, 5, 10}},
      {"consent != opted_in", {4, 5, 10}},
      {"consent is set", {1, 2, 3, 4, 6, 7, 8, 9}},
      {"consent_at before 2026-06-01", {1}},
      {"consent_at since 2026-06-01 and consent_at < 100d", {3, 4, 6, 7, 8, 9}},
      {"consent_at is empty", {5, 10}},
      {"dnc", {6}},
      {"not dnc", {1, 2, 3, 4, 5, 7, 8, 9, 10}},
      {"dnc is set", {6}},
      {"created_at = 2027-03-14", {9}},
      {"created_at on today", {10}},
      {"created_at <= 2027-03-14", {1, 2, 3, 4, 5, 6, 7, 8, 9}},
      {"created_at > 2027-03-14", {10}},
      {"created_at after yesterday", {10}},
      {"created_at since yesterday", {9, 10}},
      {"created_at before yesterday", {1, 2, 3, 4, 5, 6, 7, 8}},
      {"created_at since 2027-03-14T00:30", {9, 10}},
      {"created_at since 2027-03-14T04:30Z", {8, 9, 10}},
      {"created_at older than 9mo", {1, 2}},
      {"created_at in (2027-03-14, 2027-03-15)", {9, 10}},
      {"last_sent is empty", {3, 6, 10}},
      {"last_sent on 2027-03-10", {1, 2, 5, 7}},
      {"last_sent before 2027-03-01", {4}},
      {"last_received older than 30d", {2, 4}},
      {"last_delivered since 2027-03-10", {1, 9}},
      {"last_reply is set", {1}},
      {"last_reply anniversary within next 1y", {1}},
      {"not last_click within 30d", {2, 3, 4, 5, 6, 8, 10}},
      {"sent_count >= 2", {2, 7, 9}},
      {"sent_count = 0", {3, 6, 10}},
      {"sent_count in (0, 3)", {3, 6, 9, 10}},
      {"sent_count between 2 and 3", {2, 7, 9}},
      {"sent_count != 0", {1, 2, 4, 5, 7, 8, 9}},
      {"click_count < 1", {2, 3, 4, 5, 6, 8, 10}},
      {"reply_count > 0", {1}},
      {"targeted campaign:spring", {1, 2, 3, 5, 6, 7, 9}},
      {"targeted campaign in (winter, flash)", {2, 4, 7, 8, 9}},
      {"sent campaign:spring", {1, 2, 5, 7, 9}},
      {"failed campaign:spring", {2}},
      {"failed within 7d", {2}},
      {"skipped", {3, 6}},
      {"skipped for dnc", {6}},
      {"skipped for no_consent campaign:spring within 7d", {3}},
      {"received = 0 times", {3, 6, 10}},
      {"received != 0 times", {1, 2, 4, 5, 7, 8, 9}},
      {"received < 2 times", {1, 2, 3, 4, 5, 6, 8, 10}},
      {"not received >= 2 times", {1, 2, 3, 4, 5, 6, 8, 10}},
      {"clicked campaign:winter", {7}},
      {"clicked campaign:flash within 1d", {9}},
      {"clicked between 2027-02-13 and 2027-03-10", {1, 7}},
      {"sent before 2027-02-01", {2, 4, 7, 9}},
      {"sent since 2027-03-15", {8, 9}},
      {"replied campaign:winter", {}},
      {"tag:news or last_click < 30d or not list:spring", {1, 3, 4, 7, 8, 9, 10}},
      {"not (segment:vips or segment:actives) and tag:vip", {2, 5}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.rule);
    CHECK(fmt::format("{}", fmt::join(fixture.match(c.rule), " ")) ==
          fmt::format("{}", fmt::join(c.matches, " ")));
    CHECK(fixture.match(fmt::format("not ({})", c.rule)) == without(c.matches));
    CHECK(fixture.match(format_rule(parse_rule(c.rule))) == c.matches);
  }
}

TEST_CASE("what a rule may not ask, and where it stands") {
  TestDb db;
  Fixture fixture{db, add_test_tenant(db)};
  struct Case {
    std::string rule, error;
  };
  const Case cases[] = {
      {"country > US", "wrong_type 9"},
      {"attr.plan < 'pro'", "wrong_type 11"},
      {"attr.plan between a and b", "wrong_type 11"},
      {"first_name within 30d", "wrong_type 12"},
      {"created_at contains 2027", "wrong_type 12"},
      {"created_at = 30d", "wrong_type 12"},
      {"created_at > soon", "invalid_date 14"},
      {"last_click < 30x", "invalid_duration 14"},
      {"last_click < 30", "invalid_date 14"},
      {"created_at on now", "invalid_date 15"},
      {"created_at between 2027-03-02 and 2027-03-01", "invalid_date 35"},
      {"sent_count > many", "invalid_number 14"},
      {"attr.age between 9 and 2", "invalid_number 24"},
      {"consent = yes", "unknown_value 11"},
      {"dnc = 'x'", "wrong_type 5"},
      {"skipped for boredom", "unknown_value 13"},
      {"tag:'a,b'", "unknown_value 5"},
      {"name contains ''", "unknown_value 15"},
      {"list:sprin", "unknown_list 6"},
      {"list in (spring, summer)", "unknown_list 18"},
      {"sent campaign:winte", "unknown_campaign 15"},
      {"all and segment:vip", "unknown_segment 17"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.rule);
    CHECK(fixture.error_of(c.rule) == c.error);
  }
}

TEST_CASE("not is the complement of whatever rule chance makes") {
  TestDb db;
  Fixture fixture{db, add_test_tenant(db)};
  const std::vector<std::string> tests{"tag:vip",
                                       "list:staff",
                                       "segment:vips",
                                       "country in (US, '')",
                                       "attr.age < 30",
                                       "attr.plan != pro",
                                       "attr.plan contains r",
                                       "attr.renewal within next 7d",
                                       "last_click < 30d",
                                       "last_click is empty",
                                       "last_sent > 10d",
                                       "received within 30d",
                                       "sent >= 2 times",
                                       "failed",
                                       "click_count = 0",
                                       "consent = none",
                                       "consent_at > 1y",
                                       "dnc",
                                       "created_at on yesterday",
                                       "attr.born anniversary today",
                                       "not list:spring",
                                       "skipped for dnc",
                                       "replied within 7d",
                                       "clicked campaign:winter"};
  std::mt19937 chance{20270315};
  const auto below = [&](std::size_t limit) { return chance() % limit; };
  const std::function<std::string(int)> make = [&](int depth) -> std::string {
    if (depth == 0 || below(4) == 0) return tests[below(tests.size())];
    if (below(4) == 0) return "not (" + make(depth - 1) + ")";
    const auto* word = below(2) == 0 ? ") and (" : ") or (";
    return "(" + make(depth - 1) + word + make(depth - 1) + ")";
  };
  for (int i = 0; i < 150; ++i) {
    const auto rule = make(3), other = make(2);
    CAPTURE(rule);
    CAPTURE(other);
    const auto matches = fixture.match(rule);
    CHECK(fixture.match("not (" + rule + ")") == without(matches));
    // De Morgan's law, and the parentheses that explain shows.
    CHECK(fixture.match("not ((" + rule + ") and (" + other + "))") ==
          fixture.match("not (" + rule + ") or not (" + other + ")"));
    CHECK(fixture.match(format_rule(parse_rule(rule))) == matches);
  }
}

TEST_CASE("a rule sees nothing of another tenant, and all its tables are read for one") {
  TestDb db;
  const auto other = add_test_tenant(db, "other");
  Fixture others{db, other, 100};
  const auto tenant = add_test_tenant(db);
  const auto& cases = others.cases();
  db.run([&](Tx& tx) {  // the same contacts, and nothing that ever happened to them
    exec(tx,
         "INSERT INTO contact (tenant_id, id, msisdn, first_name, tags)"
         " SELECT $1::bigint, id, msisdn, 'Ann', '{plain}' FROM contact WHERE tenant_id = $2",
         tenant.id, other.id);
    for (const char* slug : {"spring", "staff"})
      exec(tx, "INSERT INTO list (tenant_id, slug) VALUES ($1, $2)", tenant.id, slug);
    exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, 't', 'Hi')", tenant.id);
    for (const char* slug : {"winter", "spring", "flash"})
      exec(tx,
           "INSERT INTO campaign (tenant_id, slug, template_id, audience)"
           " SELECT $1::bigint, $2, id, 'all' FROM template WHERE tenant_id = $1",
           tenant.id, slug);
    exec(tx,
         "INSERT INTO segment (tenant_id, slug, rule, created_at, updated_at)"
         " SELECT $1::bigint, slug, rule, now(), now() FROM segment WHERE tenant_id = $2",
         tenant.id, other.id);
  });
  const std::regex table{R"((FROM|JOIN) (contact|consent|dnc|list_member|message|click|inbound) (\w+)?)"};
  const auto look = [&](const std::string& text, bool may_match) {
    CAPTURE(text);
    db.run([&](Tx& tx) {
      std::vector<Param> params{to_param(tenant.id)};
      const auto compiled = compile_rule(tx, tenant.id, parse_rule(text), others.clock(), params);
      const auto sql = fmt::format("SELECT count(*) FROM contact c{} WHERE c.tenant_id = $1 AND {}",
                                   compiled.joins, compiled.where);
      const auto tables =
          std::distance(std::sregex_iterator{sql.begin(), sql.end(), table}, std::sregex_iterator{});
      const std::regex bound{R"(tenant_id = \$1)"};
      CHECK(std::distance(std::sregex_iterator{sql.begin(), sql.end(), bound}, std::sregex_iterator{}) ==
            tables);
      if (!may_match) CHECK(exec_with(tx, sql, params).front()[0].as<int>() == 0);
    });
  };
  for (const char* rule : {"tag:vip",
                           "list:spring",
                           "list in (spring, staff)",
                           "consent = opted_in",
                           "consent_at is set",
                           "dnc",
                           "sent",
                           "received within 30d",
                           "failed",
                           "skipped",
                           "clicked",
                           "replied",
                           "last_click is set",
                           "last_sent is set",
                           "sent_count > 0",
                           "click_count > 0",
                           "targeted campaign:spring",
                           "clicked campaign:winter",
                           "segment:vips",
                           "targeted between 2027-01-01 and today"})
    look(rule, false);
  for (const auto& one : cases)
    if (!one.contains("error")) look(one["rule"].get<std::string>(), true);
}

TEST_CASE("texts that try to be SQL are values") {
  TestDb db;
  Fixture fixture{db, add_test_tenant(db)};
  for (const char* rule :
       {"name = '''; DROP TABLE contact; --'", "attr.'x'') OR true --' = 1", "tag:'{}'' OR 1=1'",
        "attr.\"$1\" = \"$2\"", "name contains '%'", "name in ('{', '\"', '\\', 'NULL')"}) {
    CAPTURE(rule);
    CHECK(fixture.match(rule).empty());
  }
}

TEST_CASE("a preview counts who is there only for want of a value, and explain says which") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  Fixture fixture{db, tenant};
  db.run([&](Tx& tx) {
    const auto rule = parse_rule("attr.plan != 'pro' and not dnc");
    const auto preview = preview_rule(tx, tenant.id, rule, fixture.clock());
    CHECK(preview.count == 5);   // 3 4 5 7 9
    CHECK(preview.absent == 3);  // 3 5 9
    REQUIRE(preview.sample.size() == 5);
    CHECK(preview.sample[0].msisdn == "+12125550103");
    CHECK(preview.sample[1].name == "Dee");
    const auto explained = explain_rule(tx, tenant.id, rule, fixture.clock());
    CHECK(explained.rule == "(attr.plan != 'pro' and not dnc)");
    CHECK(explained.count == 5);
    REQUIRE(explained.absences.size() == 1);
    CHECK(explained.absences[0].field == "attr.plan");
    CHECK(explained.absences[0].contacts == 3);
    CHECK(explained.cost > 0);
    CHECK(preview_rule(tx, tenant.id, parse_rule("all"), fixture.clock()).sample.size() == 10);
    CHECK(explain_rule(tx, tenant.id, parse_rule("tag:vip or tag:nobody"), fixture.clock()).unused_tags ==
          std::vector<std::string>{"nobody"});
    CHECK(explain_rule(tx, tenant.id, parse_rule("segment:vips"), fixture.clock()).segments ==
          std::vector<std::string>{"vips", "actives"});
  });
}

TEST_CASE("attributes that are no number or no day are none, whatever they hold") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  Fixture fixture{db, tenant};
  const std::vector<std::string> odd{"1e9",
                                     "NaN",
                                     "Infinity",
                                     "12.",
                                     ".5",
                                     "--1",
                                     "\xD9\xA1\xD9\xA2",
                                     "0x1F",
                                     "1_000",
                                     "2027-02-30",
                                     "2027-13-01",
                                     "0000-01-01",
                                     "2027-1-1",
                                     "2027-03-20T25:00",
                                     "2027-03-20 10:00:00+99:99",
                                     "99999-01-01",
                                     "yesterday",
                                     "now",
                                     "epoch",
                                     "infinity",
                                     std::string(500, '9'),
                                     "2027-03-20T10:00:00.1234567",
                                     "2027-03-20Z",
                                     " 2027-03-20 \n",
                                     "2027-03-20t10:00"};
  for (const auto& value : odd) {
    CAPTURE(value);
    db.run([&](Tx& tx) {
      exec(tx, "UPDATE contact SET attributes = jsonb_build_object('odd', $2::text) WHERE tenant_id = $1",
           tenant.id, value);
    });
    CHECK(fixture.match("attr.odd > 0").empty());
    CHECK(fixture.match("not attr.odd > 0") == everybody);
    const bool is_day = trim(value) == "2027-03-20";
    CHECK(fixture.match("attr.odd since 1900-01-01").size() == (is_day ? 10 : 0));
    CHECK(fixture.match("attr.odd anniversary today").empty());
  }
  for (const char* value :
       {"2027-03-20T10:00Z", "2027-03-20 06:00", "2027-03-20T05:00:00.25-05:00", "2027-03-20T06:00:00"}) {
    CAPTURE(value);
    db.run([&](Tx& tx) {
      exec(tx, "UPDATE contact SET attributes = jsonb_build_object('odd', $2::text) WHERE tenant_id = $1",
           tenant.id, value);
    });
    CHECK(fixture.match("attr.odd between 2027-03-20T09:59Z and 2027-03-20T10:01Z") == everybody);
    CHECK(fixture.match("attr.odd on 2027-03-20") == everybody);
  }
}
