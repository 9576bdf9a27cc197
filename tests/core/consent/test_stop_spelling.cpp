#include <doctest/doctest.h>

#include "core/consent/stop_spelling.hpp"

using namespace smscrm;
using Words = std::vector<std::string>;

TEST_CASE("a slip of the finger is told from another word") {
  CHECK(slip_of_stop("stpo") == Slip::sure);
  CHECK(slip_of_stop("sttop") == Slip::sure);
  CHECK(slip_of_stop("stip") == Slip::maybe);
  for (const auto* word : {"stop", "shop", "hello", ""}) CHECK(slip_of_stop(word) == Slip::none);
}

TEST_CASE("words without blanks are parted when all of it is such words") {
  CHECK(part_glued("stopplease") == Words{"stop", "please"});
  CHECK(part_glued("pleasestoptexting") == Words{"please", "stop", "texting"});
  CHECK(part_glued("stop2end") == Words{"stop", "2", "end"});
  CHECK(part_glued("dontstop") == Words{"dont", "stop"});
  for (const auto* word : {"stop", "stops", "nonstop", "stopwatch", "unstop", "stopover", "texting", ""})
    CHECK(part_glued(word).empty());
}
