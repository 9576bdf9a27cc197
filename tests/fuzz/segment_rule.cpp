// core/segment/rule: any text is a rule or an error that stands inside it; what is read is shown as it was
// read.
#include <string>

#include "core/base/text.hpp"
#include "core/segment/rule.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

std::size_t count_points(std::string_view text) {
  std::size_t points = 0;
  for (std::size_t at = 0; at < text.size(); ++points) next_code_point(text, at);
  return points;
}

void check_error(const RuleError& error, std::string_view text) {
  promise(!error.rule_code().empty() && *error.what() != '\0', "an error has a code and a sentence");
  promise(is_valid_utf8(error.what()) && is_valid_utf8(error.hint()),
          "what is said of a rule can be printed");
  if (error.rule_code() == "too_long") return;
  const auto points = count_points(text);
  promise(error.place().column >= 1 && error.place().column <= points + 1, "an error stands in the rule");
  promise(error.place().column + error.place().length <= points + 1, "and ends in it");
}

}  // namespace

void fuzz_one(std::string_view input) {
  std::string shown;
  try {
    shown = format_rule(parse_rule(input));
  } catch (const RuleError& error) {
    return check_error(error, input);
  }
  promise(is_valid_utf8(shown), "a rule is text");
  try {
    promise(format_rule(parse_rule(shown)) == shown, "what explain shows means the same");
  } catch (const RuleError& error) {
    // Parentheses that were not written count, and blanks and quotes take room.
    promise(error.rule_code() == "too_complex" || error.rule_code() == "too_long",
            "what explain shows is a rule");
  }
  promise(format_name(shown).size() >= shown.size(), "a name keeps its letters");
}

}  // namespace smscrm::fuzz
