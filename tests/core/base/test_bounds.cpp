#include <limits>

#include <doctest/doctest.h>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"

using namespace smscrm;

TEST_CASE("rates are numbers that can be reckoned with") {
  for (const double rate : {0.001, 1.0, 2.5, 1e6}) CHECK_NOTHROW(check_rate(rate, "a rate"));
  for (const double rate : {0.0, -1.0, 1e-9, 1.1e6, 1e308, std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(check_rate(rate, "a rate"), Error);
  }
}

TEST_CASE("a text is as long as it has characters, and has no NUL") {
  CHECK_NOTHROW(check_length("äöü", 3, "a text"));
  CHECK_THROWS_WITH_AS(check_length("äöüx", 3, "a text"), doctest::Contains("4 characters"), Error);
  CHECK_THROWS_WITH_AS(check_length(std::string("a\0b", 3), 9, "a text"), doctest::Contains("NUL"), Error);
}

TEST_CASE("there is room for the last, and for none after it") {
  CHECK_NOTHROW(check_room(19, 20, "endpoints"));
  CHECK_THROWS_WITH_AS(check_room(20, 20, "endpoints"), doctest::Contains("20 endpoints"), Error);
}
