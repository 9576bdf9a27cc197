#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/phone/phone.hpp"

using namespace smscrm;

TEST_CASE("numbers as spreadsheets and people write them") {
  struct Case {
    std::string what, text, region, e164;
  };
  const Case cases[] = {
      {"a fraction", "30231250.0", "DE", "+4930231250"},
      {"a fraction of two places", "4155550170.00", "US", "+14155550170"},
      {"a fraction behind a comma", "30231250,0", "DE", "+4930231250"},
      {"a fraction behind a plus", "+14155550170.0", "US", "+14155550170"},
      {"a fraction behind other signs", "(415) 555-0170.0", "US", "+14155550170"},
      {"an exponent with all digits but a 0", "4.15555017E9", "US", "+14155550170"},
      {"an exponent with all digits", "4.155550171E+09", "US", "+14155550171"},
      {"an exponent behind a comma", "4,15555017E9", "US", "+14155550170"},
      {"thousands", "4,155,550,170", "US", "+14155550170"},
      {"thousands and a fraction", "4,155,550,170.00", "US", "+14155550170"},
      {"thousands as in Germany", "4.155.550.170,0", "US", "+14155550170"},
      {"the mark for text", "'4155550170", "US", "+14155550170"},
      {"a formula that is a text", "=\"4155550170\"", "US", "+14155550170"},
      {"quotes", "\"+1 415 555 0170\"", "US", "+14155550170"},
      {"typographic quotes", "“415 555 0170”", "US", "+14155550170"},
      {"a no-break blank",
       "415\xC2\xA0"
       "555\xC2\xA0"
       "0170",
       "US", "+14155550170"},
      {"a narrow one",
       "06\xE2\x80\xAF"
       "12\xE2\x80\xAF"
       "34\xE2\x80\xAF"
       "56\xE2\x80\xAF"
       "78",
       "FR", "+33612345678"},
      {"no width at all", "\xE2\x80\xAA+14155550170\xE2\x80\xAC", "US", "+14155550170"},
      {"a mark of bytes",
       "\xEF\xBB\xBF"
       "4155550170",
       "US", "+14155550170"},
      {"a tab", "415\t5550170", "US", "+14155550170"},
      {"full width", "＋１（４１５）５５５－０１７０", "US", "+14155550170"},
      {"Arabic digits", "٤١٥٥٥٥٠١٧٠", "US", "+14155550170"},
      {"Devanagari digits", "+९१ ९८७६५ ४३२१०", "IN", "+919876543210"},
      {"dashes", "415–555—0170", "US", "+14155550170"},
      {"a label", "Tel.: (415) 555-0170", "US", "+14155550170"},
      {"a label in Spanish", "Móvil: 55 1234 5678", "MX", "+525512345678"},
      {"two labels", "Cell phone: 415 555 0170", "US", "+14155550170"},
      {"a label behind", "415 555 0170 (mobile)", "US", "+14155550170"},
      {"a picture of a telephone", "📱 415 555 0170", "US", "+14155550170"},
      {"an address with a channel", "tel:+1-415-555-0170", "US", "+14155550170"},
      {"an extension", "415 555 0170 ext. 12", "US", "+14155550170"},
      {"an extension in an address", "tel:+14155550170;ext=12", "US", "+14155550170"},
      {"a full stop", "415 555 0170.", "US", "+14155550170"},
      {"a separator that is left over", "4155550170;", "US", "+14155550170"},
      {"dots", "415.555.0170", "US", "+14155550170"},
      {"dots before a pair of zeros", "06.12.34.56.00", "FR", "+33612345600"},
      {"slashes", "06/12/34/56/78", "FR", "+33612345678"},
      {"a slash behind an area", "030/1234567", "DE", "+49301234567"},
      {"00 in a list that is read in the US", "0041 44 668 18 00", "US", "+41446681800"},
      {"00 and a plus", "+00 41 44 668 18 00", "US", "+41446681800"},
      {"00 where no region is known", "0041446681800", "", "+41446681800"},
      {"011 in a list that is read in Germany", "011 44 7911 123456", "GB", "+447911123456"},
      {"a zero that is dialled at home", "+44 (0)20 7946 0018", "US", "+442079460018"},
      {"where the library knows no such zero", "+39 (0)335 1234567", "US", "+393351234567"},
      {"and where it makes the number too long", "+34 (0)612 345 678", "US", "+34612345678"},
      {"letters of a toll-free number", "1-800-FLOWERS", "US", "+18003569377"},
      {"pairs of Norway", "12.34.56.78", "NO", "+4712345678"},
      {"two pluses", "++41 44 668 18 00", "US", "+41446681800"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto reading = read_phone(c.text, c.region);
    REQUIRE(reading.phone);
    CHECK(reading.phone->e164 == c.e164);
    CHECK(reading.fault == PhoneFault::none);
  }
}

TEST_CASE("what is no way to write a number is not read as one") {
  struct Case {
    PhoneFault fault;
    std::vector<std::string> texts;
  };
  const Case cases[] = {
      {PhoneFault::digits_lost,
       {"4.1556E9", "4,1556E9", "4.15555E+09", "4.15555017E+09", "4.47701E+11", "1.41556E+11", "4.1555502E9",
        "1E10", "+4.47701E+11", "4.15555017e13"}},
      {PhoneFault::several,
       {"415-555-0170; 415-555-0171", "415-555-0170, 415-555-0171", "415-555-0170 or 415-555-0171",
        "4155550170 / 4155550171", "415-555-0170/0171", "415-555-0170/1", "4155550170\n4155550171",
        "4155550170 | 4155550171", "4155550170 & 71", "4155550170 (home) 4155550171 (work)", "030 1234567/8",
        "mobile 4155550170 work 4155550171"}},
      {PhoneFault::words,
       {"DO NOT TEXT 415-555-0170", "415-555-0170 do not text", "415 555 0170 (Bob)", "fax 415-555-0170",
        "no 4155550170", "415 555 STOP 0170", "415-555-STOP", "ask for Ann 4155550170",
        "415-555-0170 wrong number", "NICHT ANSCHREIBEN 4155550170", "4155550170 не писать", "4155550l70"}},
      {PhoneFault::no_number,
       {"",
        " ",
        "n/a",
        "none",
        "call me",
        "-",
        "+",
        "()",
        "0",

        "4155550170.5",
        "4155550170,57",
        "30231250.000",
        "415.555.267.0",
        "-4155550170",
        "2024-01-15",
        "15.01.2024",
        "1/2/2024",
        "15.01.24",
        "2024-01-15 10:00",
        "192.168.10.20",
        "$4155.50",
        "41%",
        "415*555*0170",
        "#4155550170",
        "*67 415 555 0170",
        "foo@example.com",
        "415_555_0170",
        "4155550170?",
        "4.15555017E-9",
        "4.155E2",
        "\xFF"
        "4155550170"}},
  };
  for (const auto& c : cases)
    for (const auto& text : c.texts) {
      CAPTURE(text);
      for (const char* region : {"US", "DE"}) {
        const auto reading = read_phone(text, region);
        CHECK_FALSE(reading.phone);
        CHECK(static_cast<int>(reading.fault) == static_cast<int>(c.fault));
        CHECK_THROWS_AS(get_msisdn(text, region), Error);
      }
    }
}

TEST_CASE("a number beside words can be told, for a no") {
  const auto reading = read_phone("DO NOT TEXT (415) 555-0170", "US");
  CHECK_FALSE(reading.phone);
  REQUIRE(reading.beside);
  CHECK(reading.beside->e164 == "+14155550170");
}

TEST_CASE("a number that may be either is none") {
  // A number of Germany's own that no plan assigns, or one of Switzerland.
  const auto reading = read_phone("01141446681800", "DE");
  CHECK_FALSE(reading.phone);
  CHECK(reading.departure == "other_prefix");
  // From Brazil by carrier 55 to the Netherlands, or to Brazil from anywhere.
  CHECK_FALSE(parse_phone("00 55 31 9096 1493", "BR"));
  CHECK(parse_phone("00 55 31 9096 1493", "US")->e164 == "+5531990961493");
}

TEST_CASE("an error says what is wrong with the number") {
  CHECK_THROWS_WITH_AS(get_msisdn("4.1556E9", "US"),
                       "\"4.1556E9\" is a number whose last digits a spreadsheet has dropped", Error);
  CHECK_THROWS_WITH_AS(get_msisdn("4155550170; 4155550171", "US"),
                       "\"4155550170; 4155550171\" is more than one phone number", Error);
  CHECK_THROWS_WITH_AS(get_msisdn("ask 4155550170", "US"),
                       "\"ask 4155550170\" has words beside the phone number", Error);
}
