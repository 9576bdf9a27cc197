#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/import/message_log.hpp"
#include "core/import/preset.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

TEST_CASE("the direction says who the person is, and where there is none the status does") {
  struct Case {
    LoggedMessage message;
    const char* person;
  };
  const Case cases[] = {
      {{.from = "us", .to = "them", .direction = "outbound-api"}, "them"},
      {{.from = "us", .to = "them", .direction = "outbound-reply"}, "them"},
      {{.from = "them", .to = "us", .direction = "inbound"}, "them"},
      {{.from = "them", .to = "us", .direction = "Incoming"}, "them"},
      {{.from = "them", .to = "us", .direction = "MO"}, "them"},
      {{.from = "them", .to = "us", .status = "received"}, "them"},
      {{.from = "us", .to = "them", .status = "undelivered"}, "them"},
      {{.from = "a", .to = "b", .status = "odd"}, ""},
      {{.from = "a", .to = "b", .direction = "sideways", .status = "sent"}, ""},
      {{.from = "us", .to = "them", .tells_direction = false}, "them"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message.direction);
    CAPTURE(c.message.status);
    CHECK(read_logged_message(c.message).person == c.person);
  }
}

TEST_CASE("who said stop, and whom the provider refused for it, is known with the words") {
  const auto opt_out = [](LoggedMessage message) { return read_logged_message(message).opt_out; };
  for (const char* body : {"STOP", "stop.", "Unsubscribe", "ARRET", "please stop texting me"})
    CHECK(opt_out({.direction = "inbound", .body = body}) == fmt::format("the text \"{}\"", body));
  for (const char* body : {"Do you deliver?", "START", "yes", ""})
    CHECK(opt_out({.direction = "inbound", .body = body}) == "");
  // Our own words are no one else's.
  CHECK(opt_out({.direction = "outbound-api", .body = "STOP"}) == "");
  for (const char* error : {"21610", "21610.0", "Error 21610: unsubscribed"})
    CHECK(opt_out({.direction = "outbound-api", .error = error}) == "error 21610");
  for (const char* error : {"0", "", "30003", "121610", "216100"})
    CHECK(opt_out({.direction = "outbound-api", .error = error}) == "");
}

TEST_CASE("times are read as the console and the API of the provider write them") {
  for (const char* at : {"2026-02-01T10:05:00Z", "2026-02-01 10:05:00 UTC", "2026-02-01 10:05:00",
                         "Sun, 01 Feb 2026 10:05:00 +0000", "Sun, 01 Feb 2026 12:05:00 +0200"}) {
    CAPTURE(at);
    CHECK(read_logged_message({.direction = "inbound", .at = at}).at ==
          parse_rfc3339("2026-02-01T10:05:00Z"));
  }
  for (const char* at : {"", "03/04/2026", "soon", "2026-02-30"})
    CHECK_FALSE(read_logged_message({.at = at}).at);
}

TEST_CASE(
    "the log of an earlier programme brings its people and what they said, newest first or oldest first") {
  const auto rows = split(
      "+15005550006,+14155550181,Spring sale. Reply STOP to "
      "end,delivered,2026-02-01T10:00:00Z,0,outbound-api\n"
      "+15005550006,+14155550182,Spring sale. Reply STOP to "
      "end,delivered,2026-02-01T10:00:01Z,0,outbound-api\n"
      "+15005550006,+14155550183,Spring sale. Reply STOP to "
      "end,undelivered,2026-02-01T10:00:02Z,21610,outbound-api\n"
      "+14155550182,+15005550006,STOP,received,2026-02-01T10:05:00Z,0,inbound\n"
      "+15005550006,+14155550182,You are unsubscribed,sent,2026-02-01T10:05:01Z,0,outbound-reply\n"
      "+14155550184,+15005550006,Do you deliver?,received,2026-02-01T10:06:00Z,0,inbound",
      '\n');
  for (const bool newest_first : {false, true}) {
    CAPTURE(newest_first);
    Importer import;
    std::string csv = "From,To,Body,Status,SentDate,ErrorCode,Direction\n";
    for (std::size_t i = 0; i < rows.size(); ++i) csv += rows[newest_first ? rows.size() - 1 - i : i] + "\n";
    const auto preset = load_import_preset("twilio");
    ImportOptions options;
    options.columns.preset_map = preset.map;
    options.columns.preset_ignore = preset.ignore;
    options.consent_source = "earlier programme";
    const auto run = import.run(csv, options);
    CHECK(run.import.counts.rejected == 0);
    CHECK(import.value("SELECT string_agg(msisdn, ' ' ORDER BY msisdn) FROM contact WHERE tenant_id = $1") ==
          "+14155550181 +14155550182 +14155550183 +14155550184");
    CHECK(import.consent("+14155550181") == "opted_in");
    CHECK(import.consent("+14155550182") == "opted_out");
    CHECK(import.consent("+14155550183") == "opted_out");
    CHECK(import.consent("+14155550184") == "opted_in");
    const auto events =
        import.db.run([&](Tx& tx) { return list_consent_events(tx, import.tenant.id, "+14155550182"); });
    REQUIRE(events.size() == 1);
    CHECK(events[0].source == "the text \"STOP\" in contacts.csv");
    CHECK(events[0].occurred_at == parse_rfc3339("2026-02-01T10:05:00Z"));
    CHECK(import.value("SELECT source FROM consent_event WHERE tenant_id = $1 AND msisdn = '+14155550183'") ==
          "error 21610 in contacts.csv");
  }
}
