// core/base/time: what is read can be written and read again.
#include "core/base/time.hpp"

#include "core/base/error.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  try {
    const auto at = parse_rfc3339(input);
    promise(parse_rfc3339(format_rfc3339(at)) == at, "a time that was written is read as the same");
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what is no time is invalid");
  }
  try {
    const auto length = parse_duration(input);
    promise(length.count() >= 0, "a length is not negative");
    format_duration(length);
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what is no length is invalid");
  }
}

}  // namespace smscrm::fuzz
