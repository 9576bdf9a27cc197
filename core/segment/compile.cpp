#include "core/segment/compile.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/contact/contact.hpp"
#include "core/segment/rule_compiler.hpp"

namespace smscrm {

namespace segment_sql {
namespace {

// All of what `compile` makes of the parts, or any of it.
template <class Parts, class Compile>
Both join_all(const Parts& parts, bool is_and, Compile&& compile) {
  std::vector<std::string> where, present;
  for (const auto& part : parts) {
    const Both both = compile(part);
    where.push_back(both.where);
    present.push_back(both.present);
  }
  const auto* word = is_and ? " AND " : " OR ";
  return {"(" + join(where, word) + ")", "(" + join(present, word) + ")"};
}

}  // namespace

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

CompiledRule RuleCompiler::compile(const SegmentRule& rule, std::string_view of) {
  if (!of.empty()) path_.emplace_back(of);
  const auto both = compile_part(rule, false);
  result_.where = both.where;
  if (!result_.absences.empty()) result_.present = both.present;
  return std::move(result_);
}

// --- how parts are joined

Both RuleCompiler::compile_part(const SegmentRule& rule, bool negated) {
  switch (rule.kind) {
    case SegmentRule::Kind::everybody:
      count_test(rule.place);
      return negated ? Both{"false", "false"} : Both{"true", "true"};
    case SegmentRule::Kind::both:
    case SegmentRule::Kind::either: {
      const bool is_and = (rule.kind == SegmentRule::Kind::both) != negated;
      return join_all(rule.parts, is_and, [&](const auto& part) { return compile_part(part, negated); });
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

Both RuleCompiler::finish(const Origin& origin, const Leaf& leaf, bool negated) {
  if (!negated) return {"(" + leaf.sql + ")", "(" + leaf.sql + ")"};
  const auto where =
      leaf.negated.empty() ? fmt::format("(({}) IS NOT TRUE)", leaf.sql) : "(" + leaf.negated + ")";
  if (leaf.present.empty()) return {where, where};
  result_.absences.push_back(
      {reference_.value_or(origin.place), origin.field, fmt::format("(({}) IS NOT TRUE)", leaf.present)});
  return {where, fmt::format("({} AND ({}))", where, leaf.present)};
}

void RuleCompiler::count_test(const RulePlace& place) {
  if (++tests_ > most_tests_of_all)
    throw RuleError(
        "too_complex", place,
        fmt::format("with the segments that it uses it has more than {} tests", most_tests_of_all));
}

// --- parameters and joins

std::string RuleCompiler::put(const Param& value, std::string_view type) {
  const auto key = std::pair{std::string{type}, value.value_or("")};
  auto& at = places_[key];
  if (at == 0) {
    params_.push_back(value);
    at = params_.size();
  }
  return fmt::format("${}::{}", at, type);
}

std::string RuleCompiler::add_join(const std::string& what, std::string_view on) {
  auto& name = joined_[what];
  if (name.empty()) {
    name = fmt::format("rule_{}", joined_.size());
    result_.joins += fmt::format(" LEFT JOIN {} {} ON {}", what, name, fmt::format(fmt::runtime(on), name));
  }
  return name;
}

std::string RuleCompiler::add_join_by_number(const std::string& table) {
  return add_join(table, "{0}.tenant_id = $1 AND {0}.msisdn = c.msisdn");
}

Leaf RuleCompiler::has_row(const std::string& name, std::string_view column) {
  return {fmt::format("{}.{} IS NOT NULL", name, column), fmt::format("{}.{} IS NULL", name, column), ""};
}

// --- members

Leaf RuleCompiler::compile_member(const SegmentRule& rule) {
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

std::string RuleCompiler::add_join(const std::string& table, const std::string& on,
                                   const std::string& which) {
  auto& name = joined_[table + " " + which];
  if (name.empty()) {
    name = fmt::format("rule_{}", joined_.size());
    result_.joins += fmt::format(" LEFT JOIN {} {} ON {}", table, name, fmt::format(fmt::runtime(on), name));
  }
  return name;
}

std::string RuleCompiler::find_list(const RuleName& name) {
  if (!lists_) {
    lists_.emplace();
    for (const auto& row : exec(tx_, "SELECT slug, id FROM list WHERE tenant_id = $1", tenant_))
      lists_->emplace(row["slug"].as<std::string>(), row["id"].as<std::string>());
  }
  if (const auto found = lists_->find(name.text); found != lists_->end()) return found->second;
  throw RuleError("unknown_list", name.place, fmt::format("there is no list \"{}\"", name.text),
                  hint_near(name.text, keys_of(*lists_), "\"smscrm list list\" names them all"));
}

// --- segments that are used

Both RuleCompiler::compile_segments(const SegmentRule& rule, bool negated) {
  return join_all(rule.names, negated, [&](const auto& name) { return compile_segment(name, negated); });
}

Both RuleCompiler::compile_segment(const RuleName& name, bool negated) {
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

const std::string& RuleCompiler::find_segment(const RuleName& name, const RulePlace& place) {
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

}  // namespace segment_sql

CompiledRule compile_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock,
                          std::vector<Param>& params, std::string_view of) {
  return segment_sql::RuleCompiler{tx, tenant, clock, params}.compile(rule, of);
}

const std::vector<std::string>& skip_reasons_of_rules() {
  static const std::vector<std::string> reasons{"deleted",    "dnc",      "duplicate",      "frequency_cap",
                                                "no_consent", "no_hours", "number_changed", "opted_out"};
  return reasons;
}

}  // namespace smscrm
