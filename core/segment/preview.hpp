// Whom a rule holds now, and how it was understood.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/contact/contact.hpp"
#include "core/segment/compile.hpp"

namespace smscrm {

inline constexpr int previewed_contacts = 10;

struct RulePreview {
  std::int64_t count = 0;
  std::int64_t absent = 0;  // of these, who match only because a value is absent
  struct Person {
    std::string msisdn, name;
  };
  std::vector<Person> sample;  // the first ten, by id
};

// Reads in one statement, joined by hash: it is a look at all contacts.
RulePreview preview_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock);

// Whom of the filter the rule holds, too: to be used within the transaction, which it tells how to join.
ContactFilter filter_by_rule(Tx& tx, TenantId tenant, ContactFilter filter, const SegmentRule& rule,
                             const RuleClock& clock);

// What a command line takes: the slug or id of a segment, whose rule it is then, or a rule. Throws
// Error{not_found} for what can only be the name of a segment and is none, RuleError.
struct WantedRule {
  std::string slug;  // empty: a rule of its own
  SegmentRule rule;
};
WantedRule get_wanted_rule(Tx& tx, TenantId tenant, const std::string& text);

struct RuleExplanation {
  std::string rule;  // with all its parentheses
  std::int64_t count = 0, absent = 0;
  struct Absence {
    RulePlace place;
    std::string field;
    std::int64_t contacts = 0;  // that match with this value absent
  };
  std::vector<Absence> absences;
  std::vector<std::string> unused_tags;  // that it names and nobody has
  std::vector<std::string> segments;     // that it uses
  std::string sql;                       // the condition on contact c, with what it joins
  std::vector<std::string> parameters;   // $1 and on
  double cost = 0;                       // the planner's, of counting them
  std::chrono::milliseconds took{0};     // to count them
};
RuleExplanation explain_rule(Tx& tx, TenantId tenant, const SegmentRule& rule, const RuleClock& clock);

}  // namespace smscrm
