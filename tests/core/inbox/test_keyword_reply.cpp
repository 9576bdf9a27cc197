#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/contact/list.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/keyword_reply.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using test::SendFixture;

namespace {

struct Keywords : SendFixture {
  ListId list = db.run([&](Tx& tx) { return add_list(tx, tenant.id, "spring", "").id; });

  void add(const std::string& word, const std::string& reply, std::optional<ListId> joins = std::nullopt) {
    db.run([&](Tx& tx) { add_keyword(tx, tenant.id, word, reply, joins); });
  }
  InboundOutcome text(const std::string& sid, const std::string& body,
                      const std::string& from = "+14155550123") {
    return db
        .run([&](Tx& tx) {
          return record_inbound(tx, tenant, webhook_slot,
                                {{sid, from, "+15005550006", body, "", std::nullopt}}, now());
        })
        .front();
  }
};

}  // namespace

TEST_CASE("keyword_form") {
  const std::pair<const char*, const char*> cases[] = {
      {"join", "JOIN"}, {" Join! ", "JOIN"}, {"opté 24", "OPTE24"},
      {"", ""},         {"👍", ""},           {"Вступить!", "вступить"},
      {"join\xff", ""}, {"JOIN 🎉", "JOIN"},  {"a very long text that is certainly no keyword", ""},
  };
  for (const auto& [text, form] : cases) {
    CAPTURE(text);
    CHECK(keyword_form(text) == form);
  }
}

TEST_CASE("a keyword is answered once a text, from the sender that was written to") {
  Keywords f;
  f.add("hours", "We are open 9 to 5.");
  CHECK(f.text("SM1", "Hours?").keyword == Keyword::none);
  f.text("SM1", "Hours?");
  CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "1");
  CHECK(f.value("SELECT body FROM message m JOIN work_due d ON d.message_id = m.id AND d.task = 'send'"
                " WHERE m.tenant_id = $1 AND m.kind = 'reply' AND m.sender_id = (SELECT id FROM sender)") ==
        "We are open 9 to 5.");
  CHECK(f.value("SELECT keyword FROM inbound WHERE tenant_id = $1") == "HOURS");
  f.text("SM2", "what are your hours");
  CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "1");
}

TEST_CASE(
    "a JOIN word adds the contact to the list, and the text is the proof of consent, also after a STOP") {
  Keywords f;
  f.add("JOIN", "Welcome!", f.list);
  f.text("SM1", "STOP");
  f.text("SM2", "join");
  CHECK(f.value("SELECT c.msisdn FROM list_member m JOIN contact c ON c.id = m.contact_id"
                " WHERE m.tenant_id = $1") == "+14155550123");
  f.db.run([&](Tx& tx) {
    const auto consent = get_consent_status(tx, f.tenant.id, "+14155550123");
    CHECK(consent.state == ConsentState::opted_in);
    CHECK(consent.latest->source == "join");
    CHECK(consent.latest->inbound.has_value());
  });
}

TEST_CASE("a reply is filled in with the fields of whoever wrote, as campaigns are") {
  Keywords f;
  f.sql(
      "INSERT INTO contact (tenant_id, msisdn, first_name, attributes)"
      " VALUES ($1, '+14155550123', 'Ann', '{\"city\": \"Köln\"}')");
  f.add("hours", "Hi {{first_name|there}} of {{ City }}, {{{{braces}}}}");
  f.add("plan", "{{city|Nowhere}} {{phone}}");
  f.add("join", "Welcome {{first_name|friend}}", f.list);
  f.add("name", "{{first_name}}");
  f.db.run([&](Tx& tx) {
    const auto from = [](std::string sid, std::string who, std::string body) {
      return NewInbound{std::move(sid), std::move(who), "+15005550006", std::move(body), "", std::nullopt};
    };
    record_inbound(tx, f.tenant, webhook_slot,
                   {from("SM1", "+14155550123", "hours"), from("SM2", "+14155550124", "hours"),
                    from("SM3", "+14155550123", "plan"), from("SM4", "+14155550125", "join"),
                    from("SM5", "+14155550126", "name")},
                   now());
  });
  CHECK(f.value("SELECT string_agg(body, ';' ORDER BY msisdn, body) FROM message WHERE tenant_id = $1") ==
        "Hi Ann of Köln, {{braces}};Köln +14155550123;Hi there of , {{braces}};Welcome friend");
}

TEST_CASE("a connection that keeps statements keeps one for replies, whatever fields they name") {
  Keywords f;
  auto connection = f.db.connect();
  connection.keep_statements();
  const auto render = [&](const std::string& reply) {
    const KeywordReply keyword{"HOURS", reply, std::nullopt, ""};
    return in_transaction(connection,
                          [&](Tx& tx) {
                            return render_replies(tx, f.tenant.id, {{"+14155550123", &keyword}});
                          })
        .front();
  };
  const auto kept = [&] {
    return in_transaction(connection, [](Tx& tx) {
      return exec(tx, "SELECT count(*) FROM pg_prepared_statements").front()[0].as<int>();
    });
  };
  f.sql(
      "INSERT INTO contact (tenant_id, msisdn, first_name, last_name, country, attributes)"
      " VALUES ($1, '+14155550123', 'Ann', 'Lee', 'US', '{\"city\": \"Köln\", \"pin\": 1.50}')");
  CHECK(render("{{name}}, {{phone}}") == "Ann Lee, +14155550123");
  const int before = kept();
  CHECK(render("{{name}} of {{city}}, {{country}}") == "Ann Lee of Köln, US");
  CHECK(render("{{pin}} {{town|nowhere}} {{email|none}}") == "1.50 nowhere none");
  CHECK(kept() == before);
}

TEST_CASE("a reply that is no template, or makes a link, is refused when it is set") {
  Keywords f;
  const auto refusal = [&](const std::string& reply) {
    try {
      f.add("hours", reply);
    } catch (const Error& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(refusal("Hi {{first_name") != "");
  CHECK(refusal("Hi {{first name}}") != "");
  CHECK(refusal("See {{link:https://acme.example/}}").find("cannot make a short link") != std::string::npos);
  f.add("hours", "Hi");
  CHECK_THROWS_AS(f.db.run([&](Tx& tx) {
    update_keyword(tx, f.tenant.id, "hours", std::string{"Hi {{"}, std::nullopt, now());
  }),
                  Error);
}

TEST_CASE("the words of STOP, START and HELP are taken, and a keyword must do something") {
  Keywords f;
  for (const auto* word : {"STOP", "Baja", "yes", "help", "", "😀", "cancel"}) {
    CAPTURE(word);
    CHECK_THROWS_AS(f.add(word, "no"), Error);
  }
  CHECK_THROWS_AS(f.add("JOIN", ""), Error);
  CHECK_THROWS_AS(f.add("JOIN", std::string(1601, 'a')), Error);
  f.add("JOIN", "hi");
  CHECK_THROWS_AS(f.add("join!", "hi"), Error);
}

TEST_CASE("a START word of another language may be a keyword of the tenant's, whose meaning goes first") {
  Keywords f;
  f.add("Anmelden", "The course is on Monday.");
  const auto consent = [&] { return f.value("SELECT state FROM consent WHERE tenant_id = $1"); };
  f.text("SM1", "stop");
  CHECK(f.text("SM2", "anmelden").keyword == Keyword::none);
  CHECK(f.value("SELECT keyword FROM inbound WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1") == "ANMELDEN");
  CHECK(consent() == "opted_out");
  f.db.run([&](Tx& tx) { delete_keyword(tx, f.tenant.id, "anmelden"); });
  CHECK(f.text("SM3", "anmelden").keyword == Keyword::start);
  CHECK(consent() == "opted_in");
}

TEST_CASE("a keyword is updated in parts and deleted") {
  Keywords f;
  f.add("JOIN", "hi", f.list);
  f.db.run([&](Tx& tx) {
    CHECK(update_keyword(tx, f.tenant.id, "join", "hello", std::nullopt, now()).list_slug == "spring");
    CHECK(update_keyword(tx, f.tenant.id, "join", std::nullopt, std::optional<ListId>{}, now()).reply ==
          "hello");
    CHECK_THROWS_AS(update_keyword(tx, f.tenant.id, "join", "", std::nullopt, now()), Error);
    delete_keyword(tx, f.tenant.id, "JOIN");
    CHECK(list_keywords(tx, f.tenant.id).empty());
    CHECK_THROWS_AS(delete_keyword(tx, f.tenant.id, "JOIN"), Error);
  });
}

TEST_CASE("a tenant's own stop word opts out as STOP does, in any script") {
  Keywords f;
  f.tenant.stop_reply = "You are out.";
  f.db.run([&](Tx& tx) {
    CHECK(add_keyword(tx, f.tenant.id, "нет!", "", std::nullopt, true).word == "нет");
    add_keyword(tx, f.tenant.id, "bye", "Farewell.", std::nullopt, true);
    CHECK_THROWS_AS(add_keyword(tx, f.tenant.id, "ciao", "", f.list, true), Error);
    CHECK_THROWS_AS(add_keyword(tx, f.tenant.id, "ciao", "Bye {{first_name}}", std::nullopt, true), Error);
  });
  const auto first = f.text("SM1", "Нет");
  CHECK(first.keyword == Keyword::stop);
  CHECK(first.reply == "You are out.");
  CHECK(f.text("SM2", "нет").reply.empty());
  CHECK(f.text("SM3", "BYE", "+14155550199").reply == "Farewell.");
  CHECK(f.value("SELECT string_agg(method || ':' || source, ' ' ORDER BY id) FROM consent_event"
                " WHERE tenant_id = $1 AND action = 'opt_out'") == "keyword:Нет keyword:нет keyword:BYE");
  CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "0");
  CHECK(f.value("SELECT min(keyword) FROM inbound WHERE tenant_id = $1") == "stop");
}

TEST_CASE("a tenant's keyword goes before what stops in another language, and after STOP itself") {
  Keywords f;
  CHECK(f.text("SM1", "Berhenti", "+14155550198").keyword == Keyword::stop);
  f.add("BERHENTI", "The stop is near the market.");
  CHECK(f.text("SM2", "berhenti").keyword == Keyword::none);
  CHECK(f.value("SELECT keyword FROM inbound WHERE tenant_id = $1 AND provider_sid = 'SM2'") == "BERHENTI");
  CHECK_THROWS_AS(f.add("Sair", "no"), Error);
}
