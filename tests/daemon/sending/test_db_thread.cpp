#include <semaphore>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "daemon/sending/db_thread.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Owner {
  std::counting_semaphore<> ended{0};
  DbThread thread;
  std::string log;

  explicit Owner(const TestDb& db) : thread(db.url(), "test", [this] { ended.release(); }) {}

  void submit(const std::string& name, DbThread::Work work) {
    thread.submit(std::move(work),
                  [this, name](const std::exception_ptr& failure) { log += name + (failure ? "! " : " "); });
  }
  void await_all() {
    while (thread.pending() > 0) {
      REQUIRE(ended.try_acquire_for(20s));
      thread.collect();
    }
  }
};

// Loses its connection as when the server restarts.
void lose(Connection& db) {
  in_transaction(db, [](Tx& tx) { exec(tx, "RESET ROLE"), exec(tx, "SELECT pg_terminate_backend(pg_backend_pid())"); });
}

}  // namespace

TEST_CASE("jobs run in order, and one that fails by itself does not touch the others") {
  TestDb db;
  Owner owner{db};
  std::string ran;
  owner.submit("a", [&](Connection&) { ran += 'a'; });
  owner.submit("b", [](Connection&) { throw Error(Errc::invalid, "no"); });
  owner.submit("c",
               [&](Connection& c) { in_transaction(c, [&](Tx& tx) { exec(tx, "SELECT 1"), ran += 'c'; }); });
  owner.await_all();
  CHECK(owner.log == "a b! c ");
  CHECK(ran == "ac");
}

TEST_CASE("an owner that throws hears of the other jobs the next time") {
  TestDb db;
  Owner owner{db};
  owner.thread.submit([](Connection&) {},
                      [](const std::exception_ptr&) { throw Error(Errc::internal, "no"); });
  owner.submit("b", [](Connection&) {});
  REQUIRE(owner.ended.try_acquire_for(20s));
  REQUIRE(owner.ended.try_acquire_for(20s));
  CHECK_THROWS_AS(owner.thread.collect(), Error);
  owner.thread.collect();
  CHECK(owner.log == "b ");
  CHECK(owner.thread.pending() == 0);
}

TEST_CASE("nothing runs behind a lost connection until its owner has heard of it") {
  TestDb db;
  Owner owner{db};
  std::binary_semaphore submitted{0};
  bool ran = false;
  owner.submit("a", [&](Connection& c) {
    submitted.acquire();
    lose(c);
  });
  owner.submit("b", [&](Connection&) { ran = true; });
  submitted.release();
  REQUIRE(owner.ended.try_acquire_for(20s));
  REQUIRE(owner.ended.try_acquire_for(20s));
  owner.submit("c", [&](Connection&) { ran = true; });  // it has not collected the failure yet
  owner.await_all();
  CHECK(owner.log == "a! b! c! ");
  CHECK_FALSE(ran);

  owner.submit("d", [&](Connection&) { ran = true; });
  owner.await_all();
  CHECK(owner.log == "a! b! c! d ");
  CHECK(ran);
}
