#include <set>
#include <string>

#include <doctest/doctest.h>

#include "core/phone/address.hpp"
#include "core/phone/line.hpp"
#include "core/phone/phone.hpp"
#include "tests/support/line_samples.hpp"

using namespace smscrm;

TEST_CASE("notations of one line become one of them") {
  struct Case {
    std::string what, text, line;
  };
  const Case cases[] = {
      {"Mexico's 1", "+5215512345678", "+525512345678"},
      {"Mexico without it", "+525512345678", "+525512345678"},
      {"what is no number of Mexico stays", "+5211234567890", "+5211234567890"},
      {"Argentina without the 9, Buenos Aires", "+541123456789", "+5491123456789"},
      {"Argentina without the 9, Ushuaia", "+542901612345", "+5492901612345"},
      {"Argentina with it", "+5493515551234", "+5493515551234"},
      {"a toll-free number of Argentina", "+548001234567", "+548001234567"},
      {"Brazil before the ninth digit", "+551187654321", "+5511987654321"},
      {"Brazil with it", "+5511987654321", "+5511987654321"},
      {"a fixed line of Brazil", "+551133334444", "+551133334444"},
      {"a mobile of Brazil that began with 7", "+552172345678", "+5521972345678"},
      {"trunked radio of Brazil", "+551178901234", "+551178901234"},
      {"Côte d'Ivoire, Orange", "+22507123456", "+2250707123456"},
      {"Côte d'Ivoire, MTN", "+22545123456", "+2250545123456"},
      {"Côte d'Ivoire, Moov", "+22501123456", "+2250101123456"},
      {"a fixed line of Côte d'Ivoire", "+22521123456", "+22521123456"},
      {"Côte d'Ivoire now", "+2250707123456", "+2250707123456"},
      {"Benin before the 01", "+22997123456", "+2290197123456"},
      {"what kept its eight digits in Benin", "+22985751234", "+22985751234"},
      {"Gabon with a 0", "+24107123456", "+24177123456"},
      {"Gabon without", "+2416123456", "+24166123456"},
      {"a fixed line of Gabon", "+24101441234", "+24111441234"},
      {"Gabon now", "+24177123456", "+24177123456"},
      {"any other number", "+14155552671", "+14155552671"},
      {"none at all", "+", "+"},
      {"nothing", "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(one_line(c.text) == c.line);
    CHECK(one_line(one_line(c.text)) == c.line);
  }
}

TEST_CASE("every notation of a line has one key at every door") {
  LineSamples samples{11};
  std::set<std::string> countries;
  for (int i = 0; i < 4'000; ++i) {
    const auto line = samples.next();
    countries.insert(line.region);
    CAPTURE(line.key);
    for (const auto& text : line.international) {
      CAPTURE(text);
      CHECK(address_key(text) == line.key);
      CHECK(get_address_key(text, "US") == line.key);
      const auto phone = parse_phone(text, "US");
      REQUIRE(phone);
      CHECK(phone->e164 == line.key);
    }
    for (const auto& text : line.foreign) CHECK(get_address_key(text, "US") == line.key);
    for (const auto& text : line.national) {
      CAPTURE(text);
      CHECK(get_address_key(text, line.region) == line.key);
      const auto phone = parse_phone(text, line.region);
      REQUIRE(phone);
      CHECK(phone->e164 == line.key);
    }
    CHECK(address_key(line.key) == line.key);
    CHECK(is_e164(line.key));
  }
  CHECK(countries.size() >= 12);
}
