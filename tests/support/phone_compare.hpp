// The ways to parse a number side by side: the fast path, libphonenumber, and read_phone, which says why
// where it departs from the library.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace smscrm {

struct PhoneComparison {
  std::int64_t samples = 0;
  std::int64_t decided = 0;       // by the fast path, and so compared
  std::int64_t valid = 0;         // of those: assigned numbers
  std::int64_t possible = 0;      // of those: not assigned, though possible
  std::set<std::string> regions;  // those of the assigned numbers
  std::int64_t different = 0;     // without a departure to explain it
  std::map<std::string, std::int64_t>
      departures;                     // answers of read_phone that are not the library's, by reason
  std::vector<std::string> examples;  // of what differs, a few
};

// Compares `count` samples, on all processors; the same seed and number of processors give the same samples.
PhoneComparison compare_phone_paths(std::int64_t count, std::uint64_t seed);

}  // namespace smscrm
