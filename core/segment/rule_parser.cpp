#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/segment/calendar.hpp"
#include "core/segment/rule.hpp"

namespace smscrm {
namespace {

class RuleParser {
 public:
  explicit RuleParser(std::vector<RuleToken> tokens) : tokens_(std::move(tokens)) {}

  SegmentRule parse() {
    if (ahead().kind == RuleToken::Kind::end)
      throw RuleError("empty", {1, 0}, "the rule is empty", "write \"all\" for everybody");
    auto rule = parse_either();
    if (ahead().kind != RuleToken::Kind::end)
      throw RuleError("syntax", ahead().place, fmt::format("{} stands where the rule could end", shown()),
                      "join tests with \"and\" or \"or\"");
    return rule;
  }

 private:
  const RuleToken& ahead(std::size_t more = 0) const {
    return tokens_[std::min(at_ + more, tokens_.size() - 1)];
  }
  RuleToken take() {
    auto token = ahead();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }

  bool is_word(std::string_view word, std::size_t more = 0) const {
    return ahead(more).kind == RuleToken::Kind::word && to_lower(ahead(more).text) == word;
  }
  bool is_sign(std::string_view sign, std::size_t more = 0) const {
    return ahead(more).kind == RuleToken::Kind::sign && ahead(more).text == sign;
  }
  bool take_word(std::string_view word) { return is_word(word) && (take(), true); }
  bool take_sign(std::string_view sign) { return is_sign(sign) && (take(), true); }

  std::string shown() const {
    return ahead().kind == RuleToken::Kind::end ? "the end" : fmt::format("\"{}\"", ahead().text);
  }

  [[noreturn]] void expect(std::string_view what, std::string hint = "") const {
    throw RuleError("syntax", ahead().place, fmt::format("{} is expected before {}", what, shown()),
                    std::move(hint));
  }

  void need_sign(std::string_view sign, std::string_view what) {
    if (!take_sign(sign)) expect(what);
  }

  SegmentRule parse_either() { return parse_joined(SegmentRule::Kind::either, "or"); }
  SegmentRule parse_both() { return parse_joined(SegmentRule::Kind::both, "and"); }

  SegmentRule parse_joined(SegmentRule::Kind kind, std::string_view word) {
    const auto part = [&] { return kind == SegmentRule::Kind::either ? parse_both() : parse_negation(); };
    auto first = part();
    if (!is_word(word)) return first;
    SegmentRule rule;
    rule.kind = kind;
    rule.place = first.place;
    rule.parts.push_back(std::move(first));
    while (take_word(word)) rule.parts.push_back(part());
    return rule;
  }

  SegmentRule parse_negation() {
    const auto place = ahead().place;
    bool negated = false;
    while (take_word("not")) negated = !negated;
    auto rule = parse_primary();
    if (!negated) return rule;
    SegmentRule negation;
    negation.kind = SegmentRule::Kind::negation;
    negation.place = place;
    negation.parts.push_back(std::move(rule));
    return negation;
  }

  SegmentRule parse_primary() {
    const auto place = ahead().place;
    if (take_sign("(")) {
      if (++depth_ > deepest_parentheses)
        throw RuleError("too_complex", place,
                        fmt::format("parentheses are more than {} deep here", deepest_parentheses));
      auto rule = parse_either();
      need_sign(")", "\")\"");
      --depth_;
      return rule;
    }
    if (ahead().kind != RuleToken::Kind::word) expect("a test");
    SegmentRule rule;
    rule.place = place;
    if (take_word("all")) return rule;
    if (++tests_ > most_tests)
      throw RuleError("too_complex", place, fmt::format("a rule has at most {} tests", most_tests),
                      "make segments of its parts");
    const auto word = to_lower(ahead().text);
    if (const auto verb = std::ranges::find(verb_words, word); verb != verb_words.end()) {
      take();
      rule.kind = SegmentRule::Kind::event;
      parse_event(rule.event, static_cast<Verb>(verb - verb_words.begin()));
    } else if (word == "in" || std::ranges::find(member_words, word) != member_words.end()) {
      rule.kind = SegmentRule::Kind::member;
      parse_member(rule);
    } else {
      rule.kind = SegmentRule::Kind::test;
      parse_test(rule.test);
    }
    return rule;
  }

  RuleName parse_name(std::string_view what) {
    if (ahead().kind == RuleToken::Kind::end || ahead().kind == RuleToken::Kind::sign)
      expect(fmt::format("the name of {}", what));
    const auto token = take();
    if (token.text.empty())
      throw RuleError("syntax", token.place, fmt::format("the name of {} is empty", what));
    return {token.text, token.place};
  }

  // "a, b, c)": what follows the "(".
  template <class Parse>
  auto parse_list(Parse&& parse_one) {
    std::vector<decltype(parse_one())> all;
    do {
      if (all.size() == most_values)
        throw RuleError("too_complex", ahead().place,
                        fmt::format("a list has at most {} values", most_values),
                        "give these contacts a tag, or make a list of them");
      all.push_back(parse_one());
    } while (take_sign(","));
    need_sign(")", "\",\" or \")\"");
    return all;
  }

  void parse_member(SegmentRule& rule) {
    const bool has_in = take_word("in");
    const auto word = to_lower(ahead().text);
    const auto kind = std::ranges::find(member_words, word);
    if (ahead().kind != RuleToken::Kind::word || kind == member_words.end())
      expect("\"tag:\", \"list:\" or \"segment:\"");
    take();
    rule.member = static_cast<MemberKind>(kind - member_words.begin());
    const auto what = fmt::format("a {}", word);
    if (take_sign(":")) {
      rule.names = {parse_name(what)};
      return;
    }
    if (has_in || !take_word("in")) expect("\":\"", fmt::format("write {}:NAME", word));
    need_sign("(", "\"(\"");
    rule.names = parse_list([&] { return parse_name(what); });
  }

  void parse_field(RuleTest& test) {
    const auto token = take();
    test.field_place = token.place;
    test.field = to_lower(token.text);
    if (test.field == "attr" && take_sign(".")) {
      const auto key = parse_name("an attribute");
      test.is_attribute = true;
      test.field = to_lower(key.text);
      test.field_place.length = key.place.column + key.place.length - token.place.column;
      return;
    }
    const auto& fields = rule_fields();
    if (std::ranges::find(fields, test.field) != fields.end()) return;
    refuse_field(token);
  }

  [[noreturn]] void refuse_field(const RuleToken& token) const {
    const auto word = to_lower(token.text);
    constexpr std::array<std::string_view, 15> reserved{"and",   "or",    "is",      "with", "within",
                                                        "older", "than",  "between", "on",   "before",
                                                        "after", "since", "next",    "for",  "times"};
    if (std::ranges::find(reserved, word) != reserved.end())
      throw RuleError("syntax", token.place, fmt::format("a test is expected before \"{}\"", token.text));
    std::vector<std::string> known = rule_fields();
    known.insert(known.end(), verb_words.begin(), verb_words.end());
    known.insert(known.end(), member_words.begin(), member_words.end());
    if (word == "campaign")
      throw RuleError("syntax", token.place, "a campaign stands behind what it did",
                      "write sent campaign:NAME, received campaign:NAME …");
    const auto near = nearest(word, known);
    const auto attribute = fmt::format("attributes are written attr.{}", format_name(token.text));
    throw RuleError("unknown_field", token.place, fmt::format("there is no field \"{}\"", token.text),
                    near ? fmt::format("did you mean \"{}\"? {}", *near, attribute) : attribute);
  }

  RuleValue parse_value() {
    if (ahead().kind == RuleToken::Kind::end || ahead().kind == RuleToken::Kind::sign) expect("a value");
    const auto token = take();
    return {token.kind, token.text, token.place};
  }

  RuleValue parse_length() {
    if (ahead().kind == RuleToken::Kind::end || ahead().kind == RuleToken::Kind::sign)
      expect("a length such as 30d");
    const auto token = take();
    if (token.kind != RuleToken::Kind::duration || !read_length_of_rule(token.text))
      throw RuleError("invalid_duration", token.place,
                      fmt::format("\"{}\" is not a length of time", token.text),
                      "write 30m, 12h, 30d, 2w, 6mo or 1y");
    return {token.kind, token.text, token.place};
  }

  RuleValue parse_day() {
    if (ahead().kind == RuleToken::Kind::end || ahead().kind == RuleToken::Kind::sign)
      expect("a day such as 2027-03-15");
    const auto token = take();
    if (token.kind == RuleToken::Kind::quoted || !is_span(token.text))
      throw RuleError("invalid_date", token.place, fmt::format("\"{}\" is not a day", token.text),
                      "write 2027-03-15, 2027-03-15T18:00, today, yesterday, tomorrow or now");
    return {token.kind, token.text, token.place};
  }

  static std::optional<std::pair<Comparison, bool>> comparison_of(std::string_view sign) {
    if (sign == "=") return std::pair{Comparison::equal, false};
    if (sign == "==") return std::pair{Comparison::exactly, false};
    if (sign == "!=" || sign == "<>") return std::pair{Comparison::equal, true};
    if (sign == "<") return std::pair{Comparison::less, false};
    if (sign == "<=") return std::pair{Comparison::at_most, false};
    if (sign == ">") return std::pair{Comparison::greater, false};
    if (sign == ">=") return std::pair{Comparison::at_least, false};
    return std::nullopt;
  }

  // What has the shape of a day or a length and is none is not taken for a text.
  void check_shape(const RuleValue& value) const {
    if (value.kind == RuleToken::Kind::date && !is_span(value.text))
      throw RuleError("invalid_date", value.place, fmt::format("there is no day \"{}\"", value.text),
                      "a text stands in quotes");
    if (value.kind == RuleToken::Kind::duration && !read_length_of_rule(value.text))
      throw RuleError("invalid_duration", value.place, fmt::format("\"{}\" is too long", value.text));
  }

  bool parse_comparison(RuleTest& test) {
    if (ahead().kind != RuleToken::Kind::sign) return false;
    const auto comparison = comparison_of(ahead().text);
    if (!comparison) return false;
    take();
    test.kind = TestKind::compare;
    test.comparison = comparison->first;
    test.negated = comparison->second;
    test.values = {parse_value()};
    check_shape(test.values.front());
    return true;
  }

  void parse_test(RuleTest& test) {
    parse_field(test);
    test.sign_place = ahead().place;
    if (parse_comparison(test)) return;
    test.negated = take_word("not");
    if (take_word("in")) {
      test.kind = TestKind::one_of;
      need_sign("(", "\"(\"");
      test.values = parse_list([&] { return parse_value(); });
      for (const auto& value : test.values) check_shape(value);
    } else if (take_word("contains")) {
      test.kind = TestKind::contains;
      test.values = {parse_value()};
    } else if (is_word("starts") || is_word("ends")) {
      test.kind = to_lower(take().text) == "starts" ? TestKind::starts : TestKind::ends;
      if (!take_word("with")) expect("\"with\"");
      test.values = {parse_value()};
    } else if (test.negated) {
      expect("\"in\", \"contains\", \"starts with\" or \"ends with\"");
    } else {
      parse_time_test(test);
    }
  }

  void parse_time_test(RuleTest& test) {
    if (take_word("is")) {
      const bool negated = take_word("not");
      if (!is_word("set") && !is_word("empty")) expect("\"set\" or \"empty\"");
      test.kind = (to_lower(take().text) == "set") != negated ? TestKind::set : TestKind::empty;
    } else if (take_word("within")) {
      test.kind = take_word("next") ? TestKind::within_next : TestKind::within;
      test.values = {parse_length()};
    } else if (take_word("older")) {
      if (!take_word("than")) expect("\"than\"");
      test.kind = TestKind::older;
      test.values = {parse_length()};
    } else if (is_word("before") || is_word("after") || is_word("since") || is_word("on")) {
      const auto word = to_lower(take().text);
      test.kind = word == "before"  ? TestKind::before
                  : word == "after" ? TestKind::after
                  : word == "since" ? TestKind::since
                                    : TestKind::on;
      test.values = {parse_day()};
    } else if (take_word("between")) {
      test.kind = TestKind::between;
      test.values = {parse_value()};
      if (!take_word("and")) expect("\"and\"");
      test.values.push_back(parse_value());
      for (const auto& value : test.values) check_shape(value);
    } else if (take_word("anniversary")) {
      test.kind = TestKind::anniversary_today;
      if (take_word("today")) return;
      if (!take_word("within") || !take_word("next")) expect("\"today\" or \"within next\" and a length");
      test.kind = TestKind::anniversary_within;
      test.values = {parse_length()};
    } else if (test.field == "dnc" && !test.is_attribute) {
      test.kind = TestKind::flag;
    } else {
      expect("a comparison",
             fmt::format("such as {0}{1} = 'text', {0}{1} is set", test.is_attribute ? "attr." : "",
                         test.is_attribute ? format_name(test.field) : test.field));
    }
  }

  void parse_event(RuleEvent& event, Verb verb) {
    event.verb = verb;
    if (is_word("for")) {
      if (verb != Verb::skipped)
        throw RuleError("syntax", ahead().place, "only \"skipped\" has a reason",
                        "write skipped for no_consent");
      take();
      event.reason = parse_name("a reason");
    }
    if (take_word("campaign")) {
      if (take_sign(":")) {
        event.campaigns = {parse_name("a campaign")};
      } else if (take_word("in")) {
        need_sign("(", "\"(\"");
        event.campaigns = parse_list([&] { return parse_name("a campaign"); });
      } else {
        expect("\":\"", "write campaign:NAME");
      }
    }
    if (const auto comparison =
            ahead().kind == RuleToken::Kind::sign ? comparison_of(ahead().text) : std::nullopt) {
      take();
      parse_times(event, *comparison);
    }
    parse_window(event);
  }

  void parse_times(RuleEvent& event, const std::pair<Comparison, bool>& comparison) {
    event.comparison = comparison.first == Comparison::exactly ? Comparison::equal : comparison.first;
    event.differs = comparison.second;
    if (ahead().kind == RuleToken::Kind::end) expect("a number");
    const auto token = take();
    const auto times = token.kind == RuleToken::Kind::number && token.text.size() <= 9
                           ? parse_integer(token.text)
                           : std::nullopt;
    if (!times || *times < 0)
      throw RuleError("invalid_number", token.place,
                      fmt::format("\"{}\" is not a number of times", token.text));
    event.times = *times;
    if (!take_word("times") && !take_word("time")) expect("\"times\"");
  }

  void parse_window(RuleEvent& event) {
    if (take_word("within")) {
      event.window = TestKind::within;
      event.values = {parse_length()};
    } else if (is_word("since") || is_word("before")) {
      event.window = to_lower(take().text) == "since" ? TestKind::since : TestKind::before;
      event.values = {parse_day()};
    } else if (take_word("between")) {
      event.window = TestKind::between;
      event.values = {parse_day()};
      if (!take_word("and")) expect("\"and\"");
      event.values.push_back(parse_day());
    }
  }

  std::vector<RuleToken> tokens_;
  std::size_t at_ = 0, depth_ = 0, tests_ = 0;
};

}  // namespace

SegmentRule parse_rule(std::string_view text) {
  if (text.size() > longest_rule)
    throw RuleError("too_long", {1, 0},
                    fmt::format("the rule has {} bytes, at most {} may be", text.size(), longest_rule),
                    "make segments of its parts");
  std::size_t column = 1;
  for (std::size_t at = 0; at < text.size(); ++column)
    if (const auto point = next_code_point(text, at); point <= 0)
      throw RuleError("syntax", {column, 1}, point == 0 ? "there is a NUL byte in it" : "this is not UTF-8");
  return RuleParser{read_tokens(text)}.parse();
}

}  // namespace smscrm
