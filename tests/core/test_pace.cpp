#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "core/pace.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Clock = Pace::Clock;

namespace {

struct Left {
  Clock::time_point at;
  int parts;
};

// Sends as fast as it may, from messages of random length at random moments.
std::vector<Left> send(Pace& pace, int messages, int longest, unsigned seed) {
  std::mt19937 random{seed};
  std::vector<Left> left;
  auto at = Clock::time_point{} + 1h;
  for (int i = 0; i < messages; ++i) {
    const int parts = std::uniform_int_distribution{1, longest}(random);
    at = pace.ready_at(parts, at);
    CHECK(pace.ready_at(parts, at) == at);
    pace.take(parts, at);
    left.push_back({at, parts});
    if (random() % 20 == 0) at += std::chrono::milliseconds{random() % 700};
  }
  return left;
}

int most_in_a_second(const std::vector<Left>& left) {
  int most = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    int sum = 0;
    for (std::size_t j = i; j < left.size() && left[j].at < left[i].at + 1s; ++j) sum += left[j].parts;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("no window of a second holds more than the rate, and the rate is reached") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Pace pace{10};
    CHECK(most_in_a_second(send(pace, 300, 3, seed)) == 10);
  }
}

TEST_CASE("a rate below one spaces messages out") {
  Pace pace{0.5};
  const auto left = send(pace, 10, 1, 1);
  for (std::size_t i = 1; i < left.size(); ++i) CHECK(left[i].at - left[i - 1].at >= 2s);
}

TEST_CASE("a message of more parts than the rate goes alone and takes its time") {
  Pace pace{1};
  const auto start = Clock::time_point{} + 1h;
  CHECK(pace.ready_at(3, start) == start);
  pace.take(3, start);
  CHECK(pace.ready_at(1, start) == start + 3s);
}

TEST_CASE("room is what may leave until then") {
  Pace pace{10};
  const auto start = Clock::time_point{} + 1h;
  CHECK(pace.room(start, 0ms) == 10);
  pace.take(4, start);
  pace.take(6, start + 500ms);
  CHECK(pace.room(start + 600ms, 0ms) == 0);
  CHECK(pace.room(start + 600ms, 400ms) == 4);
  CHECK(pace.room(start + 600ms, 900ms) == 10);
  pace.set_rate(20);
  CHECK(pace.room(start + 600ms, 0ms) == 10);
}
