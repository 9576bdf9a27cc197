#include <doctest/doctest.h>

#include "cli/output.hpp"

namespace smscrm {
namespace {

TEST_CASE("a line of progress fits into its terminal and promises nothing without a rate") {
  struct Case {
    std::uint64_t done, total;
    double rate;
    std::size_t columns;
    std::string want;
  };
  const Case cases[] = {
      {15, 30, 5, 80, "spring [###############...............]  50% 15/30 5/s 3.0s left"},
      {15, 30, 0, 80, "spring [###############...............]  50% 15/30"},
      {15, 30, 5, 40, "spring  50% 15/30 5/s 3.0s left"},
      {15, 30, 5, 12, "spring  50%"},
      {15, 0, 5, 80, "spring 15 5/s"},
      {30, 30, 5, 80, "spring [##############################] 100% 30/30 5/s 0.0s left"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.want);
    CHECK(format_progress("spring", c.done, c.total, c.rate, c.columns) == c.want);
  }
}

}  // namespace
}  // namespace smscrm
