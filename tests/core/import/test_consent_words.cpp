#include <doctest/doctest.h>

#include <string>

#include "core/import/consent_words.hpp"

using namespace smscrm;

namespace {

const char* name(ConsentColumn column) {
  switch (column) {
    case ConsentColumn::none:
      return "none";
    case ConsentColumn::texts:
      return "texts";
    case ConsentColumn::unnamed:
      return "unnamed";
    case ConsentColumn::opt_out:
      return "opt_out";
    case ConsentColumn::opt_out_at:
      return "opt_out_at";
  }
  return "";
}

}  // namespace

TEST_CASE("columns of consent to texts are known by the names that shops and newsletters give them") {
  for (const char* header : {"Accepts SMS Marketing",
                             "accepts-sms-marketing",
                             "SMS Consent",
                             "smsConsent",
                             "SMSConsent",
                             "SMS opt-in",
                             "SMS Marketing Consent",
                             "SMS Marketing: Status",
                             "SMS status",
                             "smsStatus",
                             "Text Opt-In",
                             "textOptIn",
                             "OK to text?",
                             "May we text you?",
                             "Can receive SMS",
                             "Texting permission",
                             "SMS erlaubt",
                             "SMS-Einwilligung",
                             "Accepte les SMS",
                             "Acepta SMS",
                             "Aceita SMS",
                             "Consenso SMS",
                             "Toestemming sms",
                             "sms_subscribed",
                             "SMS"}) {
    CAPTURE(header);
    CHECK(name(classify_consent_header(header)) == std::string{"texts"});
  }
  for (const char* header : {"Subscribed", "Subscriber status", "Accepts Marketing", "Marketing permission",
                             "Opt-In", "opt_in", "Consent status", "GDPR consent"}) {
    CAPTURE(header);
    CHECK(name(classify_consent_header(header)) == std::string{"unnamed"});
  }
}

TEST_CASE("so are those in which a yes is a no, and those with the time of one") {
  for (const char* header : {"Do Not Contact",
                             "Do not text",
                             "do_not_sms",
                             "DoNotCall",
                             "Don't text",
                             "Don\u2019t contact",
                             "DNC",
                             "Unsubscribed",
                             "is_unsubscribed",
                             "Opted out",
                             "Opt-Out",
                             "OptOut",
                             "SMS Opt Out",
                             "Opted out of SMS",
                             "HasOptedOutOfMobile",
                             "SMS blocklisted",
                             "SMS_BLACKLISTED",
                             "Suppressed",
                             "No SMS",
                             "Not subscribed",
                             "Email opt out & SMS opt out",
                             "Do not allow Phone Calls",
                             "Text message opt out",
                             "Nicht kontaktieren",
                             "Keine SMS",
                             "Werbesperre",
                             "Ne pas contacter",
                             "Désabonné",
                             "No contactar",
                             "No enviar SMS",
                             "Dado de baja",
                             "Não contatar",
                             "Non contattare",
                             "Geen sms",
                             "Stop SMS"}) {
    CAPTURE(header);
    CHECK(name(classify_consent_header(header)) == std::string{"opt_out"});
  }
  for (const char* header :
       {"STOP date", "Unsubscribed At", "unsubscribed_on", "opt_out_date", "Opt-Out Timestamp",
        "SMS marketing opt-out time", "Unsubscribe Reason", "SMS suppression reason"}) {
    CAPTURE(header);
    CHECK(name(classify_consent_header(header)) == std::string{"opt_out_at"});
  }
}

TEST_CASE("what is said of email and other ways alone, or of other things, is nothing said of texts") {
  for (const char* header : {"Accepts Email Marketing",
                             "Email opt out",
                             "HasOptedOutOfEmail",
                             "Unsubscribed from all email",
                             "Opted out of email: Marketing Information",
                             "Do not allow Emails",
                             "Do Not Mail",
                             "WhatsApp opt-in",
                             "Mobile push consent",
                             "E-Mail Einwilligung",
                             "Newsletter abonniert",
                             "SMS Consent Timestamp",
                             "SMS Consent Method",
                             "Consent text",
                             "Unsubscribe link",
                             "Subscription plan",
                             "Payment accepted",
                             "Payment declined",
                             "Terms accepted",
                             "Order status",
                             "Status",
                             "Phone No",
                             "SMS No",
                             "Name",
                             "Notes",
                             "Account blocked",
                             "Photo consent",
                             "Contact owner",
                             "Last contact",
                             "Bus stop",
                             "Discount allowed",
                             "Non-marketing contact",
                             "Number of Sends",
                             "Text",
                             ""}) {
    CAPTURE(header);
    CHECK(name(classify_consent_header(header)) == std::string{"none"});
  }
}

TEST_CASE("cells are read by their column, and only what is all of a yes is one") {
  struct Case {
    const char* cell;
    ConsentWord consent, opt_out;
  };
  using enum ConsentWord;
  const Case cases[] = {
      {"yes", yes, no},
      {"TRUE", yes, no},
      {"x", yes, no},
      {"Sí", yes, no},
      {"SUBSCRIBED", yes, nothing},
      {"opted in", yes, nothing},
      {"No", no, nothing},
      {"0", no, nothing},
      {"FALSE ", no, nothing},
      {"nein", no, nothing},
      {"never", no, nothing},
      {"Opted-Out", no, no},
      {"UNSUBSCRIBED", no, no},
      {"NEVER_SUBSCRIBED", no, no},
      {"Non-subscribed", no, no},
      {"Declined", no, no},
      {"do not text", no, no},
      {"Opted out via STOP 2024", no, no},
      {"no, thanks", no, unclear},
      {"", nothing, nothing},
      {" - ", nothing, nothing},
      {"n/a", nothing, nothing},
      {"NULL", nothing, nothing},
      {"?", unclear, unclear},
      {"maybe", unclear, unclear},
      {"PENDING", unclear, unclear},
      {"2026-01-01", unclear, no},
      {"yes, but only calls", unclear, no},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cell);
    CHECK(read_consent_cell(c.cell, ConsentColumn::texts) == c.consent);
    CHECK(read_consent_cell(c.cell, ConsentColumn::unnamed) == c.consent);
    CHECK(read_consent_cell(c.cell, ConsentColumn::opt_out) == c.opt_out);
  }
  CHECK(read_consent_cell("03/04/2026", ConsentColumn::opt_out_at) == no);
  CHECK(read_consent_cell("too many texts", ConsentColumn::opt_out_at) == no);
  CHECK(read_consent_cell("never", ConsentColumn::opt_out_at) == nothing);
}

TEST_CASE("a no in any other cell is one when the cell says nothing else") {
  for (const char* cell : {"unsubscribed", "Opted out", "do not text", "DNC", "no sms", "NO SMS!",
                           "No texts please", "don't contact", "sms-unsubscribed", "keine SMS"}) {
    CAPTURE(cell);
    CHECK(says_no(cell));
  }
  for (const char* cell :
       {"", "no", "stop", "vip", "option", "Optician", "Nottingham", "Norah", "not interested",
        "not contacted yet", "Email unsubscribed", "likes tea, not coffee", "do not call before 9",
        "No message left", "Please do not send the bill by text", "Do not forget the keys",
        "No contact details"}) {
    CAPTURE(cell);
    CHECK_FALSE(says_no(cell));
  }
}
