// What the daemon's log tells of the job, and of a database that goes away.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "tests/support/own_servers.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

// Lines that have all of these words.
std::size_t count_lines(const std::string& log, const std::vector<std::string>& words) {
  std::size_t count = 0;
  for (const auto& line : split(log, '\n'))
    if (std::ranges::all_of(words, [&](const std::string& word) { return line.find(word) != line.npos; }))
      ++count;
  return count;
}

}  // namespace

TEST_CASE("the log tells what becomes of campaigns, by their names, and of a lost database once") {
  const OwnServers servers;
  World world;
  world.set_up(4);
  world.add_contacts(40);
  world.add_campaign("Hello");
  world.start_daemon();
  const auto told = [&](const std::vector<std::string>& words) {
    return await([&] { return count_lines(world.daemon->log(), words) == 1; });
  };
  world.must({"campaign", "launch", "spring", "--key", "k"});
  CHECK(told({"level=info", "campaign launched", "tenant=acme", "campaign=spring"}));
  world.must({"campaign", "pause", "spring"});
  CHECK(told({"level=info", "campaign paused", "campaign=spring"}));
  world.must({"campaign", "resume", "spring"});
  CHECK(told({"campaign goes on", "campaign=spring"}));

  servers.stop_postgres("fast");
  CHECK(told({"level=error", "the database is lost"}));
  servers.start_postgres();
  CHECK(told({"level=info", "the database is back"}));
  world.wait_until_finished();
  CHECK(told({"campaign finished", "campaign=spring", "delivered"}));
  CHECK_MESSAGE(count_lines(world.daemon->log(), {"level=error"}) == 1, world.daemon->log());
  // What a library would say by itself is no line of ours.
  for (const auto& line : split(world.daemon->log(), '\n'))
    if (!line.empty()) CHECK_MESSAGE(line.find("level=") != line.npos, line);
}
