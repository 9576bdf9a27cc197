// A person is erased here and at the provider, with the real programs.
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;

TEST_CASE("the daemon has the provider delete what it keeps of who was erased, and of nobody else") {
  World world;
  world.set_up();
  world.add_contacts(3);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  const auto gone = world.accepted().front()["to"].get<std::string>();
  const auto erased = world.must({"contact", "erase", gone, "-y", "-o", "json"}).json();
  CHECK(erased["copies"] == 1);
  CHECK(erased["done_at"].is_null());
  const auto receipt = [&] {
    return world.must({"contact", "erasures", std::to_string(erased["id"].get<int>()), "-o", "json"}).json();
  };
  world.db.run([](Tx& tx) { exec(tx, "UPDATE erasure_copy SET due_at = now()"); });
  for (int i = 0; i < 600 && receipt()["done_at"].is_null(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  const auto done = receipt();
  CHECK(!done["done_at"].is_null());
  CHECK(done["copies_waiting"] == 0);
  CHECK(done["copies_failed"] == 0);
  for (const auto& message : world.accepted())
    CHECK(message["deleted"].get<bool>() == (message["to"] == gone));
  CHECK(world({"contact", "show", gone}).status == 5);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
  CHECK(world.report()["outcomes"]["delivered"] == 3);
}
