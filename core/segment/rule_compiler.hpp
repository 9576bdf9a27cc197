// The compiler of rules, in three files: how parts are joined, members and segments (compile.cpp), tests of
// fields and times (compile_field.cpp), and what happened, by messages, clicks and replies
// (compile_event.cpp). Theirs alone; the others have compile.hpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/segment/compile.hpp"

namespace smscrm::segment_sql {

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

struct CampaignRange {
  CampaignId id;
  std::string slug;
  std::optional<std::int64_t> first, last;
  std::optional<Timestamp> launched_at, finished_at;
  bool is_open = false;  // running, paused or canceled: what it sent may still change
};

bool is_order(Comparison comparison);
std::string_view sign_of(Comparison comparison);
bool holds(Comparison comparison, double left, double right);
std::string name_of_field(const RuleTest& test);
std::string hint_near(std::string_view name, const std::vector<std::string>& known, std::string otherwise);

class RuleCompiler {
 public:
  RuleCompiler(Tx& tx, TenantId tenant, const RuleClock& clock, std::vector<Param>& params)
      : tx_(tx), tenant_(tenant), clock_(clock), params_(params) {}
  CompiledRule compile(const SegmentRule& rule, std::string_view of);

 private:
  // --- how parts are joined
  Both compile_part(const SegmentRule& rule, bool negated);
  struct Origin {
    RulePlace place;
    std::string field;
  };
  Both finish(const Origin& origin, const Leaf& leaf, bool negated);
  void count_test(const RulePlace& place);

  // --- parameters and joins
  // Its place, "$3::text": the same value twice is one parameter.
  std::string put(const Param& value, std::string_view type);
  std::string put(Timestamp at) { return put(to_param(at), "timestamptz"); }
  // The name by which what is joined is known; the same twice is one join. `on` has {0} for the name.
  std::string add_join(const std::string& what, std::string_view on);
  std::string add_join_by_number(const std::string& table);
  std::string add_set(const std::string& select) { return add_join("(" + select + ")", "{0}.id = c.id"); }
  static Leaf has_row(const std::string& name, std::string_view column = "id");

  // --- members
  Leaf compile_member(const SegmentRule& rule);
  // The same table may be joined for several lists.
  std::string add_join(const std::string& table, const std::string& on, const std::string& which);
  std::string find_list(const RuleName& name);
  template <class Map>
  static std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> keys;
    for (const auto& entry : map) keys.push_back(entry.first);
    return keys;
  }

  // --- segments that are used
  Both compile_segments(const SegmentRule& rule, bool negated);
  Both compile_segment(const RuleName& name, bool negated);
  const std::string& find_segment(const RuleName& name, const RulePlace& place);

  // --- tests of fields
  [[noreturn]] static void refuse_type(const RuleTest& test, std::string_view why, std::string hint = "");
  static bool asks_for_absence(const RuleTest& test);
  Leaf compile_test(const RuleTest& test);
  static std::string list_of_texts(const std::vector<RuleValue>& values);
  // `sql` is '' or NULL where there is none.
  Leaf compile_text(const RuleTest& test, const std::string& sql, bool is_exact);
  Leaf compile_attribute(const RuleTest& test);
  // Numbers, days and texts of one list, each by its own comparison.
  Leaf compile_values(const RuleTest& test, const std::string& value);
  // `sql` is NULL where there is no number.
  Leaf compile_number(const RuleTest& test, const std::string& sql);
  static std::string number_of(const RuleValue& value);

  // --- times
  RuleSpan span_of(const RuleValue& value) const;
  static RuleLength length_of(const RuleValue& value) { return *read_length_of_rule(value.text); }
  static Range within_span(const RuleSpan& span) { return {span.begin, span.end, true, !span.is_day()}; }
  Range between_of(const RuleValue& first, const RuleValue& last) const;
  // Of a comparison, by age where it is with a length of time.
  Range range_of_comparison(const RuleTest& test) const;
  Range range_of(const RuleTest& test) const;
  std::string in_range(const std::string& sql, const Range& range);
  bool is_anniversary(const RuleTest& test) const;
  std::string anniversary(const RuleTest& test, const std::string& sql);
  // Lists of days, of what is no attribute.
  Leaf compile_days(const RuleTest& test, const std::string& sql, const std::string& there);
  Leaf compile_time(const RuleTest& test, const std::string& sql, bool may_be_absent);

  // --- what happened
  struct Source {
    std::string from_where;
    std::string contact, at;  // columns
  };
  static std::string_view status_of(Verb verb);
  static std::string time_of(Verb verb);
  const std::vector<CampaignRange>& campaigns();
  std::set<CampaignId> find_campaigns(const std::vector<RuleName>& names);
  // Whether a message of the campaign may have had such an event within the range.
  static bool may_have(const CampaignRange& campaign, Verb verb, const Range& range);
  // The messages of campaigns; nullopt: none.
  std::optional<Source> messages(const RuleEvent& event, const Range& range);
  std::optional<Source> clicks(const RuleEvent& event);
  std::optional<Source> replies(const RuleEvent& event);
  std::optional<Source> source_of(const RuleEvent& event, const Range& range);
  // Whoever it happened to; nullopt: nobody.
  std::optional<std::string> add_happened(const RuleEvent& event, const Range& range);
  // The same with the last time and the number of times.
  std::optional<std::string> add_tally(const RuleEvent& event, const Range& range, std::string_view column);
  Range until_now(Range range) const;
  static Leaf nobody() { return {"false", "true", ""}; }
  // last_sent and others.
  Leaf compile_activity(const RuleTest& test, Verb verb);
  // A number that is 0 where nothing happened.
  std::string tally_holds(const std::string& name, Comparison comparison, const std::string& number);
  Leaf compile_count(const RuleTest& test, Verb verb);
  Leaf compile_consent(const RuleTest& test);
  Range window_of(const RuleEvent& event) const;
  Leaf compile_event(const RuleEvent& event);
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

}  // namespace smscrm::segment_sql
