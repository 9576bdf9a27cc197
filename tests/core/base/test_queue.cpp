#include <thread>

#include <doctest/doctest.h>

#include "core/base/queue.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("a queue gives what it has in order, and waits until that is enough") {
  Queue<int> queue{10};
  const std::jthread other{[&] {
    for (int i = 1; i <= 5; ++i) CHECK_FALSE(queue.push(i));
  }};
  CHECK(queue.pop(10, 1min, {}, 5) == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("a queue that is asked for more than comes gives what there is in the end") {
  Queue<int> queue{10};
  CHECK_FALSE(queue.push(1));
  CHECK(queue.pop(10, 1ms, {}, 3) == std::vector<int>{1});
  CHECK(queue.pop(10, 1ms).empty());
  CHECK_FALSE(queue.push(2));
  std::stop_source stop;
  stop.request_stop();
  CHECK(queue.pop(10, 1min, stop.get_token(), 3) == std::vector<int>{2});
}

TEST_CASE("a closed queue lets out what is in it and nothing more in, as does a full one") {
  Queue<int> queue{2};
  CHECK_FALSE(queue.push(1));
  CHECK_FALSE(queue.push(2));
  CHECK(queue.push(3) == 3);
  CHECK(queue.pop(1, 1min) == std::vector<int>{1});
  queue.close();
  CHECK(queue.push(4) == 4);
  CHECK(queue.pop(10, 1min, {}, 5) == std::vector<int>{2});
}
