#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/consent/own_words.hpp"

using namespace smscrm;
using Mark = OwnWords::Mark;

namespace {

const std::string offer = "Acme: 20% off today, say “hi”. Reply STOP to unsubscribe";

OwnWords own_of(const std::string& text) { return find_own_words(text, {&offer, 1}); }
std::string left_of(const std::string& text) { return std::string{trim(own_of(text).text)}; }

}  // namespace

TEST_CASE("a quotation of our text is taken away, whatever stands beside it") {
  for (const auto* around :
       {"Loved “{}”", "Polubiono „{}“", "« {} »", "\"{}\"", "'{}'", "👍 to “ {} ”", "「{}」"}) {
    CAPTURE(around);
    const auto text = fmt::format(fmt::runtime(around), offer);
    CHECK(left_of(text).find("STOP") == std::string::npos);
    CHECK(own_of(text).is_marked);
    CHECK(own_of(text).ours.size() == 1);
  }
  CHECK(left_of("Loved “Acme: 20% off today, say “hi”. Reply ST…” but stop") == "Loved \n but stop");
  CHECK_MESSAGE(left_of("Loved “Acme: 20% off today, say “hi”. Rep") == "Loved", "cut off by the phone");
}

TEST_CASE("reactions are told apart, in several languages, and of texts that we do not know") {
  const std::pair<const char*, Mark> cases[] = {
      {"Loved “See you at our sale on Friday”", Mark::reaction},
      {"Reacted 🔥 to “See you at our sale on Friday”", Mark::reaction},
      {"\u200a\u200b👍\u200b to “\u200aSee you at our sale on Friday\u200a”", Mark::reaction},
      {"A adoré « Rendez-vous vendredi chez nous »", Mark::reaction},
      {"a attribué la mention « J’aime » à « Rendez-vous vendredi chez nous »", Mark::reaction},
      {"“Cuma günü indirimde görüşürüz” beğendi", Mark::reaction},
      {"Disliked “See you at our sale on Friday”", Mark::dislike},
      {"No le gustó “Nos vemos el viernes en la tienda”", Mark::dislike},
      {"👎 zu „Bis Freitag in unserem Laden“", Mark::dislike},
      {"Removed a dislike from “See you at our sale on Friday”", Mark::taken_back},
      {"he said “see you at the sale on Friday” to me", Mark::none},
  };
  for (const auto& [text, mark] : cases) {
    CAPTURE(text);
    const auto own = own_of(text);
    CHECK(own.mark == mark);
    CHECK(own.foreign.empty() == (mark == Mark::none));
    CHECK(own.ours.empty());
  }
}

TEST_CASE("mail's quotations and forwards are taken away, and what is written around them stays") {
  CHECK(left_of("Nice!\n> Acme: 20% off today\n> say “hi”.") == "Nice!");
  CHECK(left_of("> " + offer + "\n\nno thanks") == "no thanks");
  CHECK(left_of("Sure\n\nOn Mon, Nov 2, 2026 Acme wrote:\n" + offer) == "Sure");
  CHECK(left_of("Ok.\nAm 2.11.2026 schrieb Acme:\n> " + offer + "\nDanke") == "Ok.\n\n\nDanke");
  CHECK(left_of("Fwd: " + offer) == "");
  CHECK(left_of("see below\n---------- Forwarded message ---------\nFrom: 50505\nanything") == "see below");
  CHECK_MESSAGE(left_of("he wrote:\nstop") == "he wrote:\nstop", "no heading: it names no day");
}

TEST_CASE("what repeats most of our text is ours; a few words of it are the person's") {
  CHECK(left_of(offer) == "");
  CHECK_FALSE(own_of(offer).is_marked);
  CHECK(left_of(offer + " - until when?") == "- until when?");
  CHECK(left_of("reply stop to unsubscribe") == "reply stop to unsubscribe");
  CHECK(left_of("20% off today?") == "20% off today?");
}

TEST_CASE("a quotation of anything else is the person's words") {
  for (const auto* text :
       {"I said \"stop\"", "please “stop texting me”", "don't 'stop' me", "“”", "\"", "it's 5\" wide"}) {
    CAPTURE(text);
    CHECK(left_of(text) == text);
  }
}
