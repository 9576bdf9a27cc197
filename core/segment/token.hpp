// The words of a rule (core/segment/rule.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/segment/rule_error.hpp"

namespace smscrm {

struct RuleToken {
  enum class Kind {
    word,      // vip, first_name, São-Paulo; also what begins with a digit and is nothing else: 2026-sale
    quoted,    // 'black friday', without its quotes
    number,    // 18, -2.5
    duration,  // 30d, in any case
    date,      // has the shape of 2027-03-15 or 2027-03-15T18:00; whether there is such a day is not known
    sign,      // ( ) , : . = == != <> < <= > >=
    end,
  } kind = Kind::end;
  std::string text;
  RulePlace place;
};

// The last one is the end. Comments and blanks are left out, those of documents (no-break) too.
// Throws RuleError.
std::vector<RuleToken> read_tokens(std::string_view rule);

}  // namespace smscrm
