#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/data.hpp"

using namespace smscrm;

TEST_CASE("alphabet, units and parts are what Twilio's calculator says") {
  const auto& segments = test::twilio_vectors()["segments"];
  REQUIRE(segments.size() >= 140);
  for (const auto& vector : segments) {
    CAPTURE(vector["id"].get<std::string>());
    const auto text = vector["text"].get<std::string>();
    const TextSize size = measure(text);
    CHECK((size.encoding == Encoding::gsm7) == (vector["encoding"] == "GSM-7"));
    CHECK(size.units == vector["units"].get<int>());
    CHECK(size.parts == vector["segments_without_graphemes"].get<int>());
    CHECK(count_parts(text) == size.parts);
    CHECK(encoding_of(text) == size.encoding);
    CHECK(first_non_gsm7(text).has_value() == (size.encoding == Encoding::ucs2));
  }
}

TEST_CASE("a pair is never split, so parts may end one unit short") {
  const std::string run(152, 'a');
  CHECK(count_parts(run + "€" + run) == 3);
  CHECK(count_parts(run + "aa" + run) == 2);
}

TEST_CASE("the whole GSM-7 alphabet counts in septets") {
  const std::string basic =
      "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
      "abcdefghijklmnopqrstuvwxyzäöñüà";
  CHECK(measure(basic).encoding == Encoding::gsm7);
  CHECK(measure(basic).units == 127);
  CHECK(measure("\f^{}\\[~]|€").units == 20);
}

TEST_CASE("the first character that GSM-7 lacks is named with its place") {
  const auto offending = first_non_gsm7("Ünïted: it’s");
  REQUIRE(offending);
  CHECK(offending->offset == 3);
  CHECK(offending->character == "ï");
  CHECK(first_non_gsm7("it’s")->character == "’");
  for (const char* text : {"`", "\t", "ç", "á", "Ω", "\u00A0", "–", "\x7F", "\x01"}) {
    CAPTURE(text);
    CHECK(first_non_gsm7(text)->offset == 0);
  }
}

TEST_CASE("a text that is not UTF-8 is refused with the place") {
  CHECK_THROWS_WITH_AS(count_parts("abc\xff"), "the text is not UTF-8 at byte 3", Error);
  CHECK_THROWS_AS(count_parts("я\xe2\x82"), Error);
  CHECK_THROWS_AS(first_non_gsm7("\xc3"), Error);
}
