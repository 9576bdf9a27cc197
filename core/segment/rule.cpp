#include "core/segment/rule.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

bool is_plain_name(std::string_view name) {
  if (name.empty()) return false;
  try {
    const auto tokens = read_tokens(name);
    return tokens.size() == 2 && tokens.front().kind == RuleToken::Kind::word && tokens.front().text == name;
  } catch (const RuleError&) {
    return false;
  }
}

std::string quote_text(std::string_view text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string{"''"} : std::string{c};
  return all + "'";
}

std::string format_value(const RuleValue& value) {
  return value.kind == RuleToken::Kind::quoted ? quote_text(value.text) : value.text;
}

template <class Part, class Format>
std::string format_list(const std::vector<Part>& parts, Format&& format_one) {
  std::vector<std::string> all;
  for (const auto& part : parts) all.push_back(format_one(part));
  return "(" + join(all, ", ") + ")";
}

std::string name_of(const RuleName& name) { return format_name(name.text); }

std::string format_test(const RuleTest& test) {
  const auto field = test.is_attribute ? "attr." + format_name(test.field) : test.field;
  const auto value = [&](std::size_t i) { return format_value(test.values.at(i)); };
  const char* no = test.negated ? " not" : "";
  switch (test.kind) {
    case TestKind::compare:
      return fmt::format("{} {} {}", field, test.negated ? "!=" : to_string(test.comparison), value(0));
    case TestKind::one_of:
      return fmt::format("{}{} in {}", field, no, format_list(test.values, format_value));
    case TestKind::contains:
      return fmt::format("{}{} contains {}", field, no, value(0));
    case TestKind::starts:
      return fmt::format("{}{} starts with {}", field, no, value(0));
    case TestKind::ends:
      return fmt::format("{}{} ends with {}", field, no, value(0));
    case TestKind::set:
      return field + " is set";
    case TestKind::empty:
      return field + " is empty";
    case TestKind::within:
      return fmt::format("{} within {}", field, value(0));
    case TestKind::within_next:
      return fmt::format("{} within next {}", field, value(0));
    case TestKind::older:
      return fmt::format("{} older than {}", field, value(0));
    case TestKind::before:
      return fmt::format("{} before {}", field, value(0));
    case TestKind::after:
      return fmt::format("{} after {}", field, value(0));
    case TestKind::since:
      return fmt::format("{} since {}", field, value(0));
    case TestKind::on:
      return fmt::format("{} on {}", field, value(0));
    case TestKind::between:
      return fmt::format("{} between {} and {}", field, value(0), value(1));
    case TestKind::anniversary_today:
      return field + " anniversary today";
    case TestKind::anniversary_within:
      return fmt::format("{} anniversary within next {}", field, value(0));
    case TestKind::flag:
      return field;
  }
  return field;
}

std::string format_event(const RuleEvent& event) {
  std::string text{to_string(event.verb)};
  if (event.reason) text += " for " + format_name(event.reason->text);
  if (event.campaigns.size() == 1) text += " campaign:" + format_name(event.campaigns.front().text);
  if (event.campaigns.size() > 1) text += " campaign in " + format_list(event.campaigns, name_of);
  if (event.comparison)
    text += fmt::format(" {} {} times", event.differs ? "!=" : to_string(*event.comparison), event.times);
  if (!event.window) return text;
  const auto first = format_value(event.values.front());
  if (*event.window == TestKind::within) return fmt::format("{} within {}", text, first);
  if (*event.window == TestKind::since) return fmt::format("{} since {}", text, first);
  if (*event.window == TestKind::before) return fmt::format("{} before {}", text, first);
  return fmt::format("{} between {} and {}", text, first, format_value(event.values.back()));
}

template <class Use>
void visit(const SegmentRule& rule, Use&& use) {
  use(rule);
  for (const auto& part : rule.parts) visit(part, use);
}

void add_names(std::vector<RuleName>& all, const std::vector<RuleName>& names) {
  for (const auto& name : names)
    if (std::ranges::none_of(all, [&](const RuleName& one) { return one.text == name.text; }))
      all.push_back(name);
}

}  // namespace

std::string format_rule(const SegmentRule& rule) {
  switch (rule.kind) {
    case SegmentRule::Kind::everybody:
      return "all";
    case SegmentRule::Kind::both:
    case SegmentRule::Kind::either: {
      std::vector<std::string> parts;
      for (const auto& part : rule.parts) parts.push_back(format_rule(part));
      return "(" + join(parts, rule.kind == SegmentRule::Kind::both ? " and " : " or ") + ")";
    }
    case SegmentRule::Kind::negation:
      return "not " + format_rule(rule.parts.front());
    case SegmentRule::Kind::member:
      if (rule.names.size() == 1)
        return fmt::format("{}:{}", to_string(rule.member), name_of(rule.names.front()));
      return fmt::format("{} in {}", to_string(rule.member), format_list(rule.names, name_of));
    case SegmentRule::Kind::test:
      return format_test(rule.test);
    case SegmentRule::Kind::event:
      return format_event(rule.event);
  }
  return {};
}

std::string format_name(std::string_view name) {
  return is_plain_name(name) ? std::string{name} : quote_text(name);
}

std::vector<RuleName> names_in(const SegmentRule& rule, MemberKind kind) {
  std::vector<RuleName> all;
  visit(rule, [&](const SegmentRule& part) {
    if (part.kind == SegmentRule::Kind::member && part.member == kind) add_names(all, part.names);
  });
  return all;
}

std::vector<RuleName> campaigns_in(const SegmentRule& rule) {
  std::vector<RuleName> all;
  visit(rule, [&](const SegmentRule& part) {
    if (part.kind == SegmentRule::Kind::event) add_names(all, part.event.campaigns);
  });
  return all;
}

std::string_view to_string(Verb verb) { return verb_words[static_cast<std::size_t>(verb)]; }
std::string_view to_string(MemberKind kind) { return member_words[static_cast<std::size_t>(kind)]; }

std::string_view to_string(Comparison comparison) {
  constexpr std::array<std::string_view, 6> signs{"=", "==", "<", "<=", ">", ">="};
  return signs[static_cast<std::size_t>(comparison)];
}

const std::vector<std::string>& rule_fields() {
  static const std::vector<std::string> fields{
      "first_name",    "last_name",      "name",       "email",      "msisdn",     "country",
      "timezone",      "external_id",    "created_at", "updated_at", "consent_at", "last_sent",
      "last_received", "last_delivered", "last_click", "last_reply", "sent_count", "click_count",
      "reply_count",   "consent",        "dnc"};
  return fields;
}

}  // namespace smscrm
