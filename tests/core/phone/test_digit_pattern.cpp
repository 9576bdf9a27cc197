#include <random>
#include <regex>

#include <doctest/doctest.h>

#include "core/phone/digit_pattern.hpp"

using namespace smscrm;

namespace {

const std::vector<std::string> expressions{
    "",
    "0",
    "0?",
    "[2-79]\\d{2}",
    "1|([2-9]\\d{2})$",
    "(?:0|90)(?:(1[245]|2[1-35])(\\d{2,3}))?",
    "0(?:1|1[2-9])",
    "80?|8",
    "(1)?(2)?3",
    "(?:1{2,3}|11)1?",
    "[1346]{0,3}5",
    "3(?:0?|[13](?:5|7[89])?)4?",
};

std::vector<std::string> random_texts() {
  std::mt19937 random{1};
  std::vector<std::string> texts{""};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto size = random() % 7; size > 0; --size) text += "0112345789"[random() % 10];
    texts.push_back(text);
  }
  return texts;
}

}  // namespace

TEST_CASE("a prefix is matched and captured as a backtracking matcher does it") {
  for (const auto& expression : expressions) {
    CAPTURE(expression);
    const auto pattern = DigitPattern::compile(expression);
    REQUIRE(pattern);
    const std::regex reference{expression};
    for (const auto& text : random_texts()) {
      CAPTURE(text);
      const auto prefix = pattern->match_prefix(text);
      std::smatch expected;
      const bool matches =
          std::regex_search(text, expected, reference, std::regex_constants::match_continuous);
      REQUIRE(prefix.has_value() == matches);
      if (!matches) continue;
      CHECK(prefix->length == static_cast<std::size_t>(expected.length()));
      for (int group = 0; group < pattern->groups(); ++group)
        CHECK(prefix->groups[static_cast<std::size_t>(group)] ==
              expected.str(static_cast<std::size_t>(group) + 1));
    }
  }
}

TEST_CASE("an automaton tells which of many patterns match the whole text") {
  std::vector<DigitAutomaton::Part> parts;
  std::vector<std::regex> references;
  for (const auto& expression : expressions) {
    if (expression.ends_with('$')) continue;
    for (const bool may_go_on : {false, true}) {
      parts.push_back({*DigitPattern::compile(expression), may_go_on});
      references.emplace_back("(?:" + expression + ")" + (may_go_on ? "\\d*" : ""));
    }
  }
  const auto automaton = DigitAutomaton::build(parts);
  REQUIRE(automaton);
  for (const auto& text : random_texts()) {
    CAPTURE(text);
    std::vector<std::uint16_t> expected;
    for (std::size_t i = 0; i < references.size(); ++i)
      if (std::regex_match(text, references[i])) expected.push_back(static_cast<std::uint16_t>(i));
    CHECK(automaton->sets()[automaton->match(text)] == expected);
  }
}

TEST_CASE("what is not understood is no pattern") {
  for (const char* expression :
       {"1*",    "1+",    "1{2,}", "1{2}?", "1??", "[^1]",  "[a]",       "[]", "[1", "(1",  "1)",
        "(?=1)", "(?!1)", "^1",    ".",     "\\w", "1{99}", "(1)(2)(3)", " 1", "?",  "{2}", "\\"}) {
    CAPTURE(expression);
    CHECK_FALSE(DigitPattern::compile(expression));
  }
  CHECK_FALSE(DigitAutomaton::build({{*DigitPattern::compile("1$")}}));
  CHECK_FALSE(DigitAutomaton::build({}));
}
