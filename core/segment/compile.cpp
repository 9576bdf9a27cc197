#include "core/segment/compile.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/text.hpp"
#include "core/contact/contact.hpp"

namespace smscrm {
namespace {

// What a condition means for those who are in it, and for its complement.
struct Leaf {
  std::string sql;      // may be NULL
  std::string negated;  // its complement, never NULL; empty: (sql) IS NOT TRUE
  std::string present;  // whether there is a value at all; empty: there always is
};

struct Both {
  std::string where;
  std::string present;  // as in CompiledRule, but never empty
};

// Instants, all that are not before the one and not behind the other.
struct Range {
  std::optional<Timestamp> from, until;
  bool with_from = true, with_until = true;
};

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

bool is_order(Comparison comparison) {
  return comparison != Comparison::equal && comparison != Comparison::exactly;
}

std::string_view sign_of(Comparison comparison) {
  return comparison == Comparison::exactly ? "=" : to_string(comparison);
}

bool holds(Comparison comparison, double left, double right) {
  switch (comparison) {
    case Comparison::equal:
    case Comparison::exactly:
      return left == right;
    case Comparison::less:
      return left < right;
    case Comparison::at_most:
      return left <= right;
    case Comparison::greater:
      return left > right;
    case Comparison::at_least:
      return left >= right;
  }
  return false;
}

std::string name_of_field(const RuleTest& test) {
  return test.is_attribute ? "attr." + format_name(test.field) : test.field;
}

std::string hint_near(std::string_view name, const std::vector<std::string>& known, std::string otherwise) {
  const auto near = nearest(name, known);
  return near ? fmt::format("did you mean \"{}\"?", *near) : std::move(otherwise);
}

struct CampaignRange {
  CampaignId id;
  std::string slug;
  std::optional<std::int64_t> first, last;
  std::optional<Timestamp> launched_at, finished_at;
  bool is_open = false;  // running, paused or canceled: what it sent may still change
};

class RuleCompiler {
 public:
  RuleCompiler(Tx& tx, TenantId tenant, const RuleClock& clock, std::vector<Param>& params)
      : tx_(tx), tenant_(tenant), clock_(clock), params_(params) {}

  CompiledRule compile(const SegmentRule& rule, std::string_view of) {
    if (!of.empty()) path_.emplace_back(of);
    const auto both = compile_part(rule, false);
    result_.where = both.where;
    if (!result_.absences.empty()) result_.present = both.present;
    return std::move(result_);
  }

 private:
  // --- how parts are joined

  Both compile_part(const SegmentRule& rule, bool negated) {
    switch (rule.kind) {
      case SegmentRule::Kind::everybody:
        count_test(rule.place);
        return negated ? Both{"false", "false"} : Both{"true", "true"};
      case SegmentRule::Kind::both:
      case SegmentRule::Kind::either: {
        const bool is_and = (rule.kind == SegmentRule::Kind::both) != negated;
        std::vector<std::string> where, present;
        for (const auto& part : rule.parts) {
          const auto both = compile_part(part, negated);
          where.push_back(both.where);
          present.push_back(both.present);
        }
        const auto* word = is_and ? " AND " : " OR ";
        return {"(" + join(where, word) + ")", "(" + join(present, word) + ")"};
      }
      case SegmentRule::Kind::negation:
        return compile_part(rule.parts.front(), !negated);
      case SegmentRule::Kind::member:
        if (rule.member == MemberKind::segment) return compile_segments(rule, negated);
        return finish({rule.place, ""}, compile_member(rule), negated);
      case SegmentRule::Kind::test:
        count_test(rule.place);
        negated_ = negated != rule.test.negated;
        return finish({rule.place, name_of_field(rule.test)}, compile_test(rule.test), negated_);
      case SegmentRule::Kind::event:
        count_test(rule.place);
        return finish({rule.place, ""}, compile_event(rule.event), negated != rule.event.differs);
    }
    return {};
  }

  struct Origin {
    RulePlace place;
    std::string field;
  };

  Both finish(const Origin& origin, const Leaf& leaf, bool negated) {
    if (!negated) return {"(" + leaf.sql + ")", "(" + leaf.sql + ")"};
    const auto where =
        leaf.negated.empty() ? fmt::format("(({}) IS NOT TRUE)", leaf.sql) : "(" + leaf.negated + ")";
    if (leaf.present.empty()) return {where, where};
    result_.absences.push_back(
        {reference_.value_or(origin.place), origin.field, fmt::format("(({}) IS NOT TRUE)", leaf.present)});
    return {where, fmt::format("({} AND ({}))", where, leaf.present)};
  }

  void count_test(const RulePlace& place) {
    if (++tests_ > most_tests_of_all)
      throw RuleError(
          "too_complex", place,
          fmt::format("with the segments that it uses it has more than {} tests", most_tests_of_all));
  }

  // --- parameters and joins

  // Its place, "$3::text": the same value twice is one parameter.
  std::string put(const Param& value, std::string_view type) {
    const auto key = std::pair{std::string{type}, value.value_or("")};
    auto& at = places_[key];
    if (at == 0) {
      params_.push_back(value);
      at = params_.size();
    }
    return fmt::format("${}::{}", at, type);
  }
  std::string put(Timestamp at) { return put(to_param(at), "timestamptz"); }

  // The name by which what is joined is known; the same twice is one join. `on` has {0} for the name.
  std::string add_join(const std::string& what, std::string_view on) {
    auto& name = joined_[what];
    if (name.empty()) {
      name = fmt::format("rule_{}", joined_.size());
      result_.joins += fmt::format(" LEFT JOIN {} {} ON {}", what, name, fmt::format(fmt::runtime(on), name));
    }
    return name;
  }
  std::string add_join_by_number(const std::string& table) {
    return add_join(table, "{0}.tenant_id = $1 AND {0}.msisdn = c.msisdn");
  }
  std::string add_set(const std::string& select) { return add_join("(" + select + ")", "{0}.id = c.id"); }

  static Leaf has_row(const std::string& name, std::string_view column = "id") {
    return {fmt::format("{}.{} IS NOT NULL", name, column), fmt::format("{}.{} IS NULL", name, column), ""};
  }

  // --- members

  Leaf compile_member(const SegmentRule& rule) {
    count_test(rule.place);
    if (rule.member == MemberKind::list) {
      std::vector<std::string> ids;
      for (const auto& name : rule.names) ids.push_back(find_list(name));
      if (ids.size() == 1)
        return has_row(add_join("list_member",
                                "{0}.tenant_id = $1 AND {0}.contact_id = c.id AND {0}.list_id = " +
                                    put(ids.front(), "bigint"),
                                ids.front()),
                       "contact_id");
      return has_row(
          add_set("SELECT DISTINCT contact_id AS id FROM list_member WHERE tenant_id = $1"
                  " AND list_id = ANY (" +
                  put(to_param(ids), "bigint[]") + ")"));
    }
    std::vector<std::string> tags;
    for (const auto& name : rule.names) {
      const auto tag = normalize_tag(name.text);
      if (!tag)
        throw RuleError("unknown_value", name.place, fmt::format("\"{}\" cannot be a tag", name.text),
                        "tags have 1 to 64 characters without , ; and |");
      if (!reference_) result_.tags.push_back({*tag, name.place});
      tags.push_back(*tag);
    }
    const auto has = fmt::format("c.tags && {}", put(to_param(tags), "text[]"));
    return {"c.tags <> '{}' AND " + has, fmt::format("NOT ({})", has), ""};  // as the index has them
  }

  // The same table may be joined for several lists.
  std::string add_join(const std::string& table, const std::string& on, const std::string& which) {
    auto& name = joined_[table + " " + which];
    if (name.empty()) {
      name = fmt::format("rule_{}", joined_.size());
      result_.joins +=
          fmt::format(" LEFT JOIN {} {} ON {}", table, name, fmt::format(fmt::runtime(on), name));
    }
    return name;
  }

  std::string find_list(const RuleName& name) {
    if (!lists_) {
      lists_.emplace();
      for (const auto& row : exec(tx_, "SELECT slug, id FROM list WHERE tenant_id = $1", tenant_))
        lists_->emplace(row["slug"].as<std::string>(), row["id"].as<std::string>());
    }
    if (const auto found = lists_->find(name.text); found != lists_->end()) return found->second;
    throw RuleError("unknown_list", name.place, fmt::format("there is no list \"{}\"", name.text),
                    hint_near(name.text, keys_of(*lists_), "\"smscrm list list\" names them all"));
  }

  template <class Map>
  static std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> keys;
    for (const auto& entry : map) keys.push_back(entry.first);
    return keys;
  }

  // --- segments that are used

  Both compile_segments(const SegmentRule& rule, bool negated) {
    std::vector<std::string> where, present;
    for (const auto& name : rule.names) {
      const auto both = compile_segment(name, negated);
      where.push_back(both.where);
      present.push_back(both.present);
    }
    const auto* word = negated ? " AND " : " OR ";
    return {"(" + join(where, word) + ")", "(" + join(present, word) + ")"};
  }

  Both compile_segment(const RuleName& name, bool negated) {
    const auto place = reference_.value_or(name.place);
    const auto& text = find_segment(name, place);
    count_test(place);  // what is used again and again is written again and again
    if (std::ranges::find(path_, name.text) != path_.end())
      throw RuleError(
          "circular_segment", place,
          fmt::format("segment \"{}\" would use itself: {} > {}", name.text, join(path_, " > "), name.text));
    if (path_.size() >= deepest_segments)
      throw RuleError("too_complex", place,
                      fmt::format("segments use each other more than {} deep here", deepest_segments));
    if (std::ranges::find(result_.segments, name.text) == result_.segments.end())
      result_.segments.push_back(name.text);
    path_.push_back(name.text);
    const auto outer = reference_;
    reference_ = place;
    Both both;
    try {
      both = compile_part(parse_rule(text), negated);
    } catch (const RuleError& error) {
      if (outer || error.rule_code() == "circular_segment")
        throw RuleError(error.rule_code(), place, error.what(), error.hint());
      throw RuleError(error.rule_code(), place, fmt::format("in segment \"{}\": {}", name.text, error.what()),
                      error.hint());
    }
    reference_ = outer;
    path_.pop_back();
    return both;
  }

  const std::string& find_segment(const RuleName& name, const RulePlace& place) {
    if (!segments_) {
      segments_.emplace();
      for (const auto& row : exec(tx_, "SELECT slug, rule FROM segment WHERE tenant_id = $1", tenant_))
        segments_->emplace(row["slug"].as<std::string>(), row["rule"].as<std::string>());
    }
    if (const auto found = segments_->find(name.text); found != segments_->end()) return found->second;
    // A new one that names itself is not there yet.
    if (!path_.empty() && path_.front() == name.text)
      throw RuleError("circular_segment", place, fmt::format("segment \"{}\" would use itself", name.text));
    throw RuleError("unknown_segment", place, fmt::format("there is no segment \"{}\"", name.text),
                    hint_near(name.text, keys_of(*segments_), "\"smscrm segment list\" names them all"));
  }

  // --- tests of fields

  [[noreturn]] static void refuse_type(const RuleTest& test, std::string_view why, std::string hint = "") {
    throw RuleError("wrong_type", test.sign_place, fmt::format("{} {}", name_of_field(test), why),
                    std::move(hint));
  }

  static bool asks_for_absence(const RuleTest& test) {
    return test.kind == TestKind::compare && !is_order(test.comparison) &&
           test.values.front().kind == RuleToken::Kind::quoted && test.values.front().text.empty();
  }

  Leaf compile_test(const RuleTest& test) {
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

  static std::string list_of_texts(const std::vector<RuleValue>& values) {
    std::vector<std::string> texts;
    for (const auto& value : values)
      if (!value.text.empty()) texts.push_back(value.text);
    return *to_param(texts);
  }

  // `sql` is '' or NULL where there is none.
  Leaf compile_text(const RuleTest& test, const std::string& sql, bool is_exact) {
    const auto there = test.is_attribute ? fmt::format("coalesce({}, '') <> ''", sql) : sql + " <> ''";
    const auto absent = test.is_attribute ? fmt::format("coalesce({}, '') = ''", sql) : sql + " = ''";
    const bool exactly =
        is_exact || (test.kind == TestKind::compare && test.comparison == Comparison::exactly);
    // Letters of ASCII are folded by themselves, which costs a fifth; what is not among them cannot be alike.
    const bool ascii =
        std::ranges::all_of(test.values, [](const auto& value) { return is_ascii(value.text); });
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
                                 : fmt::format("{} = ANY (ARRAY(SELECT {} FROM unnest({}) AS u(v)))",
                                               fold(sql), fold("u.v"), texts);
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

  Leaf compile_attribute(const RuleTest& test) {
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

  // Numbers, days and texts of one list, each by its own comparison.
  Leaf compile_values(const RuleTest& test, const std::string& value) {
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
    const bool has_absence =
        std::ranges::any_of(test.values, [](const auto& one) { return one.text.empty(); });
    return {join(parts, " OR "), "", has_absence ? std::string{} : join(there, " OR ")};
  }

  // `sql` is NULL where there is no number.
  Leaf compile_number(const RuleTest& test, const std::string& sql) {
    const auto there = sql + " IS NOT NULL";
    if (test.kind == TestKind::compare)
      return {
          fmt::format("{} {} {}", sql, sign_of(test.comparison), put(number_of(test.values[0]), "numeric")),
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

  static std::string number_of(const RuleValue& value) {
    if (value.kind != RuleToken::Kind::number || value.text.size() > 80)
      throw RuleError("invalid_number", value.place, fmt::format("\"{}\" is not a number", value.text),
                      "write 18, -2.5 or 1000");
    return value.text;
  }

  // --- times

  RuleSpan span_of(const RuleValue& value) const {
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

  static RuleLength length_of(const RuleValue& value) { return *read_length_of_rule(value.text); }

  static Range within_span(const RuleSpan& span) { return {span.begin, span.end, true, !span.is_day()}; }

  Range between_of(const RuleValue& first, const RuleValue& last) const {
    const auto begin = span_of(first), end = span_of(last);
    if (end.begin < begin.begin)
      throw RuleError("invalid_date", last.place,
                      fmt::format("\"{}\" is before \"{}\"", last.text, first.text),
                      "the earlier one stands first");
    return {begin.begin, end.end, true, !end.is_day()};
  }

  // Of a comparison, by age where it is with a length of time.
  Range range_of_comparison(const RuleTest& test) const {
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

  Range range_of(const RuleTest& test) const {
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

  std::string in_range(const std::string& sql, const Range& range) {
    std::vector<std::string> parts;
    if (range.from)
      parts.push_back(fmt::format("{} {} {}", sql, range.with_from ? ">=" : ">", put(*range.from)));
    if (range.until)
      parts.push_back(fmt::format("{} {} {}", sql, range.with_until ? "<=" : "<", put(*range.until)));
    return join(parts, " AND ");
  }

  bool is_anniversary(const RuleTest& test) const {
    return test.kind == TestKind::anniversary_today || test.kind == TestKind::anniversary_within;
  }

  std::string anniversary(const RuleTest& test, const std::string& sql) {
    const auto until =
        test.kind == TestKind::anniversary_today ? clock_.now : after_now(length_of(test.values[0]), clock_);
    return fmt::format("to_char({} AT TIME ZONE {}, 'MM-DD') = ANY ({})", sql, put(clock_.zone, "text"),
                       put(to_param(days_of_year(clock_, until)), "text[]"));
  }

  // Lists of days, of what is no attribute.
  Leaf compile_days(const RuleTest& test, const std::string& sql, const std::string& there) {
    std::vector<std::string> parts;
    for (const auto& value : test.values)
      parts.push_back("(" + in_range(sql, within_span(span_of(value))) + ")");
    return {join(parts, " OR "), "", there};
  }

  Leaf compile_time(const RuleTest& test, const std::string& sql, bool may_be_absent) {
    const auto there = sql + " IS NOT NULL", absent = sql + " IS NULL";
    if (test.kind == TestKind::set) return {there, absent, ""};
    if (test.kind == TestKind::empty || asks_for_absence(test)) return {absent, there, ""};
    const auto present = may_be_absent ? there : std::string{};
    if (test.kind == TestKind::one_of) return compile_days(test, sql, present);
    if (is_anniversary(test)) return {anniversary(test, sql), "", present};
    return {in_range(sql, range_of(test)), "", present};
  }

  // --- what happened

  struct Source {
    std::string from_where;
    std::string contact, at;  // columns
  };

  static std::string_view status_of(Verb verb) {
    switch (verb) {
      case Verb::sent:
        return "(m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered', "
               "'undelivered')"
               " OR m.retries > 0)";
      case Verb::received:
        return "m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered')";
      case Verb::delivered:
        return "m.status = 'delivered'";
      case Verb::failed:
        return "m.status IN ('failed', 'undelivered', 'expired')";
      case Verb::skipped:
        return "m.status = 'skipped'";
      case Verb::targeted:
      case Verb::clicked:
      case Verb::replied:
        return "";
    }
    return "";
  }

  static std::string time_of(Verb verb) {
    switch (verb) {
      case Verb::targeted:
        return "m.created_at";
      case Verb::sent:
      case Verb::received:
        return "m.claimed_at";
      case Verb::delivered:
      case Verb::failed:
      case Verb::skipped:
        return "m.status_at";
      case Verb::clicked:
        return "k.clicked_at";
      case Verb::replied:
        return "i.received_at";
    }
    return "";
  }

  const std::vector<CampaignRange>& campaigns() {
    if (!campaigns_) {
      campaigns_.emplace();
      for (const auto& row : exec(tx_,
                                  "SELECT id, slug, first_message, last_message, launched_at, finished_at,"
                                  " status IN ('running', 'paused', 'canceled') AS is_open"
                                  "  FROM campaign WHERE tenant_id = $1 ORDER BY first_message",
                                  tenant_))
        campaigns_->push_back({row["id"].as<CampaignId>(), row["slug"].as<std::string>(),
                               as_optional<std::int64_t>(row["first_message"]),
                               as_optional<std::int64_t>(row["last_message"]),
                               as_optional<Timestamp>(row["launched_at"]),
                               as_optional<Timestamp>(row["finished_at"]), row["is_open"].as<bool>()});
    }
    return *campaigns_;
  }

  std::set<CampaignId> find_campaigns(const std::vector<RuleName>& names) {
    std::set<CampaignId> ids;
    for (const auto& name : names) {
      const auto found = std::ranges::find(campaigns(), name.text, &CampaignRange::slug);
      if (found == campaigns().end()) {
        std::vector<std::string> slugs;
        for (const auto& campaign : campaigns()) slugs.push_back(campaign.slug);
        throw RuleError("unknown_campaign", name.place, fmt::format("there is no campaign \"{}\"", name.text),
                        hint_near(name.text, slugs, "\"smscrm campaign list\" names them all"));
      }
      ids.insert(found->id);
    }
    return ids;
  }

  // Whether a message of the campaign may have had such an event within the range.
  static bool may_have(const CampaignRange& campaign, Verb verb, const Range& range) {
    if (range.until && *campaign.launched_at > *range.until) return false;
    if (!range.from || campaign.is_open || !campaign.finished_at) return true;
    if (verb == Verb::targeted) return *campaign.launched_at >= *range.from;
    // Receipts come late, within days.
    const auto late =
        verb == Verb::sent || verb == Verb::received ? std::chrono::hours{0} : std::chrono::hours{24 * 30};
    return *campaign.finished_at + late >= *range.from;
  }

  // The messages of campaigns; nullopt: none.
  std::optional<Source> messages(const RuleEvent& event, const Range& range) {
    const auto wanted = find_campaigns(event.campaigns);
    std::string from = "FROM message m", where = " WHERE m.tenant_id = $1";
    if (!wanted.empty() || range.from || range.until) {
      std::vector<std::int64_t> firsts, lasts;
      for (const auto& campaign : campaigns()) {
        if (!campaign.first || !campaign.launched_at || (!wanted.empty() && !wanted.contains(campaign.id)) ||
            !may_have(campaign, event.verb, range))
          continue;
        if (!lasts.empty() && lasts.back() + 1 == *campaign.first) {
          lasts.back() = *campaign.last;
        } else {
          firsts.push_back(*campaign.first), lasts.push_back(*campaign.last);
        }
      }
      if (firsts.empty()) return std::nullopt;
      if (firsts.size() == 1) {
        where += fmt::format(" AND m.id BETWEEN {} AND {}", put(to_param(firsts.front()), "bigint"),
                             put(to_param(lasts.front()), "bigint"));
      } else {
        // Each block by itself, whatever joins the planner may use: as a join of ranges it would compare all
        // messages with all of them.
        from = fmt::format(
            "FROM unnest({}, {}) AS r(lo, hi) CROSS JOIN LATERAL"
            " (SELECT * FROM message b WHERE b.tenant_id = $1 AND b.id BETWEEN r.lo AND r.hi OFFSET 0) m",
            put(to_param(firsts), "bigint[]"), put(to_param(lasts), "bigint[]"));
      }
    }
    where += " AND m.campaign_id IS NOT NULL AND m.contact_id IS NOT NULL";
    if (const auto status = status_of(event.verb); !status.empty()) where += fmt::format(" AND {}", status);
    if (event.reason) where += " AND m.skip_reason = " + put(event.reason->text, "text");
    return Source{from + where, "m.contact_id", time_of(event.verb)};
  }

  std::optional<Source> clicks(const RuleEvent& event) {
    std::string where =
        "FROM click k WHERE k.tenant_id = $1 AND k.contact_id IS NOT NULL AND k.class = 'person'";
    if (!event.campaigns.empty()) {
      std::vector<CampaignId> ids;
      for (const auto id : find_campaigns(event.campaigns)) ids.push_back(id);
      std::vector<std::string> links;
      for (const auto& row :
           exec(tx_, "SELECT id FROM link WHERE tenant_id = $1 AND campaign_id = ANY ($2)", tenant_, ids))
        links.push_back(row[0].as<std::string>());
      if (links.empty()) return std::nullopt;
      where += fmt::format(" AND k.link_id = ANY ({})", put(to_param(links), "bigint[]"));
    }
    return Source{where, "k.contact_id", time_of(event.verb)};
  }

  std::optional<Source> replies(const RuleEvent& event) {
    std::string where =
        "FROM inbound i WHERE i.tenant_id = $1 AND i.contact_id IS NOT NULL AND i.keyword = ''";
    if (!event.campaigns.empty()) {
      std::vector<std::string> ids;
      for (const auto id : find_campaigns(event.campaigns)) ids.push_back(fmt::format("{}", id.value));
      where += fmt::format(" AND i.campaign_id = ANY ({})", put(to_param(ids), "bigint[]"));
    }
    return Source{where, "i.contact_id", time_of(event.verb)};
  }

  std::optional<Source> source_of(const RuleEvent& event, const Range& range) {
    auto source = event.verb == Verb::clicked   ? clicks(event)
                  : event.verb == Verb::replied ? replies(event)
                                                : messages(event, range);
    if (!source) return source;  // nor are there parameters of it
    if (const auto within = in_range(time_of(event.verb), range); !within.empty())
      source->from_where += " AND " + within;
    return source;
  }

  // Whoever it happened to; nullopt: nobody.
  std::optional<std::string> add_happened(const RuleEvent& event, const Range& range) {
    const auto source = source_of(event, range);
    if (!source) return std::nullopt;
    return add_set(fmt::format("SELECT DISTINCT {} AS id {}", source->contact, source->from_where));
  }

  // The same with the last time and the number of times.
  std::optional<std::string> add_tally(const RuleEvent& event, const Range& range, std::string_view column) {
    const auto source = source_of(event, range);
    if (!source) return std::nullopt;
    const auto value =
        column == "last" ? fmt::format("max({}) AS last", source->at) : std::string{"count(*) AS times"};
    return add_set(
        fmt::format("SELECT {0} AS id, {1} {2} GROUP BY {0}", source->contact, value, source->from_where));
  }

  Range until_now(Range range) const {
    if (!range.until || *range.until > clock_.now) {
      range.until = clock_.now;
      range.with_until = true;
    }
    return range;
  }

  static Leaf nobody() { return {"false", "true", ""}; }

  // last_sent and others.
  Leaf compile_activity(const RuleTest& test, Verb verb) {
    RuleEvent event;
    event.verb = verb;
    const bool asks = test.kind == TestKind::set || test.kind == TestKind::empty || asks_for_absence(test);
    if (!asks && !is_anniversary(test) && test.kind != TestKind::one_of) {
      const auto range = range_of(test);
      // Whether the last one is not before a time is whether there is one since.
      // That needs no look at what was before, unless those are to be counted who have no such time; for
      // messages, that would be to read all that were ever written.
      const bool counts_absent = negated_ && (verb == Verb::clicked || verb == Verb::replied);
      if (range.from && (!range.until || *range.until >= clock_.now) && !counts_absent) {
        const auto name = add_happened(event, until_now(range));
        return name ? has_row(*name) : nobody();
      }
    }
    const auto name = add_tally(event, until_now({}), "last");
    return compile_time(test, name ? *name + ".last" : "NULL::timestamptz", true);
  }

  // A number that is 0 where nothing happened.
  std::string tally_holds(const std::string& name, Comparison comparison, const std::string& number) {
    const auto value = put(number, "numeric");
    if (holds(comparison, 0, std::stod(number)))
      return fmt::format("coalesce({}.times, 0) {} {}", name, sign_of(comparison), value);
    return fmt::format("{}.times {} {}", name, sign_of(comparison), value);
  }

  Leaf compile_count(const RuleTest& test, Verb verb) {
    RuleEvent event;
    event.verb = verb;
    if (test.kind == TestKind::set) return {"true", "false", ""};
    if (test.kind == TestKind::empty) return {"false", "true", ""};
    if (test.kind != TestKind::compare && test.kind != TestKind::one_of && test.kind != TestKind::between)
      refuse_type(test, "is a number", fmt::format("write {} >= 3", test.field));
    if (test.kind == TestKind::compare) {
      const auto number = number_of(test.values.front());
      const auto name = add_tally(event, {}, "times");
      if (!name) return holds(test.comparison, 0, std::stod(number)) ? Leaf{"true", "false", ""} : nobody();
      return {tally_holds(*name, test.comparison, number), "", ""};
    }
    const auto name = add_tally(event, {}, "times");
    auto leaf = compile_number(test, name ? fmt::format("coalesce({}.times, 0)", *name) : std::string{"0"});
    leaf.present.clear();
    return leaf;
  }

  Leaf compile_consent(const RuleTest& test) {
    const auto name = add_join_by_number("consent");
    const auto leaf = has_row(name, "msisdn");
    if (test.kind == TestKind::set) return leaf;
    if (test.kind == TestKind::empty) return {leaf.negated, leaf.sql, ""};
    const bool compares = test.kind == TestKind::compare && !is_order(test.comparison);
    if (!compares && test.kind != TestKind::one_of)
      refuse_type(test, "is opted_in, opted_out or none, and compares by = and in");
    std::vector<std::string> states, parts;
    for (const auto& value : test.values) {
      const auto state = to_lower(value.text);
      if (state == "none") {
        parts.push_back(leaf.negated);
      } else if (state == "opted_in" || state == "opted_out") {
        states.push_back(state);
      } else {
        throw RuleError("unknown_value", value.place,
                        fmt::format("\"{}\" is no state of consent", value.text),
                        "it is opted_in, opted_out or none");
      }
    }
    if (!states.empty())
      parts.push_back(fmt::format("{}.state = ANY ({})", name, put(to_param(states), "text[]")));
    return {join(parts, " OR "), "", ""};
  }

  Range window_of(const RuleEvent& event) const {
    if (!event.window) return {};
    switch (*event.window) {
      case TestKind::within:
        return {before_now(length_of(event.values[0]), clock_), clock_.now};
      case TestKind::since:
        return until_now({span_of(event.values[0]).begin, std::nullopt});
      case TestKind::before:
        return until_now({std::nullopt, span_of(event.values[0]).begin, true, false});
      default:
        return until_now(between_of(event.values[0], event.values[1]));
    }
  }

  Leaf compile_event(const RuleEvent& event) {
    const auto& reasons = skip_reasons_of_rules();
    if (event.reason && std::ranges::find(reasons, event.reason->text) == reasons.end())
      throw RuleError("unknown_value", event.reason->place,
                      fmt::format("nothing is skipped for \"{}\"", event.reason->text),
                      hint_near(event.reason->text, reasons, "reasons are " + join(reasons, ", ")));
    const auto window = window_of(event);
    if (!event.comparison) {
      const auto name = add_happened(event, window);
      return name ? has_row(*name) : nobody();
    }
    const auto times = fmt::format("{}", event.times);
    const auto name = add_tally(event, window, "times");
    if (!name)
      return holds(*event.comparison, 0, static_cast<double>(event.times)) ? Leaf{"true", "false", ""}
                                                                           : nobody();
    return {tally_holds(*name, *event.comparison, times), "", ""};
  }

  Tx& tx_;
  TenantId tenant_;
  const RuleClock& clock_;
  std::vector<Param>& params_;
  CompiledRule result_;
  std::map<std::pair<std::string, std::string>, std::size_t> places_;
  std::map<std::string, std::string> joined_;
  std::optional<std::map<std::string, std::string>> lists_, segments_;
  std::optional<std::vector<CampaignRange>> campaigns_;
  std::vector<std::string> path_;       // of segments, from the outermost
  std::optional<RulePlace> reference_;  // within a segment that is used: where it is named
  std::size_t tests_ = 0;
  bool negated_ = false;  // the test that is compiled
};

}  // namespace

CompiledRule compile_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock,
                          std::vector<Param>& params, std::string_view of) {
  return RuleCompiler{tx, tenant, clock, params}.compile(rule, of);
}

const std::vector<std::string>& skip_reasons_of_rules() {
  static const std::vector<std::string> reasons{"deleted",        "dnc",      "duplicate", "no_consent",
                                                "number_changed", "opted_out"};
  return reasons;
}

}  // namespace smscrm
