#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/phone/address.hpp"

using namespace smscrm;

TEST_CASE("an address of the provider has one key") {
  struct Case {
    std::string address, key;
  };
  const Case cases[] = {
      {"+14155552671", "+14155552671"},
      {" +14155552671\n", "+14155552671"},
      {"whatsapp:+14155552671", "+14155552671"},
      {"WhatsApp:+5215512345678", "+525512345678"},
      {"whatsapp:14155552671", "+14155552671"},
      {"rcs:+541123456789", "+5491123456789"},
      {"sms:+447911123456", "+447911123456"},
      {"tel:+1-415-555-2671", "+14155552671"},
      {"viber:+14155552671", "+14155552671"},
      {"14155552671", "+14155552671"},
      {"+22999999999999", "+22999999999999"},  // of no plan that we know
      {"+999123456789", "+999123456789"},
      {"+1415555267", "+1415555267"},
      {"12345", "12345"},
      {"sms:12345", "12345"},
      {"1234567", "1234567"},
      {"ACME Inc", "name:ACME INC"},
      {"acme inc", "name:ACME INC"},
      {"messenger:1234567890123456", "messenger:1234567890123456"},
      {"Client:Bob", "client:bob"},
      {"rcs:acme_agent", "rcs:acme_agent"},
      {"not at all an address", "other:not at all an address"},
      {"", "other:"},
      {"+", "other:+"},
      {"messenger:" + std::string(500, 'x'), "messenger:" + std::string(100, 'x')},
  };
  for (const auto& c : cases) {
    CAPTURE(c.address);
    CHECK(address_key(c.address) == c.key);
    CHECK(address_key(c.key) == c.key);
  }
}

TEST_CASE("whatever is a key can be typed") {
  for (const char* address : {"+14155552671", "+5215512345678", "+999123456789", "+1415555267",
                              "whatsapp:+14155552671", "12345", "ACME Inc", "messenger:1234567890123456",
                              "client:bob", "rcs:acme_agent", "not at all an address", "+22999999999999"}) {
    CAPTURE(address);
    const auto key = address_key(address);
    for (const char* region : {"US", "DE", "MX"}) CHECK(get_address_key(key, region) == key);
  }
  CHECK(get_address_key("sms:1234567", "US") == "1234567");
  CHECK(get_address_key("name:acme", "US") == "name:ACME");
}

TEST_CASE("typed numbers are the tenant's country's") {
  CHECK(get_address_key("(415) 555-2671", "US") == "+14155552671");
  CHECK(get_address_key("tel: 415 555 2671", "US") == "+14155552671");
  CHECK(get_address_key("sms:4155552671", "US") == "+14155552671");
  CHECK(get_address_key("Mobile: 0171 1234567", "DE") == "+491711234567");
  CHECK(get_address_key("00 52 1 55 1234 5678", "US") == "+525512345678");
}

TEST_CASE("what is mistyped is no address") {
  for (const char* text : {"", "foo", "call me", "5551234", "41555501l7", "4155550170; 4155550171",
                           "mobile: me", "tel:", "4.1556E9", "1", "12"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(get_address_key(text, "US"), Error);
  }
}

TEST_CASE("a channel can be told from the address, and dropped where the number is one's own") {
  CHECK(address_channel("WhatsApp:+14155552671") == "whatsapp");
  CHECK(address_channel("+14155552671").empty());
  for (const char* channel : {"", "sms", "mms", "rcs"}) CHECK(is_text_channel(channel));
  for (const char* channel : {"whatsapp", "messenger", "viber", "other"})
    CHECK_FALSE(is_text_channel(channel));
  CHECK(without_channel("whatsapp:+15005550006") == "+15005550006");
  CHECK(without_channel("messenger:15005550006") == "messenger:15005550006");
  CHECK(without_channel("12345") == "12345");
}
