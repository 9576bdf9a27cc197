// Lines, each in the notations that people, files and networks have for it.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace smscrm {

struct LineSample {
  std::string key;  // what the programs are to make of all of them
  std::string region;
  std::vector<std::string> international;  // as a provider, a handset or a file has it, wherever it is read
  std::vector<std::string> national;       // as it is written at home
  std::vector<std::string> foreign;        // as it is written abroad, in a list of people of the US
};

// The same seed gives the same lines.
class LineSamples {
 public:
  explicit LineSamples(std::uint64_t seed) : random_(seed) {}

  LineSample next();

 private:
  std::uint64_t below(std::uint64_t bound) { return (random_() >> 16) % bound; }
  std::string digits(const std::string& pattern);  // "x" any digit, "n" 2 to 9; others as they are
  std::string spaced(const std::string& number);

  std::mt19937_64 random_;
};

}  // namespace smscrm
