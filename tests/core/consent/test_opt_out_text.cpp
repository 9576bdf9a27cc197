#include <span>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/consent/keyword.hpp"
#include "core/consent/opt_out_text.hpp"
#include "tests/support/data.hpp"

using namespace smscrm;

namespace {

OptOutVerdict verdict_of(std::string_view text, std::span<const std::string> sent = {}) {
  if (classify_keyword(text) == Keyword::stop) return OptOutVerdict::opt_out;
  return read_opt_out(text, sent).verdict;
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

std::string with_lines(std::string_view text) {  // "\\n" of the table
  std::string lines{text};
  for (std::size_t at = 0; (at = lines.find("\\n", at)) != std::string::npos;) lines.replace(at, 2, "\n");
  return lines;
}

// Columns: label, language, text, and, where it quotes a text of ours, that text.
Score score(const std::string& file) {
  int taken = 0, rightly = 0, opt_outs = 0, noticed = 0, others = 0, noise = 0;
  for (const auto& line : split(test::read_data(file), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() < 3 || fields[0] == "label") continue;
    const auto label = verdict_named(fields[0]);
    std::vector<std::string> sent;
    if (fields.size() > 3) sent.push_back(with_lines(fields[3]));
    const auto verdict = verdict_of(with_lines(fields[2]), sent);
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

TEST_CASE("a stop alone on its line or in its sentence is one, whatever follows") {
  for (const auto* text : {"STOP\n\nSent from my iPhone", "Stop.\nJohn Smith\nAcme Roofing\n555-0100",
                           "Stop! I mean it", "Who is this? Stop. Thanks", "CANCEL\nJohn Smith",
                           "STOP - Maria", "STOP\n> Sale! Reply STOP to end"}) {
    CAPTURE(text);
    CHECK(read_opt_out(text).verdict == OptOutVerdict::opt_out);
  }
  CHECK(read_opt_out("cancel\nmy order please").verdict == OptOutVerdict::unsure);
  CHECK(read_opt_out("Stop! you are killing me 😂").verdict == OptOutVerdict::unsure);
}

TEST_CASE("an instruction repeated alone is heard; beside other words it is nobody's") {
  for (const auto* text : {"stop to end", "STOP to unsubscribe", "stop2end"})
    CHECK(read_opt_out(text).verdict == OptOutVerdict::opt_out);
  for (const auto* text : {"Reply STOP to end", "text stop to opt out", "回T退订"})
    CHECK(read_opt_out(text).verdict == OptOutVerdict::unsure);
  CHECK(read_opt_out("Thanks for calling Joe's. Reply STOP to end").verdict == OptOutVerdict::none);
  CHECK(read_opt_out("I did reply STOP to you, stop texting me").verdict == OptOutVerdict::opt_out);
}

TEST_CASE("what is taken away is told, and our own texts are known by what was sent") {
  const std::string sent = "Don't want texts from Acme? Text NO. Sale ends today";
  const auto text = "Loved “" + sent + "”";
  CHECK(read_opt_out(text, {&sent, 1}).verdict == OptOutVerdict::none);
  CHECK(read_opt_out(text, {&sent, 1}).not_own == "“" + sent + "”");
  CHECK_MESSAGE(read_opt_out(text).rule == "quoted", "it might be somebody else's no");
  CHECK(read_opt_out(text + " please stop texting me", {&sent, 1}).verdict == OptOutVerdict::opt_out);
  CHECK(depends_on_sent(text, read_opt_out(text)));
  CHECK_FALSE(depends_on_sent("STOP", read_opt_out("STOP")));
  CHECK_FALSE(depends_on_sent("when do you open?", read_opt_out("when do you open?")));
}

TEST_CASE("long texts cost no more than short ones") {
  for (const char* piece :
       {"stop me your the ", "\"", "“", " \"a", "👍", "> stop\n", "退订", "“stop” liked ", "a"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += piece;
    const std::vector<std::string> sent(5, text.substr(0, 1600));
    read_opt_out(text, sent);
  }
}
