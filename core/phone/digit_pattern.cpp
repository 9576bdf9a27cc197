#include "core/phone/digit_pattern.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace smscrm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::uint16_t bit_of(char digit) { return static_cast<std::uint16_t>(1U << (digit - '0')); }

constexpr std::uint16_t any_digit = 0x3FF;
constexpr int max_repeats = 20;  // longer than any number
constexpr std::size_t max_states = 20'000;

}  // namespace

// A recursive-descent parser; each rule returns the steps of what it read. Steps refer to each other by
// distance, so that a piece can be copied and wrapped as it is.
class DigitPatternCompiler {
 public:
  explicit DigitPatternCompiler(std::string_view expression) : rest_(expression) {}

  std::optional<DigitPattern> compile() {
    DigitPattern pattern;
    pattern.steps_ = alternation();
    if (!rest_.empty() || groups_ > 2) understood_ = false;
    pattern.steps_.push_back({Op::match, 0, 0});
    pattern.groups_ = groups_;
    if (!understood_) return std::nullopt;
    return pattern;
  }

 private:
  using Op = DigitPattern::Op;
  using Steps = std::vector<DigitPattern::Step>;

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  static int size_of(const Steps& steps) { return static_cast<int>(steps.size()); }
  static void append(Steps& steps, const Steps& more) { steps.insert(steps.end(), more.begin(), more.end()); }

  Steps alternation() {
    const auto first = sequence();
    if (!take("|")) return first;
    const auto others = alternation();
    Steps steps{{Op::split, 0, size_of(first) + 2}};
    append(steps, first);
    steps.push_back({Op::jump, 0, size_of(others) + 1});
    append(steps, others);
    return steps;
  }

  Steps sequence() {
    Steps steps;
    while (understood_ && !rest_.empty() && rest_[0] != '|' && rest_[0] != ')')
      append(steps, repeated(atom()));
    return steps;
  }

  Steps atom() {
    if (take("(?:")) return group_end(alternation());
    if (take("(")) {
      const int group = groups_++;
      Steps steps{{Op::save, 0, 2 * group}};
      append(steps, group_end(alternation()));
      steps.push_back({Op::save, 0, 2 * group + 1});
      return steps;
    }
    if (take("$")) return {{Op::end, 0, 0}};
    if (take("\\d")) return {{Op::digit, any_digit, 0}};
    if (take("[")) return {{Op::digit, digit_class(), 0}};
    if (!is_digit(rest_[0])) {
      understood_ = false;
      return {};
    }
    const char digit = rest_[0];
    rest_.remove_prefix(1);
    return {{Op::digit, bit_of(digit), 0}};
  }

  Steps group_end(Steps steps) {
    if (!take(")")) understood_ = false;
    return steps;
  }

  std::uint16_t digit_class() {
    std::uint16_t digits = 0;
    while (!rest_.empty() && is_digit(rest_[0])) {
      const char low = rest_[0];
      char high = low;
      rest_.remove_prefix(1);
      if (rest_.size() >= 2 && rest_[0] == '-' && is_digit(rest_[1])) {
        high = rest_[1];
        rest_.remove_prefix(2);
      }
      for (char c = low; c <= high; ++c) digits = static_cast<std::uint16_t>(digits | bit_of(c));
    }
    if (digits == 0 || !take("]")) understood_ = false;
    return digits;
  }

  Steps repeated(const Steps& once) {
    int least = 1;
    int most = 1;
    if (take("?")) {
      least = 0;
    } else if (take("{")) {
      least = most = number();
      if (take(",")) most = number();
      if (!take("}") || most < least || most > max_repeats) understood_ = false;
    } else {
      return once;
    }
    // A second ? or + changes which match comes first.
    if (!rest_.empty() && (rest_[0] == '?' || rest_[0] == '+' || rest_[0] == '{')) understood_ = false;
    if (!understood_) return {};
    Steps tail;  // x{2,4} is xx(?:x(?:x)?)?
    for (int i = least; i < most; ++i) {
      Steps longer{{Op::split, 0, size_of(once) + size_of(tail) + 1}};
      append(longer, once);
      append(longer, tail);
      tail = std::move(longer);
    }
    Steps steps;
    for (int i = 0; i < least; ++i) append(steps, once);
    append(steps, tail);
    return steps;
  }

  int number() {
    int value = 0;
    if (rest_.empty() || !is_digit(rest_[0])) understood_ = false;
    while (!rest_.empty() && is_digit(rest_[0]) && value <= max_repeats) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  std::string_view rest_;
  int groups_ = 0;
  bool understood_ = true;
};

std::optional<DigitPattern> DigitPattern::compile(std::string_view expression) {
  return DigitPatternCompiler{expression}.compile();
}

struct DigitPattern::Walk {
  const std::vector<Step>& steps;
  std::string_view digits;
  std::array<std::size_t, 4> ends{};  // of the groups: begin and end of each
  std::size_t length = 0;

  bool go(std::size_t step, std::size_t at) {
    for (;; ++step) {
      const auto& [op, mask, to] = steps[step];
      switch (op) {
        case Op::digit:
          if (at == digits.size() || (mask & bit_of(digits[at])) == 0) return false;
          ++at;
          break;
        case Op::split:
          if (go(step + 1, at)) return true;
          [[fallthrough]];
        case Op::jump:
          step += static_cast<std::size_t>(to) - 1;
          break;
        case Op::save: {
          auto& end = ends[static_cast<std::size_t>(to)];
          const auto before = std::exchange(end, at);
          if (go(step + 1, at)) return true;
          end = before;
          return false;
        }
        case Op::end:
          if (at != digits.size()) return false;
          break;
        case Op::match:
          length = at;
          return true;
      }
    }
  }
};

std::optional<DigitPrefix> DigitPattern::match_prefix(std::string_view digits) const {
  Walk walk{steps_, digits};
  if (!walk.go(0, 0)) return std::nullopt;
  const auto group = [&](std::size_t i) {
    return digits.substr(walk.ends[2 * i], walk.ends[2 * i + 1] - walk.ends[2 * i]);
  };
  return DigitPrefix{walk.length, {group(0), group(1)}};
}

// The usual subset construction, over a graph of all patterns in which equal rests of a pattern are one node.
class DigitAutomatonBuilder {
 public:
  // false when the pattern has a $.
  bool add(const DigitAutomaton::Part& part) {
    const auto& steps = part.pattern.steps_;
    std::vector<std::uint32_t> node_of(steps.size());
    std::map<std::tuple<std::uint16_t, std::uint32_t, std::uint32_t>, std::uint32_t> known;
    for (std::size_t i = steps.size(); i-- > 0;) {  // from the end: steps lead forward only
      const auto& [op, digits, to] = steps[i];
      const auto next = [&](std::size_t distance) { return node_of[i + distance]; };
      switch (op) {
        case Op::end:
          return false;
        case Op::save:
          node_of[i] = next(1);
          continue;
        case Op::jump:
          node_of[i] = next(static_cast<std::size_t>(to));
          continue;
        default:
          break;
      }
      Node node{.op = op, .digits = digits, .part = parts_, .may_go_on = part.may_go_on};
      if (op != Op::match) node.next = next(1);
      if (op == Op::split) node.other = next(static_cast<std::size_t>(to));
      const auto [entry, is_new] = known.try_emplace({digits, node.next, node.other}, nodes_.size());
      if (is_new) nodes_.push_back(node);
      node_of[i] = entry->second;
    }
    begins_.push_back(node_of[0]);
    ++parts_;
    return true;
  }

  std::optional<DigitAutomaton> build() {
    seen_.resize(nodes_.size());
    number_of({});
    number_of(close(begins_));
    DigitAutomaton automaton;
    set_number_of(automaton, {});
    for (std::size_t number = 0; number < states_.size(); ++number) {
      if (states_.size() > max_states) return std::nullopt;
      const auto& state = *states_[number];
      PartSet set;
      for (const auto at : state)
        if (nodes_[at].op == Op::match) set.push_back(nodes_[at].part);
      std::sort(set.begin(), set.end());
      automaton.set_of_.push_back(set_number_of(automaton, set));
      for (unsigned digit = 0; digit < 10; ++digit) {
        after_.clear();
        for (const auto at : state) {
          const auto& node = nodes_[at];
          if (node.op == Op::digit && (node.digits >> digit & 1U) != 0) after_.push_back(node.next);
          if (node.op == Op::match && node.may_go_on) after_.push_back(at);
        }
        automaton.next_.push_back(after_.empty() ? std::uint16_t{0} : number_of(close(after_)));
      }
    }
    return automaton;
  }

 private:
  using Op = DigitPattern::Op;
  using State = std::vector<std::uint32_t>;  // nodes that take a digit, and matches
  using PartSet = std::vector<std::uint16_t>;

  struct Node {
    Op op;  // digit, split or match
    std::uint16_t digits;
    std::uint16_t part;
    bool may_go_on;
    std::uint32_t next = 0, other = 0;
  };
  struct Hash {
    std::size_t operator()(const State& state) const {
      std::size_t hash = 0;
      for (const auto at : state) hash = (hash ^ at) * 0x9E3779B97F4A7C15U;
      return hash;
    }
  };

  // Follows what takes no digit.
  const State& close(const State& from) {
    ++stamp_;
    open_ = from;
    closed_.clear();
    while (!open_.empty()) {
      const auto at = open_.back();
      open_.pop_back();
      if (std::exchange(seen_[at], stamp_) == stamp_) continue;
      const auto& node = nodes_[at];
      if (node.op == Op::split) {
        open_.push_back(node.next);
        open_.push_back(node.other);
      } else {
        closed_.push_back(at);
      }
    }
    std::sort(closed_.begin(), closed_.end());
    return closed_;
  }

  std::uint16_t number_of(const State& state) {
    const auto [entry, is_new] = numbers_.try_emplace(state, static_cast<std::uint16_t>(states_.size()));
    if (is_new) states_.push_back(&entry->first);
    return entry->second;
  }

  std::uint16_t set_number_of(DigitAutomaton& automaton, const PartSet& set) {
    const auto [entry, is_new] =
        set_numbers_.try_emplace(set, static_cast<std::uint16_t>(automaton.sets_.size()));
    if (is_new) automaton.sets_.push_back(set);
    return entry->second;
  }

  std::vector<Node> nodes_;
  State begins_;
  std::uint16_t parts_ = 0;
  std::unordered_map<State, std::uint16_t, Hash> numbers_;
  std::vector<const State*> states_;  // the keys of numbers_
  std::map<PartSet, std::uint16_t> set_numbers_;
  State open_, closed_, after_;  // kept for their memory
  std::vector<std::uint32_t> seen_;
  std::uint32_t stamp_ = 0;
};

std::optional<DigitAutomaton> DigitAutomaton::build(const std::vector<Part>& parts) {
  DigitAutomatonBuilder builder;
  for (const auto& part : parts)
    if (!builder.add(part)) return std::nullopt;
  return parts.empty() ? std::nullopt : builder.build();
}

}  // namespace smscrm
