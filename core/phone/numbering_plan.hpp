// Numbering plans out of libphonenumber's metadata, in a form that answers in nanoseconds: how numbers are
// dialled within a region, and whose the numbers of a calling code are. Each function names the one of
// libphonenumber (8.12.57, cpp/src/phonenumbers/phonenumberutil.cc) whose answer it gives.
//
// A plan is made when first asked for, and lasts. All of it is safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/phone/digit_pattern.hpp"

namespace i18n::phonenumbers {
class PhoneMetadata;
}

namespace smscrm {

// Of a national number without its prefix; the longest is PhoneNumberUtil::kMaxLengthForNsn.
constexpr std::size_t max_national_digits = 17;

enum class NumberLength { possible, too_long, other };

// Room for a number whose prefix was replaced by a longer one: number and replacement have to fit.
using RewrittenNumber = std::array<char, 64>;
constexpr std::size_t max_prefix_replacement = 12;

// How numbers are dialled within a region, or those of a calling code that no country has ("001").
class Dialling {
 public:
  // nullptr when there is something in the metadata that is not understood here.
  static std::unique_ptr<const Dialling> read(const i18n::phonenumbers::PhoneMetadata& metadata);

  int calling_code() const { return calling_code_; }
  const std::string& calling_digits() const { return calling_digits_; }

  // IsMatch with the general description.
  bool is_general(std::string_view number) const { return general_.match(number) != 0; }

  // TestNumberLength, of any type.
  NumberLength test_length(std::size_t digits) const;

  // ParsePrefixAsIdd: takes 00, 011 and the like off the number, and says whether there was one.
  bool strip_international_prefix(std::string_view& number) const;

  // MaybeStripNationalPrefixAndCarrierCode: the rest of the number, which may lie in `room`. The number has
  // at most room.size() - max_prefix_replacement digits.
  std::string_view strip_national_prefix(std::string_view number, RewrittenNumber& room) const;

 private:
  Dialling() = default;
  bool set_lengths(const i18n::phonenumbers::PhoneMetadata& metadata);
  bool understands_rule() const;
  std::string_view rewrite(const DigitPrefix& prefix, std::string_view rest, RewrittenNumber& room) const;

  int calling_code_ = 0;
  std::string calling_digits_;
  DigitPattern international_prefix_;
  std::optional<DigitPattern> national_prefix_;
  std::string rule_;  // what a national prefix is replaced by when it captured something: "9$1"; often empty
  DigitAutomaton general_;
  std::uint32_t possible_ = 0, local_ = 0;  // lengths; bit n: numbers of n digits
  std::size_t longest_ = 0;
};

struct Assignment {
  std::string_view region;  // as PhoneNumber::region; lasts as long as the program
  bool valid = false;
};

// Whose the numbers of a calling code are, for all its regions in one pass over the digits.
class Assignments {
 public:
  // nullptr when there is something in the metadata that is not understood here. The regions in the order of
  // GetRegionCodesForCountryCallingCode; their names have to last.
  static std::unique_ptr<const Assignments> read(
      const std::vector<const i18n::phonenumbers::PhoneMetadata*>& regions);

  // GetRegionCodeForNumber and IsValidNumber. The number has at most max_national_digits.
  Assignment find(std::string_view number) const {
    return answers_[automaton_.match(number) * (max_national_digits + 1) + number.size()];
  }

 private:
  DigitAutomaton automaton_;
  std::vector<Assignment> answers_;  // by set of matching expressions, then length
};

// What is known of a region or a calling code. `exists` without a plan: it was not understood.
struct HomePlan {
  bool exists = false;
  const Dialling* dialling = nullptr;
};
struct CodePlan {
  bool exists = false;
  const Dialling* dialling = nullptr;  // of its main region
  const Assignments* assignments = nullptr;
};

HomePlan find_home_plan(std::string_view region);  // "US"
CodePlan find_code_plan(int calling_code);         // 1

}  // namespace smscrm
