#include <doctest/doctest.h>

#include "core/provider/error_text.hpp"
#include "core/provider/twilio_error.hpp"

using namespace smscrm;

TEST_CASE("an error's code has its meaning and its remedy, an unknown one has neither") {
  CHECK(explain_error(30005).meaning == "unknown or inactive number");
  CHECK(explain_error(30034).remedy == "Register it at Twilio.");
  for (const int code : {0, -1, 1, 29999, 30009, 99999}) {
    CAPTURE(code);
    CHECK(explain_error(code).meaning.empty());
    CHECK(explain_error(code).remedy.empty());
  }
}

TEST_CASE("what is tried again by itself is what receipts retry, and every such code has a meaning") {
  for (int code = 30000; code < 31000; ++code) {
    CAPTURE(code);
    if (find_twilio_retry(code)) CHECK_FALSE(explain_error(code).meaning.empty());
    if (explain_error(code).remedy.find("tried again by itself") != std::string_view::npos)
      CHECK(find_twilio_retry(code).has_value());
  }
}
