// The gate: whether a message may leave, is held, is skipped or has expired. One ordered list of rules
// (core/gate/rules.hpp) over facts, which preflight and launch, the claim and "campaign explain" all ask.
//
// A claim asks judge() of each message. A launch writes a million in one statement: skipping depends on
// nothing but the answers to the rules' questions, which are a few bits, so it takes the verdicts on all
// combinations of these along, as a table.
#pragma once

#include <string>
#include <vector>

#include "core/gate/facts.hpp"
#include "core/gate/rule.hpp"
#include "core/gate/verdict.hpp"

namespace smscrm {

// The first rule that does not let it pass decides. A pass is until the earliest limit of all.
Verdict judge(const Facts& facts);

// The questions of all rules, put into a statement.
struct Questions {
  std::string joins;    // to stand behind FROM … contact c
  std::string answers;  // an integer expression: Facts::answers
};
Questions put_questions(const Asker& asker);

// Why messages of a campaign are skipped, by their answers: reasons[codes[answers]]; of code 0, which is
// empty, they are not.
struct SkipTable {
  std::vector<int> codes;
  std::vector<std::string> reasons;
};
SkipTable skip_table(const Moment& moment);

}  // namespace smscrm
