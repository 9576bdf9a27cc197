#include <algorithm>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "core/import/seen.hpp"

using namespace smscrm;

TEST_CASE("the first place of each number counts, within a batch and beyond") {
  SeenNumbers seen;
  CHECK(seen.add(std::vector<std::uint64_t>{30, 10, 30, 20, 10}) == std::vector<std::uint32_t>{1, 3, 0});
  CHECK(seen.add(std::vector<std::uint64_t>{10, 15, 40, 5, 40}) == std::vector<std::uint32_t>{3, 1, 2});
  CHECK(seen.add(std::vector<std::uint64_t>{5, 10, 15, 20, 30, 40}).empty());
  CHECK(seen.add({}).empty());
}

TEST_CASE("many batches are remembered exactly") {
  std::mt19937_64 random{42};
  SeenNumbers seen;
  std::set<std::uint64_t> known;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 3000; ++i)
      numbers.push_back(i % 2 == 0 ? 14150000000 + random() % 60000 : random() % 999999999999999);
    std::vector<std::uint32_t> want;
    for (std::uint32_t i = 0; i < numbers.size(); ++i)
      if (known.insert(numbers[i]).second) want.push_back(i);
    std::sort(want.begin(), want.end(), [&](auto a, auto b) { return numbers[a] < numbers[b]; });
    CHECK(seen.add(numbers) == want);
  }
}
