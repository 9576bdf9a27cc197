#include <doctest/doctest.h>

#include "core/base/letter.hpp"

using namespace smscrm;

TEST_CASE("letters are folded: plain forms, lower case, no accents, any script") {
  const std::pair<const char*, const char*> cases[] = {
      {"Stop!", "stop"},
      {"ＳＴＯＰ", "stop"},       // full width
      {"𝗦𝗧𝗢𝗣", "stop"},           // mathematical
      {"Ⓢⓣⓞⓟ 🅢🆃🄾🄿", "stopstop"},  // enclosed
      {"S\u200bT\u00adO\ufeffP", "stop"},
      {"\u3164STOP\u2800\u00a0", "stop"},
      {"Arrêt, Łódź, Đà Nẵng, İPTAL, straße", "arretlodzdanangiptalstrase"},
      {"СТОП ещё", "стопеще"},
      {"ΣΤΌΠ τέλος", "στοπτελοσ"},
      {"إلغاءُ", "الغاء"},
      {"शॉप बंद", "शॉपबंद"},  // vowel signs are letters
      {"중지", "중지"},
      {"٤٢ ４２", "4242"},
      {"👍 — …", ""},
      {"\xff\xc3", ""},
  };
  for (const auto& [text, folded] : cases) {
    CAPTURE(text);
    CHECK(fold_letters(text) == folded);
  }
}

TEST_CASE("what parts words is told from what stands within one") {
  std::string folded;
  CHECK(append_folded(folded, 'A') == LetterKind::letter);
  CHECK(append_folded(folded, 0x301) == LetterKind::ignored);
  CHECK(append_folded(folded, 0xAD) == LetterKind::ignored);
  CHECK(append_folded(folded, ' ') == LetterKind::other);
  CHECK(append_folded(folded, 0x3164) == LetterKind::other);
  CHECK(append_folded(folded, -1) == LetterKind::other);
  CHECK(folded == "a");
}
