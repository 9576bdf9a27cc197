// core/campaign/cron: any text is an expression or an error that stands inside it, and what it is has a next
// time, which lies ahead and fits, whatever the clocks do.
#include "core/campaign/cron.hpp"

#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  Cron cron;
  try {
    cron = parse_cron(input);
  } catch (const RuleError& error) {
    promise(!error.rule_code().empty() && *error.what() != '\0', "an error has a code and a sentence");
    promise(is_valid_utf8(error.what()) && is_valid_utf8(error.hint()), "what is said of it can be printed");
    promise(
        error.rule_code() == "too_long" || error.place().column + error.place().length <= input.size() + 1,
        "an error stands in the expression");
    return;
  }
  promise(cron.minutes != 0 && cron.hours != 0 && cron.days != 0 && cron.months != 0 && cron.weekdays != 0,
          "each field means something");
  for (const char* zone : {"America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia"})
    for (const char* begin : {"2027-03-13T05:59:59Z", "2027-11-06T23:00:00Z", "2011-12-29T00:00:00Z"}) {
      auto at = parse_rfc3339(begin);
      for (int turn = 0; turn < 5; ++turn) {
        const auto next = next_time(cron, zone, at);
        promise(next && *next > at, "the next time lies ahead");
        promise(next->time_since_epoch() % std::chrono::minutes{1} == std::chrono::minutes{0},
                "and is a whole minute");
        promise(next_time(cron, zone, *next - std::chrono::seconds{1}) == next, "and none lies before it");
        at = *next;
      }
    }
}

}  // namespace smscrm::fuzz
