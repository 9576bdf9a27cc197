// What a rule means, as a condition in SQL on a contact c.
//
// A test is true or false and nothing between: on an absent value it is false, and "not" is the exact
// complement over all contacts. So a positive test is the bare condition, in which NULL counts as false, and
// a negated one is (condition) IS NOT TRUE. What is not in the contact itself (members, events, consent) is
// joined, one row a contact at most, so that it reads the same under and, or and not, and the planner makes
// inner and anti joins of it where it can. Values are parameters; each table is read for tenant_id = $1.
//
// "sent" is what may have left: in flight, unknown and undelivered too, and what waits for another attempt
// after one that was undelivered. "received" is what was sent and is not known to have failed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/segment/calendar.hpp"
#include "core/segment/rule.hpp"

namespace smscrm {

inline constexpr std::size_t deepest_segments = 8;
inline constexpr std::size_t most_tests_of_all = 1'000;  // those of the segments that it uses, too

struct CompiledRule {
  std::string
      joins;  // " LEFT JOIN … ON …", each of at most one row a contact; their names begin with "rule_"
  std::string where;  // a condition, in parentheses; may be NULL
  // The same without those who match only because a value is absent; empty: there are none.
  std::string present;

  // A negated test that an absent value makes true.
  struct Absence {
    RulePlace place;    // of the test; in a segment that is used, of the name of that one
    std::string field;  // "attr.plan"
    std::string where;  // whether its value is absent; of who matches
  };
  std::vector<Absence> absences;
  std::vector<RuleName> tags;         // that it names, those of used segments left out
  std::vector<std::string> segments;  // slugs of those that it uses, directly or not, each once
};

// $1 of `params` is the tenant; what the rule needs is put behind what is there. `of` is the slug of the
// segment whose rule it is, which may not use itself; empty: of none. Throws RuleError: for what is
// wrong in a used segment at the reference to it.
CompiledRule compile_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock,
                          std::vector<Param>& params, std::string_view of = {});

// Why messages are skipped, as "skipped for" takes it.
const std::vector<std::string>& skip_reasons_of_rules();

}  // namespace smscrm
