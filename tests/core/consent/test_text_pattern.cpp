#include <doctest/doctest.h>

#include "core/consent/text_pattern.hpp"

using namespace smscrm;

namespace {

std::vector<std::string> letters(const TextWords& read) {
  std::vector<std::string> all;
  for (const auto& word : read.words) all.push_back(word.letters.empty() ? "|" : word.letters);
  return all;
}
using Words = std::vector<std::string>;

constexpr TextClass classes[] = {{"what", "texts|sms"}};
const std::span<const TextClass> all_classes[] = {classes};

bool matches(std::string_view pattern, std::string_view text) {
  TextGrammar grammar{all_classes};
  const TextRule rule{"rule", pattern};
  const auto patterns = grammar.compile({&rule, 1});
  return Sentence{grammar, read_words(text, 50)}.find(patterns) != nullptr;
}

}  // namespace

TEST_CASE("a text is words and the ends of its clauses") {
  CHECK(letters(read_words("Don’t STOOOP, m'envoyez…", 50)) ==
        Words{"dont", "stop", "|", "m", "envoyez", "|"});
  CHECK(letters(read_words("STOP - Maria opt-out", 50)) == Words{"stop", "|", "maria", "opt", "out", "|"});
  CHECK(letters(read_words("🛑 😂", 50)) == Words{"stop", "lol", "|"});
  CHECK(letters(read_words("退订。谢谢", 50)) == Words{"退订", "|", "谢谢", "|"});
  CHECK(letters(read_words("a b c", 2)) == Words{"a", "b", "|"});
  CHECK(read_words("", 5).words.empty());
  const auto lines = read_words("stop,\nann. ok?", 50).words;
  REQUIRE(lines.size() == 6);
  CHECK(lines[1].ends_line);
  CHECK(lines[3].ends_sentence);
  CHECK_FALSE(lines[3].ends_line);
  CHECK(lines[5].asks);
  CHECK(lines[2].begin == 6);
  CHECK(lines[2].end == 9);
}

TEST_CASE("patterns match within a clause") {
  CHECK(matches("stop .2 @what", "please stop your silly texts"));
  CHECK_FALSE(matches("stop .1 @what", "please stop your silly texts"));
  CHECK_FALSE(matches("stop .2 @what", "stop. texts"));
  CHECK(matches("^ stop $", "hi, stop"));
  CHECK_FALSE(matches("^ stop $", "please stop"));
  CHECK(matches("~unsubscribe", "unsubscibe"));
  CHECK(matches("escrib*", "escribas"));
  CHECK(matches("to # $", "to 4040"));
  CHECK_FALSE(matches("to # $", "to 40"));
  CHECK(matches("текст*", "ТЕКСТЫ"));
}

TEST_CASE("what is hidden is not found any more") {
  TextGrammar grammar{all_classes};
  const TextRule stop{"stop", "stop .1 texts"};
  const auto patterns = grammar.compile({&stop, 1});
  Sentence sentence{grammar, read_words("now stop the texts", 50)};
  const auto range = sentence.find_range(patterns, 0);
  REQUIRE(range);
  CHECK(*range == std::pair<std::size_t, std::size_t>{1, 4});
  sentence.hide(range->first, range->second);
  CHECK(sentence.find(patterns) == nullptr);
}
