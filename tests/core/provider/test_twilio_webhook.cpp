#include <functional>

#include <doctest/doctest.h>

#include "core/provider/twilio_signature.hpp"
#include "core/provider/twilio_webhook.hpp"

using namespace smscrm;

namespace {

const std::string sid = "SM" + std::string(32, 'a'), account = "AC" + std::string(32, 'a');

Form inbound() {
  return {
      {"ToCountry", "US"}, {"SmsMessageSid", sid},  {"NumMedia", "0"},         {"FromZip", "94105"},
      {"SmsSid", sid},     {"FromState", "CA"},     {"SmsStatus", "received"}, {"FromCity", "FROMBERG"},
      {"Body", "STOP"},    {"FromCountry", "US"},   {"To", "+15005550006"},    {"NumSegments", "1"},
      {"MessageSid", sid}, {"AccountSid", account}, {"From", "+14155550123"},  {"ApiVersion", "2010-04-01"}};
}

Form receipt() {
  return {
      {"MessageSid", sid},    {"SmsSid", sid},  {"MessageStatus", "delivered"}, {"SmsStatus", "delivered"},
      {"To", "+14155550123"}, {"From", "ACME"}, {"AccountSid", account},        {"ApiVersion", "2010-04-01"}};
}

Form with(Form form, const std::string& name, const std::string& value) {
  for (auto& [key, old] : form)
    if (key == name) {
      old = value;
      return form;
    }
  form.emplace_back(name, value);
  return form;
}

Form without(Form form, const std::string& name) {
  std::erase_if(form, [&](const auto& pair) { return pair.first == name; });
  return form;
}

bool passes(const Form& form) { return !find_fault_of_inbound(form); }
bool passes_as_receipt(const Form& form) { return !find_fault_of_receipt(form); }

}  // namespace

TEST_CASE("what Twilio sends passes") {
  CHECK(passes(inbound()));
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"Body", ""},
           {"Body", "From now on: STOP. My Body, to 100 From 7"},
           {"Body", "From+14155550199 and To+15005550006"},
           {"From", "whatsapp:+14155550123"},
           {"From", "rcs:+14155550123"},
           {"From", "12345"},
           {"From", "ACME"},
           {"From", "client:bob"},
           {"To", "MG" + std::string(32, 'a')},
           {"To", "rcs:acme_agent"},
           {"MessagingServiceSid", "MG" + std::string(32, 'a')},
           {"OptOutType", "STOP"},
           {"ProfileName", "From Rome, with Body and MessageSid"},
           {"OriginalRepliedMessageSid", "SM" + std::string(32, 'b')},
           {"Forwarded", "true"},
           {"SomethingNew", "x"}}) {
    CAPTURE(name);
    CAPTURE(value);
    CHECK(find_fault_of_inbound(with(inbound(), name, value)).value_or("") == "");
  }
  CHECK(passes_as_receipt(receipt()));
  CHECK(passes_as_receipt(with(receipt(), "ErrorCode", "30003")));
  CHECK(passes_as_receipt(with(receipt(), "ChannelPrefix", "rcs")));
  CHECK(passes_as_receipt(with(receipt(), "ErrorMessage", "The 'From' number +15005550006 is off")));
  CHECK(passes_as_receipt(with(receipt(), "ANewOne", "x")));
}

TEST_CASE("identifiers, addresses and numbers have their exact form") {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"MessageSid", sid + "NumMedia0"},
                                                        {"MessageSid", "SM9"},
                                                        {"MessageSid", "XX" + std::string(32, 'a')},
                                                        {"MessageSid", "SM" + std::string(32, 'g')},
                                                        {"MessageSid", sid + "\n"},
                                                        {"SmsMessageSid", "SM" + std::string(32, 'b')},
                                                        {"SmsSid", "SM" + std::string(32, 'b')},
                                                        {"AccountSid", account + "a"},
                                                        {"MessagingServiceSid", "MG1"},
                                                        {"From", ""},
                                                        {"From", "+1415555012x"},
                                                        {"From", "+" + std::string(65, '1')},
                                                        {"From", "Acme Message"},
                                                        {"To", ""},
                                                        {"To", std::string(65, 'a')},
                                                        {"To", "<script>"},
                                                        {"NumMedia", "-1"},
                                                        {"NumMedia", "1000"},
                                                        {"NumMedia", "x"},
                                                        {"OptOutType", "MAYBE"},
                                                        {"SmsStatus", "eaten"},
                                                        {"ApiVersion", "2010-04-02"},
                                                        {"Body", std::string(20'001, 'a')},
                                                        {"Bod y", "x"},
                                                        {"", "x"}}) {
    CAPTURE(name);
    CAPTURE(value);
    CHECK_FALSE(passes(with(inbound(), name, value)));
  }
  for (const char* name : {"MessageSid", "AccountSid", "From", "To", "Body"})
    CHECK_FALSE(passes(without(inbound(), name)));
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"MessageStatus", "eaten"}, {"MessageSid", sid + "1"}, {"ErrorCode", "4294988906"}, {"To", ""}})
    CHECK_FALSE(passes_as_receipt(with(receipt(), name, value)));
  for (const char* name : {"MessageSid", "AccountSid", "MessageStatus", "To"})
    CHECK_FALSE(passes_as_receipt(without(receipt(), name)));
}

TEST_CASE("a name that is there twice is refused, with one value or two") {
  for (const auto& [name, value] : inbound()) {
    auto twice = inbound();
    twice.emplace_back(name, value);
    CHECK_FALSE(passes(twice));
  }
}

TEST_CASE("the same signed bytes cut elsewhere are refused") {
  struct Case {
    std::string what;
    Form signed_form, cut;
  };
  const std::string other = "SM" + std::string(32, 'f');
  const auto glue = [](Form form, const std::string& into, const std::string& name) {
    const auto value = std::string{*find_field(form, name)};
    return with(without(form, name), into, std::string{*find_field(form, into)} + name + value);
  };
  const auto stop_never = with(inbound(), "Body", "DO NOT START Ever");
  const auto evil =
      with(inbound(), "Body",
           "STARTFrom+15551234567MessageSid" + other + "NumMedia0SmsStatusreceivedTo+15005550006Zz");
  const auto profile = with(inbound(), "ProfileName", "xMessageSid" + other);
  const Case cases[] = {
      {"NumMedia to MessageSid", inbound(), glue(inbound(), "MessageSid", "NumMedia")},
      {"and once more", inbound(),
       glue(glue(inbound(), "MessageSid", "NumMedia"), "MessageSid", "NumSegments")},
      {"FromCity to From", inbound(), glue(inbound(), "From", "FromCity")},
      {"From to Body", inbound(), glue(inbound(), "Body", "From")},
      {"the end of Body", stop_never,
       with(with(without(stop_never, "Body"), "Body", "DO NOT START "), "Ever", "")},
      {"a text of its own in Body",
       evil,
       {{"AccountSid", account},
        {"ApiVersion", "2010-04-01"},
        {"Body", "START"},
        {"From", "+15551234567"},
        {"MessageSid", other},
        {"NumMedia", "0"},
        {"SmsStatus", "received"},
        {"To", "+15005550006"},
        {"Zz", "From+14155550123FromCityFROMBERGFromCountryUSFromStateCAFromZip94105MessageSid" + sid +
                   "NumMedia0NumSegments1SmsMessageSid" + sid + "SmsSid" + sid +
                   "SmsStatusreceivedTo+15005550006ToCountryUS"}}},
      {"an id in a profile's name", profile,
       with(glue(glue(glue(profile, "From", "FromCity"), "From", "FromCountry"), "From", "FromState"), "X",
            "")},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK_FALSE(passes(c.cut));
  }
  for (const auto& c : {cases[0], cases[1], cases[2], cases[3], cases[4], cases[5]}) {
    CAPTURE(c.what);
    CHECK(twilio_signature("t", "https://a/", c.signed_form) == twilio_signature("t", "https://a/", c.cut));
  }
}
