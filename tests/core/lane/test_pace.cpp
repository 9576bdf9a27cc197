#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "core/lane/pace.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Clock = Pace::Clock;

namespace {

struct Arrived {
  Clock::time_point at;
  int parts;
};

struct UnderWay {
  Clock::time_point replied_at;
  Pace::Place place;
};

// Sends as fast as it may: messages of random length, each up to `slowest` on its way and its reply as long.
std::vector<Arrived> send(Pace& pace, int messages, int longest, std::chrono::milliseconds slowest,
                          unsigned seed) {
  std::mt19937 random{seed};
  const auto way = [&] { return std::chrono::microseconds{random() % (1000 * slowest.count() + 1)}; };
  std::vector<Arrived> arrived;
  std::vector<UnderWay> under_way;  // the next reply last
  auto at = Clock::time_point{} + 1h;
  while (messages > 0) {
    const int parts = std::uniform_int_distribution{1, longest}(random);
    auto ready = pace.ready_at(parts, at);
    while (!under_way.empty() && under_way.back().replied_at <= ready) {
      at = under_way.back().replied_at;
      pace.arrived(under_way.back().place, at);
      under_way.pop_back();
      ready = pace.ready_at(parts, at);
    }
    at = ready;
    CHECK(pace.ready_at(parts, at) == at);
    const auto there = at + way();
    under_way.push_back({there + way(), pace.take(parts, at)});
    std::sort(under_way.begin(), under_way.end(),
              [](const UnderWay& a, const UnderWay& b) { return a.replied_at > b.replied_at; });
    arrived.push_back({there, parts});
    --messages;
  }
  std::sort(arrived.begin(), arrived.end(), [](const Arrived& a, const Arrived& b) { return a.at < b.at; });
  return arrived;
}

int most_in_a_second(const std::vector<Arrived>& left) {
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
    CHECK(most_in_a_second(send(pace, 300, 3, 0ms, seed)) == 10);
  }
}

TEST_CASE("no second at the other end gets more, however long requests are held up on their way") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Pace pace{10};
    CHECK(most_in_a_second(send(pace, 300, 3, 300ms, seed)) <= 10);
  }
}

TEST_CASE("a place is free a second after the reply, and at the latest when none can have come") {
  Pace pace{1};
  const auto start = Clock::time_point{} + 1h;
  const auto place = pace.take(1, start);
  CHECK(pace.ready_at(1, start + 2s) == start + Pace::longest_way + 1s);
  pace.arrived(place, start + 2s);
  CHECK(pace.ready_at(1, start + 2s) == start + 3s);
  const auto lost = pace.take(1, start + 3s);
  pace.arrived(lost, start + 30s);
  CHECK(pace.ready_at(1, start + 30s) == start + 30s);
}

TEST_CASE("a rate below one spaces messages out") {
  Pace pace{0.5};
  const auto left = send(pace, 10, 1, 0ms, 1);
  for (std::size_t i = 1; i < left.size(); ++i) CHECK(left[i].at - left[i - 1].at >= 2s);
}

TEST_CASE("a message of more parts than the rate goes alone and takes its time") {
  Pace pace{1};
  const auto start = Clock::time_point{} + 1h;
  CHECK(pace.ready_at(3, start) == start);
  pace.arrived(pace.take(3, start), start + 100ms);
  CHECK(pace.ready_at(1, start + 100ms) == start + 3100ms);
}

TEST_CASE("room is what may leave until then") {
  Pace pace{10};
  const auto start = Clock::time_point{} + 1h;
  CHECK(pace.room(start, 0ms) == 10);
  pace.arrived(pace.take(4, start), start);
  pace.arrived(pace.take(6, start + 500ms), start + 500ms);
  CHECK(pace.room(start + 600ms, 0ms) == 0);
  CHECK(pace.room(start + 600ms, 400ms) == 4);
  CHECK(pace.room(start + 600ms, 900ms) == 10);
  pace.set_rate(20);
  CHECK(pace.room(start + 600ms, 0ms) == 10);
}
