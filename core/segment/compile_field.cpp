#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/segment/rule_compiler.hpp"

namespace smscrm::segment_sql {
namespace {

enum class FieldType { text, exact, time, activity, number, consent, flag };

struct Field {
  std::string_view name;
  FieldType type;
  std::string_view sql;    // of text, exact and time
  Verb verb = Verb::sent;  // of activity and number
};

constexpr std::array fields{
    Field{"first_name", FieldType::text, "c.first_name"},
    Field{"last_name", FieldType::text, "c.last_name"},
    Field{"name", FieldType::text, "btrim(c.first_name || ' ' || c.last_name)"},
    Field{"email", FieldType::text, "c.email"},
    Field{"msisdn", FieldType::exact, "c.msisdn"},
    Field{"country", FieldType::text, "c.country"},
    Field{"timezone", FieldType::text, "c.timezone"},
    Field{"external_id", FieldType::exact, "c.external_id"},
    Field{"created_at", FieldType::time, "c.created_at"},
    Field{"updated_at", FieldType::time, "c.updated_at"},
    Field{"consent_at", FieldType::time, ""},
    Field{"last_sent", FieldType::activity, "", Verb::sent},
    Field{"last_received", FieldType::activity, "", Verb::received},
    Field{"last_delivered", FieldType::activity, "", Verb::delivered},
    Field{"last_click", FieldType::activity, "", Verb::clicked},
    Field{"last_reply", FieldType::activity, "", Verb::replied},
    Field{"sent_count", FieldType::number, "", Verb::sent},
    Field{"click_count", FieldType::number, "", Verb::clicked},
    Field{"reply_count", FieldType::number, "", Verb::replied},
    Field{"consent", FieldType::consent, ""},
    Field{"dnc", FieldType::flag, ""},
};

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_day_name(const RuleValue& value) {
  return value.kind == RuleToken::Kind::date || (value.kind == RuleToken::Kind::word && is_span(value.text));
}

bool is_time_test(TestKind kind) {
  switch (kind) {
    case TestKind::within:
    case TestKind::within_next:
    case TestKind::older:
    case TestKind::before:
    case TestKind::after:
    case TestKind::since:
    case TestKind::on:
    case TestKind::anniversary_today:
    case TestKind::anniversary_within:
      return true;
    case TestKind::compare:
    case TestKind::one_of:
    case TestKind::contains:
    case TestKind::starts:
    case TestKind::ends:
    case TestKind::set:
    case TestKind::empty:
    case TestKind::between:
    case TestKind::flag:
      return false;
  }
  return false;
}

}  // namespace

// --- tests of fields

void RuleCompiler::refuse_type(const RuleTest& test, std::string_view why, std::string hint) {
  throw RuleError("wrong_type", test.sign_place, fmt::format("{} {}", name_of_field(test), why),
                  std::move(hint));
}

bool RuleCompiler::asks_for_absence(const RuleTest& test) {
  return test.kind == TestKind::compare && !is_order(test.comparison) &&
         test.values.front().kind == RuleToken::Kind::quoted && test.values.front().text.empty();
}

Leaf RuleCompiler::compile_test(const RuleTest& test) {
  if (test.is_attribute) return compile_attribute(test);
  const auto& field = *std::ranges::find(fields, std::string_view{test.field}, &Field::name);
  switch (field.type) {
    case FieldType::text:
    case FieldType::exact:
      return compile_text(test, std::string{field.sql}, field.type == FieldType::exact);
    case FieldType::time: {
      auto sql = std::string{field.sql};
      if (sql.empty()) sql = add_join_by_number("consent") + ".changed_at";
      return compile_time(test, sql, field.sql.empty());
    }
    case FieldType::activity:
      return compile_activity(test, field.verb);
    case FieldType::number:
      return compile_count(test, field.verb);
    case FieldType::consent:
      return compile_consent(test);
    case FieldType::flag: {
      if (test.kind != TestKind::flag && test.kind != TestKind::set && test.kind != TestKind::empty)
        refuse_type(test, "is true or not, and compares with nothing", "write dnc, or not dnc");
      const auto leaf = has_row(add_join_by_number("dnc"), "msisdn");
      return test.kind == TestKind::empty ? Leaf{leaf.negated, leaf.sql, ""} : leaf;
    }
  }
  return {};
}

std::string RuleCompiler::list_of_texts(const std::vector<RuleValue>& values) {
  std::vector<std::string> texts;
  for (const auto& value : values)
    if (!value.text.empty()) texts.push_back(value.text);
  return *to_param(texts);
}

Leaf RuleCompiler::compile_text(const RuleTest& test, const std::string& sql, bool is_exact) {
  const auto there = test.is_attribute ? fmt::format("coalesce({}, '') <> ''", sql) : sql + " <> ''";
  const auto absent = test.is_attribute ? fmt::format("coalesce({}, '') = ''", sql) : sql + " = ''";
  const bool exactly = is_exact || (test.kind == TestKind::compare && test.comparison == Comparison::exactly);
  // Letters of ASCII are folded by themselves, which costs a fifth; what is not among them cannot be alike.
  const bool ascii = std::ranges::all_of(test.values, [](const auto& value) { return is_ascii(value.text); });
  const auto* collation = ascii ? "\"C\"" : "\"und-x-icu\"";
  const auto fold = [&](const std::string& text) {
    return exactly ? text : fmt::format("lower({} COLLATE {})", text, collation);
  };
  const auto value = [&] { return fold(put(test.values.front().text, "text")); };
  const auto need_text = [&] {
    if (test.values.front().text.empty())
      throw RuleError("unknown_value", test.values.front().place, "there is nothing to look for",
                      fmt::format("write {} is set", name_of_field(test)));
  };
  switch (test.kind) {
    case TestKind::set:
      return {there, absent, ""};
    case TestKind::empty:
      return {absent, there, ""};
    case TestKind::compare:
      if (is_order(test.comparison))
        refuse_type(test, "is a text, which has no order",
                    test.is_attribute ? "numbers and days stand without quotes" : "");
      if (test.values.front().text.empty()) return {absent, there, ""};
      return {fmt::format("{} = {}", fold(sql), value()), "", there};
    case TestKind::one_of: {
      const auto texts = put(list_of_texts(test.values), "text[]");
      const auto any = exactly ? fmt::format("{} = ANY ({})", sql, texts)
                               : fmt::format("{} = ANY (ARRAY(SELECT {} FROM unnest({}) AS u(v)))", fold(sql),
                                             fold("u.v"), texts);
      const bool or_absent =
          std::ranges::any_of(test.values, [](const RuleValue& one) { return one.text.empty(); });
      if (or_absent) return {fmt::format("{} OR {}", any, absent), "", ""};
      return {any, "", there};
    }
    case TestKind::contains:
      need_text();
      return {fmt::format("strpos({}, {}) > 0", fold(sql), value()), "", there};
    case TestKind::starts:
      need_text();
      return {fmt::format("starts_with({}, {})", fold(sql), value()), "", there};
    case TestKind::ends: {
      need_text();
      const auto end = value();
      return {fmt::format("right({}, char_length({})) = {}", fold(sql), end, end), "", there};
    }
    case TestKind::between:
      refuse_type(test, "is a text, which has no order");
    default:
      refuse_type(test, is_time_test(test.kind) ? "is a text and no time" : "is a text");
  }
}

Leaf RuleCompiler::compile_attribute(const RuleTest& test) {
  const auto value = fmt::format("(c.attributes ->> {})", put(test.field, "text"));
  const auto is_number = [](const RuleValue& one) { return one.kind == RuleToken::Kind::number; };
  const auto is_length = [](const RuleValue& one) { return one.kind == RuleToken::Kind::duration; };
  const bool compares = test.kind == TestKind::compare || test.kind == TestKind::between;
  if (is_time_test(test.kind) || (compares && std::ranges::all_of(test.values, [&](const auto& one) {
                                    return is_day_name(one) || is_length(one);
                                  })))
    return compile_time(test, fmt::format("rule_time({}, {})", value, put(clock_.zone, "text")), true);
  if (compares && std::ranges::all_of(test.values, is_number))
    return compile_number(test, fmt::format("rule_number({})", value));
  if (test.kind == TestKind::between)
    refuse_type(test, "lies between two numbers or two days", "they stand without quotes");
  if (test.kind == TestKind::one_of) return compile_values(test, value);
  if (test.kind == TestKind::flag) refuse_type(test, "needs a comparison");
  return compile_text(test, value, false);
}

Leaf RuleCompiler::compile_values(const RuleTest& test, const std::string& value) {
  std::vector<std::string> parts, there;
  auto numbers = test, texts = test;
  numbers.values.clear(), texts.values.clear();
  const auto add = [&](const Leaf& leaf) {
    parts.push_back("(" + leaf.sql + ")");
    if (!leaf.present.empty()) there.push_back("(" + leaf.present + ")");
  };
  for (const auto& one : test.values) {
    if (one.kind == RuleToken::Kind::number) {
      numbers.values.push_back(one);
    } else if (is_day_name(one)) {
      auto day = test;
      day.kind = TestKind::compare;
      day.comparison = Comparison::equal;
      day.values = {one};
      add(compile_time(day, fmt::format("rule_time({}, {})", value, put(clock_.zone, "text")), true));
    } else if (one.kind == RuleToken::Kind::duration) {
      throw RuleError("wrong_type", one.place, "a length of time is no value", "a text stands in quotes");
    } else {
      texts.values.push_back(one);
    }
  }
  if (!numbers.values.empty()) add(compile_number(numbers, fmt::format("rule_number({})", value)));
  if (!texts.values.empty()) add(compile_text(texts, value, false));
  const bool has_absence = std::ranges::any_of(test.values, [](const auto& one) { return one.text.empty(); });
  return {join(parts, " OR "), "", has_absence ? std::string{} : join(there, " OR ")};
}

Leaf RuleCompiler::compile_number(const RuleTest& test, const std::string& sql) {
  const auto there = sql + " IS NOT NULL";
  if (test.kind == TestKind::compare)
    return {fmt::format("{} {} {}", sql, sign_of(test.comparison), put(number_of(test.values[0]), "numeric")),
            "", there};
  if (test.kind == TestKind::one_of) {
    std::vector<std::string> numbers;
    for (const auto& value : test.values) numbers.push_back(number_of(value));
    return {fmt::format("{} = ANY ({})", sql, put(to_param(numbers), "numeric[]")), "", there};
  }
  const auto low = number_of(test.values[0]), high = number_of(test.values[1]);
  if (std::stod(low) > std::stod(high))
    throw RuleError("invalid_number", test.values[1].place, fmt::format("{} is less than {}", high, low),
                    "the smaller one stands first");
  return {fmt::format("{} BETWEEN {} AND {}", sql, put(low, "numeric"), put(high, "numeric")), "", there};
}

std::string RuleCompiler::number_of(const RuleValue& value) {
  if (value.kind != RuleToken::Kind::number || value.text.size() > 80)
    throw RuleError("invalid_number", value.place, fmt::format("\"{}\" is not a number", value.text),
                    "write 18, -2.5 or 1000");
  return value.text;
}

// --- times

RuleSpan RuleCompiler::span_of(const RuleValue& value) const {
  auto span = value.kind == RuleToken::Kind::number ? std::nullopt : read_span(value.text, clock_);
  if (!span && value.kind == RuleToken::Kind::word && value.text[0] >= '0' && value.text[0] <= '9')
    throw RuleError("invalid_duration", value.place,
                    fmt::format("\"{}\" is not a length of time", value.text),
                    "write 30m, 12h, 30d, 2w, 6mo or 1y");
  if (!span)
    throw RuleError("invalid_date", value.place, fmt::format("\"{}\" is not a day", value.text),
                    "write 2027-03-15, 2027-03-15T18:00, today, yesterday, tomorrow or now");
  return *span;
}

Range RuleCompiler::between_of(const RuleValue& first, const RuleValue& last) const {
  const auto begin = span_of(first), end = span_of(last);
  if (end.begin < begin.begin)
    throw RuleError("invalid_date", last.place, fmt::format("\"{}\" is before \"{}\"", last.text, first.text),
                    "the earlier one stands first");
  return {begin.begin, end.end, true, !end.is_day()};
}

Range RuleCompiler::range_of_comparison(const RuleTest& test) const {
  const auto& value = test.values.front();
  if (value.kind == RuleToken::Kind::duration) {
    const auto at = before_now(length_of(value), clock_);
    switch (test.comparison) {
      case Comparison::less:
        return {at, std::nullopt, false, true};
      case Comparison::at_most:
        return {at, std::nullopt, true, true};
      case Comparison::greater:
        return {std::nullopt, at, true, false};
      case Comparison::at_least:
        return {std::nullopt, at, true, true};
      case Comparison::equal:
      case Comparison::exactly:
        refuse_type(test, "is never exactly so old", "write < or >, or \"on\" and a day");
    }
  }
  const auto span = span_of(value);
  switch (test.comparison) {
    case Comparison::equal:
    case Comparison::exactly:
      return within_span(span);
    case Comparison::less:
      return {std::nullopt, span.begin, true, false};
    case Comparison::at_most:
      return {std::nullopt, span.end, true, !span.is_day()};
    case Comparison::greater:
      return {span.end, std::nullopt, span.is_day(), true};
    case Comparison::at_least:
      return {span.begin, std::nullopt, true, true};
  }
  return {};
}

Range RuleCompiler::range_of(const RuleTest& test) const {
  switch (test.kind) {
    case TestKind::compare:
      return range_of_comparison(test);
    case TestKind::within:
      return {before_now(length_of(test.values[0]), clock_), clock_.now};
    case TestKind::within_next: {
      // What has a day and no time is meant today, too.
      const auto today = read_span("today", clock_)->begin;
      return {test.is_attribute ? today : clock_.now, after_now(length_of(test.values[0]), clock_)};
    }
    case TestKind::older:
      return {std::nullopt, before_now(length_of(test.values[0]), clock_), true, false};
    case TestKind::before:
      return {std::nullopt, span_of(test.values[0]).begin, true, false};
    case TestKind::after: {
      const auto span = span_of(test.values[0]);
      return {span.end, std::nullopt, span.is_day(), true};
    }
    case TestKind::since:
      return {span_of(test.values[0]).begin, std::nullopt};
    case TestKind::on: {
      const auto span = span_of(test.values[0]);
      if (!span.is_day())
        throw RuleError("invalid_date", test.values[0].place,
                        fmt::format("\"{}\" is not a whole day", test.values[0].text),
                        "write a day without a time");
      return within_span(span);
    }
    case TestKind::between:
      return between_of(test.values[0], test.values[1]);
    default:
      refuse_type(test, "is a time, and compares with days and lengths of time",
                  fmt::format("write {0} within 30d, {0} before 2027-03-15", name_of_field(test)));
  }
}

std::string RuleCompiler::in_range(const std::string& sql, const Range& range) {
  std::vector<std::string> parts;
  if (range.from)
    parts.push_back(fmt::format("{} {} {}", sql, range.with_from ? ">=" : ">", put(*range.from)));
  if (range.until)
    parts.push_back(fmt::format("{} {} {}", sql, range.with_until ? "<=" : "<", put(*range.until)));
  return join(parts, " AND ");
}

bool RuleCompiler::is_anniversary(const RuleTest& test) const {
  return test.kind == TestKind::anniversary_today || test.kind == TestKind::anniversary_within;
}

std::string RuleCompiler::anniversary(const RuleTest& test, const std::string& sql) {
  const auto until =
      test.kind == TestKind::anniversary_today ? clock_.now : after_now(length_of(test.values[0]), clock_);
  return fmt::format("to_char({} AT TIME ZONE {}, 'MM-DD') = ANY ({})", sql, put(clock_.zone, "text"),
                     put(to_param(days_of_year(clock_, until)), "text[]"));
}

Leaf RuleCompiler::compile_days(const RuleTest& test, const std::string& sql, const std::string& there) {
  std::vector<std::string> parts;
  for (const auto& value : test.values)
    parts.push_back("(" + in_range(sql, within_span(span_of(value))) + ")");
  return {join(parts, " OR "), "", there};
}

Leaf RuleCompiler::compile_time(const RuleTest& test, const std::string& sql, bool may_be_absent) {
  const auto there = sql + " IS NOT NULL", absent = sql + " IS NULL";
  if (test.kind == TestKind::set) return {there, absent, ""};
  if (test.kind == TestKind::empty || asks_for_absence(test)) return {absent, there, ""};
  const auto present = may_be_absent ? there : std::string{};
  if (test.kind == TestKind::one_of) return compile_days(test, sql, present);
  if (is_anniversary(test)) return {anniversary(test, sql), "", present};
  return {in_range(sql, range_of(test)), "", present};
}

}  // namespace smscrm::segment_sql
