// What is wrong with a rule, and where.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/error.hpp"

namespace smscrm {

// A part of a rule's text, in characters.
struct RulePlace {
  std::size_t column = 1;  // from 1
  std::size_t length = 0;  // 0: between two characters, or at the end
  bool operator==(const RulePlace&) const = default;
};

// `rule_code` is one of: syntax, empty, unterminated_string, typographic_quote, unknown_field, unknown_list,
// unknown_segment, circular_segment, unknown_campaign, unknown_value, wrong_type, invalid_number,
// invalid_date, invalid_duration, too_long, too_complex.
class RuleError : public Error {
 public:
  RuleError(std::string rule_code, RulePlace place, const std::string& sentence, std::string hint = "")
      : Error(Errc::invalid, "{}", sentence), rule_code_(std::move(rule_code)), place_(place) {
    static_cast<void>(std::move(static_cast<Error&>(*this)).with_hint(std::move(hint)));
  }

  const std::string& rule_code() const noexcept { return rule_code_; }
  const RulePlace& place() const noexcept { return place_; }

 private:
  std::string rule_code_;
  RulePlace place_;
};

}  // namespace smscrm
