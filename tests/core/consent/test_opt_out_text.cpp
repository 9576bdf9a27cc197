#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/consent/keyword.hpp"
#include "core/consent/opt_out_text.hpp"
#include "tests/support/data.hpp"

using namespace smscrm;

namespace {

OptOutVerdict verdict_of(std::string_view text) {
  if (classify_keyword(text) == Keyword::stop) return OptOutVerdict::opt_out;
  return read_opt_out(text).verdict;
}

OptOutVerdict verdict_named(const std::string& label) {
  if (label == "opt_out") return OptOutVerdict::opt_out;
  REQUIRE((label == "unsure" || label == "none"));
  return label == "unsure" ? OptOutVerdict::unsure : OptOutVerdict::none;
}

struct Score {
  double precision = 0;       // of what counts as a clear opt-out
  double recall = 0;          // of opt-outs that are taken for one, or put up for review
  double reviewed_noise = 0;  // of texts that are none and put up for review
};

Score score(const std::string& file) {
  int taken = 0, rightly = 0, opt_outs = 0, noticed = 0, others = 0, noise = 0;
  for (const auto& line : split(test::read_data(file), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() != 3 || fields[0] == "label") continue;
    const auto label = verdict_named(fields[0]);
    const auto verdict = verdict_of(fields[2]);
    const bool is_opt_out = label == OptOutVerdict::opt_out;
    taken += verdict == OptOutVerdict::opt_out;
    rightly += verdict == OptOutVerdict::opt_out && is_opt_out;
    opt_outs += is_opt_out;
    noticed += is_opt_out && verdict != OptOutVerdict::none;
    others += label == OptOutVerdict::none;
    noise += label == OptOutVerdict::none && verdict == OptOutVerdict::unsure;
  }
  const auto share = [](int part, int all) { return static_cast<double>(part) / all; };
  const Score result{share(rightly, taken), share(noticed, opt_outs), share(noise, others)};
  MESSAGE(file << ": " << opt_outs << " opt-outs, " << others << " others; precision " << result.precision
               << ", recall " << result.recall << ", of the others reviewed " << result.reviewed_noise);
  return result;
}

}  // namespace

TEST_CASE("opt-outs in the texts that the rules were made for are found") {
  const auto tuned = score("opt_out_tuning.tsv");
  CHECK(tuned.precision >= 0.98);
  CHECK(tuned.recall >= 0.98);
  CHECK(tuned.reviewed_noise <= 0.08);
}

TEST_CASE("opt-outs in texts that the rules have never seen are found") {
  const auto unseen = score("opt_out_heldout.tsv");
  CHECK(unseen.precision >= 0.98);
  CHECK(unseen.recall >= 0.95);
  CHECK(unseen.reviewed_noise <= 0.10);
}

TEST_CASE("what else is stopped, cancelled or ended is no opt-out") {
  for (const auto* text :
       {"please don't stop", "cancel my order", "stop by at 5", "when does the sale end",
        "cannot stop laughing 😂", "what does STOP mean in your message?", "", "👍", "…", "\xff\xfe"}) {
    CAPTURE(text);
    CHECK(read_opt_out(text).verdict == OptOutVerdict::none);
  }
}

TEST_CASE("misspelt, shouted, drawn out, with accents or as a sign it is the same") {
  for (const auto* text : {"stpo", "STOOOOP", "plz STOP!!!", "🛑", "unsuscribe me", "DON’T text me",
                           "don't text me", "ARRÊTEZ VOS SMS", "arretez vos sms", "ｓｔｏｐ please"}) {
    CAPTURE(text);
    CHECK(read_opt_out(text).verdict == OptOutVerdict::opt_out);
  }
  CHECK(read_opt_out("shop").verdict == OptOutVerdict::none);
  CHECK(read_opt_out("stip").verdict == OptOutVerdict::unsure);
}

TEST_CASE("a reading names its rule, and who hesitates is asked about") {
  CHECK(read_opt_out("please stop texting me").rule == "en.stop-messages");
  CHECK(read_opt_out("maybe you should stop texting me").verdict == OptOutVerdict::unsure);
  CHECK(read_opt_out("hello").rule.empty());
}

TEST_CASE("long texts cost no more than short ones") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "stop me your the ";
  read_opt_out(text);
}
