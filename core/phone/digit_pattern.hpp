// Regular expressions over decimal digits, as numbering plans are written: digits, \d, classes such as
// [2-79], groups, alternation, ?, {n}, {n,m} and $ — what libphonenumber's metadata uses, and nothing more. A
// text is digits only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace smscrm {

struct DigitPrefix {
  std::size_t length = 0;                  // of what was matched
  std::array<std::string_view, 2> groups;  // what ( ) captured; empty when a group took no part
};

// Immutable, safe from any thread.
class DigitPattern {
 public:
  // nullopt when the expression uses anything else than the above.
  static std::optional<DigitPattern> compile(std::string_view expression);

  // What the expression takes off the start of the text: of several possibilities the one that a backtracking
  // matcher (Perl, ICU) comes to first, not the longest. nullopt when it does not match there.
  std::optional<DigitPrefix> match_prefix(std::string_view digits) const;

  int groups() const { return groups_; }  // capturing ones; at most 2

 private:
  friend class DigitAutomatonBuilder;
  friend class DigitPatternCompiler;

  enum class Op : std::uint8_t { digit, split, jump, save, end, match };
  struct Step {
    Op op;
    std::uint16_t digits;  // digit: bit d is set when digit d goes on to the next step
    int to;  // split, jump: the other step, relative to this one; save: which end of which group
  };
  struct Walk;

  std::vector<Step> steps_;
  int groups_ = 0;
};

// Tells in one pass over a text which of many patterns match the whole of it. Immutable, safe from any
// thread.
class DigitAutomaton {
 public:
  struct Part {
    DigitPattern pattern;
    bool may_go_on = false;  // it is enough that the text starts with the pattern
  };

  // nullopt when a pattern has a $, or the automaton would be unreasonably large.
  static std::optional<DigitAutomaton> build(const std::vector<Part>& parts);

  // The parts that match, as an index of sets(); the set 0 is empty.
  std::uint16_t match(std::string_view digits) const {
    std::size_t state = start;
    for (const char c : digits) state = next_[state * 10 + static_cast<std::size_t>(c - '0')];
    return set_of_[state];
  }

  // Ascending indexes of parts.
  const std::vector<std::vector<std::uint16_t>>& sets() const { return sets_; }

 private:
  friend class DigitAutomatonBuilder;

  static constexpr std::size_t start = 1;  // 0 is the state that no digit leads out of

  std::vector<std::uint16_t> next_;    // state * 10 + digit
  std::vector<std::uint16_t> set_of_;  // by state
  std::vector<std::vector<std::uint16_t>> sets_;
};

}  // namespace smscrm
