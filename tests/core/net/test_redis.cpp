#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/net/redis.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("values come back, whatever bytes they are made of") {
  Redis redis{test_redis_url()};
  CHECK(redis.ping());
  const std::string value{"%s \0 \r\n", 7};
  CHECK(redis.set("test %d", value, 60s));
  CHECK(redis.get("test %d") == value);
  CHECK_FALSE(redis.get("absent"));
}

TEST_CASE("without a server every call says no, and nothing is thrown") {
  for (const char* url : {"", "unix:/nowhere/redis.sock", "redis://127.0.0.1:1"}) {
    CAPTURE(url);
    Redis redis{url};
    CHECK_FALSE(redis.ping());
    CHECK_FALSE(redis.publish("a", "b"));
    CHECK_FALSE(redis.get("a"));
  }
}

TEST_CASE("an address that is none is refused") {
  for (const char* url : {"localhost", "redis://", "redis://host:port", "unix:"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(Redis{url}, Error);
  }
}

TEST_CASE("a wake-up reaches the listener, which stops when told to") {
  std::atomic<int> woken{0};
  WakeListener listener{test_redis_url(), [&] {
                          ++woken;
                          woken.notify_all();
                        }};
  std::jthread thread{[&](std::stop_token stop) { listener.run(std::move(stop)); }};
  woken.wait(0);  // subscribed
  // Whoever else uses this Redis wakes it too, so it may hear more than this, and never nothing.
  const int before = woken;
  Redis redis{test_redis_url()};
  publish_wake(redis);
  woken.wait(before);
  CHECK(woken > before);
}
