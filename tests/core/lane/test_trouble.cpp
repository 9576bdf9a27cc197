#include <doctest/doctest.h>

#include "core/lane/trouble.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::optional<LaneTrouble> find(test::SendFixture& f) {
  return f.db.run([&](Tx& tx) { return find_trouble(tx, f.tenant.id); });
}

void note(test::SendFixture& f, const Lane& lane, const std::optional<LaneTrouble>& trouble) {
  f.db.run([&](Tx& tx) { note_trouble(tx, lane, trouble); });
}

const Timestamp since = parse_rfc3339("2026-05-01T10:00:00Z");

}  // namespace

TEST_CASE("what troubles a lane is told as long as its owner says so") {
  test::SendFixture f;
  CHECK_FALSE(find(f));
  const auto lane = f.lease("d1");
  const LaneTrouble trouble{"provider_unreachable", "Could not resolve host", since, since + 1min};
  note(f, lane, trouble);
  CHECK(find(f) == trouble);
  CHECK(describe(trouble) ==
        "the provider cannot be reached since 2026-05-01T10:00:00Z: Could not resolve host");
  CHECK(way_out(trouble).find("twilio.api_url") != std::string::npos);
  note(f, lane, std::nullopt);
  CHECK_FALSE(find(f));
}

TEST_CASE("what an owner noted that has gone is nobody's, and it can note no more") {
  test::SendFixture f;
  const auto old = f.lease("d1");
  const LaneTrouble trouble{"provider_failing", "HTTP status 503", since};
  note(f, old, trouble);
  REQUIRE(find(f));
  f.sql("UPDATE lane SET expires_at = '-infinity' WHERE tenant_id = $1");
  CHECK_FALSE(find(f));
  f.lease("d2");
  CHECK_FALSE(find(f));
  note(f, old, trouble);
  CHECK_FALSE(find(f));
}

TEST_CASE("whatever was answered can be noted") {
  test::SendFixture f;
  const auto lane = f.lease("d1");
  const auto noted = [&](const std::string& reason) {
    note(f, lane, LaneTrouble{"not_the_provider", reason, since});
    return find(f)->reason;
  };
  CHECK(noted(std::string{"a\0b\nc", 5}) == "a?b?c");
  CHECK(noted("\xff\x1b[31m") == "??[31m");
  CHECK(noted("gesperrt \u00fc") == "gesperrt \u00fc");
  CHECK(noted(std::string(5000, 'x')) == std::string(300, 'x'));
}
