#include "core/phone/plan_parser.hpp"

#include <array>
#include <string>
#include <utility>

#include "core/phone/numbering_plan.hpp"

namespace smscrm {
namespace {

constexpr std::size_t min_national_digits = 2;  // PhoneNumberUtil::kMinLengthForNsn
constexpr std::size_t max_digits = 24;          // longer than any number with all its prefixes

struct Written {
  bool plus = false;
  std::array<char, max_digits> digits{};
  std::size_t size = 0;

  std::string_view view() const { return {digits.data(), size}; }
};

// nullopt when there is anything in the text but digits, the usual punctuation and one plus before all
// digits. The library drops punctuation wherever it stands, and needs three digits.
std::optional<Written> read_digits(std::string_view text) {
  Written written;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (written.size == max_digits) return std::nullopt;
      written.digits[written.size++] = c;
    } else if (c == '+') {
      if (written.plus || written.size > 0) return std::nullopt;
      written.plus = true;
    } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' && c != '/') {
      return std::nullopt;
    }
  }
  if (written.size < 3) return std::nullopt;
  return written;
}

// ExtractCountryCode: takes the calling code off the number, when it begins with one.
CodePlan take_calling_code(std::string_view& number) {
  int code = 0;
  for (std::size_t i = 0; i < 3 && i < number.size(); ++i) {
    code = code * 10 + (number[i] - '0');
    if (const auto plan = find_code_plan(code); plan.exists) {
      number.remove_prefix(i + 1);
      return plan;
    }
    if (code == 0) break;
  }
  return {};
}

// A national number that begins with its own calling code all the same: 1 415 555 2671 at home in the US.
// MaybeExtractCountryCode.
bool take_own_code(const Dialling& home, std::string_view& number, RewrittenNumber& room) {
  if (!number.starts_with(home.calling_digits())) return false;
  const auto rest = home.strip_national_prefix(number.substr(home.calling_digits().size()), room);
  const bool is_better = (!home.is_general(number) && home.is_general(rest)) ||
                         home.test_length(number.size()) == NumberLength::too_long;
  if (is_better) number = rest;
  return is_better;
}

}  // namespace

PlanVerdict parse_phone_by_plan(std::string_view text, std::string_view region) {
  const PlanVerdict undecided;
  const auto written = read_digits(text);
  if (!written) return undecided;
  const auto home = find_home_plan(region);
  if (home.exists ? !home.dialling : !written->plus || region == "001") return undecided;

  auto number = written->view();
  RewrittenNumber room, more_room;
  CodePlan plan;
  const Dialling* dialling = home.dialling;
  if (written->plus || dialling->strip_international_prefix(number)) {
    if (number.size() <= min_national_digits) return undecided;
    plan = take_calling_code(number);
    dialling = plan.dialling;
  } else {
    plan = find_code_plan(dialling->calling_code());
    if (take_own_code(*home.dialling, number, room)) dialling = plan.dialling;
  }
  if (!plan.dialling || !plan.assignments || number.size() < min_national_digits) return undecided;

  const auto stripped = dialling->strip_national_prefix(number, more_room);
  const auto fit = dialling->test_length(stripped.size());
  if (fit == NumberLength::possible || fit == NumberLength::too_long) number = stripped;
  if (number.size() < min_national_digits) return undecided;

  // What parse_phone makes of the library's answers: only possible numbers that E.164 has room for.
  PlanVerdict verdict{.decided = true, .phone = std::nullopt};
  if (plan.dialling->test_length(number.size()) != NumberLength::possible) return verdict;
  std::string e164{'+'};
  e164 += plan.dialling->calling_digits();
  e164 += number;
  if (!is_e164(e164)) return verdict;
  const auto assignment = plan.assignments->find(number);
  verdict.phone = PhoneNumber{std::move(e164), assignment.valid, std::string{assignment.region}};
  return verdict;
}

}  // namespace smscrm
