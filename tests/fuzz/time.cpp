// core/base/time, core/base/local_time: what is read can be written and read again.
#include "core/base/time.hpp"

#include "core/base/error.hpp"
#include "core/base/local_time.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  try {
    const auto at = parse_rfc3339(input);
    promise(parse_rfc3339(format_rfc3339(at)) == at, "a time that was written is read as the same");
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what is no time is invalid");
  }
  for (const auto sense : {TimeSense::past, TimeSense::future}) try {
      const Clock clock{parse_rfc3339("2026-11-29T23:50:38Z"), "America/New_York"};
      const auto at = parse_time(input, clock, sense);
      promise(parse_rfc3339(format_rfc3339(at)) == at, "a time that was typed can be written");
    } catch (const Error& error) {
      promise(error.code() == Errc::invalid, "what is no time is invalid");
    }
  with_local_times(input, "America/New_York");
  try {
    const auto length = parse_duration(input);
    promise(length.count() >= 0, "a length is not negative");
    format_duration(length);
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what is no length is invalid");
  }
}

}  // namespace smscrm::fuzz
