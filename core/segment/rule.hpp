// A rule says whom a segment holds: what it is made of, and how it is read. What it means is
// core/segment/compile.hpp; docs/segments.md is the manual.
//
//   tag:vip and country in (US, CA) and attr.plan = 'pro' and last_click < 30d and not in list:staff
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/segment/rule_error.hpp"
#include "core/segment/token.hpp"

namespace smscrm {

inline constexpr std::size_t longest_rule = 16 * 1024;  // bytes
inline constexpr std::size_t most_tests = 250;
inline constexpr std::size_t most_values = 1'000;  // of one list
inline constexpr std::size_t deepest_parentheses = 32;

struct RuleName {
  std::string text;
  RulePlace place;
};

// What a field is compared with. Its kind is as it was written: pro and 'pro' are texts, of which only the
// first may be the name of a day (today).
struct RuleValue {
  RuleToken::Kind kind = RuleToken::Kind::word;
  std::string text;
  RulePlace place;
};

enum class MemberKind { tag, list, segment };
enum class Verb { targeted, sent, received, delivered, failed, skipped, clicked, replied };
enum class Comparison { equal, exactly, less, at_most, greater, at_least };
enum class TestKind {
  compare,  // by `comparison`
  one_of,
  contains,
  starts,
  ends,
  set,
  empty,
  within,
  within_next,
  older,
  before,
  after,
  since,
  on,
  between,
  anniversary_today,
  anniversary_within,
  flag,
};

struct RuleTest {
  std::string field;  // a built-in one, in lower case; of an attribute, its key in lower case
  bool is_attribute = false;
  RulePlace field_place;
  TestKind kind = TestKind::flag;
  Comparison comparison = Comparison::equal;
  bool negated = false;  // !=, not in, not contains: the complement, as with "not" before it
  RulePlace sign_place;  // of the comparison
  std::vector<RuleValue> values;
};

struct RuleEvent {
  Verb verb = Verb::sent;
  std::optional<RuleName> reason;        // of skipped
  std::vector<RuleName> campaigns;       // empty: any
  std::optional<Comparison> comparison;  // with `times`; nullopt: at least once
  bool differs = false;                  // the comparison is !=
  std::int64_t times = 1;
  std::optional<TestKind> window;  // within, since, before or between, with `values`
  std::vector<RuleValue> values;
};

struct SegmentRule {
  enum class Kind { everybody, both, either, negation, member, test, event } kind = Kind::everybody;
  RulePlace place;                 // of its first word
  std::vector<SegmentRule> parts;  // of both and either, two or more; of a negation, one
  MemberKind member = MemberKind::tag;
  std::vector<RuleName> names;  // of which it is a member
  RuleTest test;
  RuleEvent event;
};

// Throws RuleError. Names of tags, lists, segments, campaigns are not looked up, fields are.
SegmentRule parse_rule(std::string_view text);

// The same rule as parse_rule reads it, with all its parentheses.
std::string format_rule(const SegmentRule& rule);

// A name as it stands in a rule: in quotes where it needs them.
std::string format_name(std::string_view name);

// What rules may name of their tenant: each once, as it is written.
std::vector<RuleName> names_in(const SegmentRule& rule, MemberKind kind);
std::vector<RuleName> campaigns_in(const SegmentRule& rule);

// In the order of their enumerations, as they are written.
inline constexpr std::array<std::string_view, 8> verb_words{"targeted", "sent",    "received", "delivered",
                                                            "failed",   "skipped", "clicked",  "replied"};
inline constexpr std::array<std::string_view, 3> member_words{"tag", "list", "segment"};
std::string_view to_string(Verb verb);
std::string_view to_string(MemberKind kind);
std::string_view to_string(Comparison comparison);

// Built-in fields, as they are written.
const std::vector<std::string>& rule_fields();

}  // namespace smscrm
