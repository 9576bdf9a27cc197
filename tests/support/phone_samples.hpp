// Telephone numbers as they turn up in lists, for comparing ways to parse them: numbers of every numbering
// plan that libphonenumber knows, assigned and not, in all the ways that people and programs write them, and
// junk.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace smscrm {

struct PhoneSample {
  std::string text;
  std::string region;  // to parse it with: mostly that of the number
  std::string home;    // that of the number
};

class PhoneSamples {
 public:
  explicit PhoneSamples(std::uint64_t seed);
  ~PhoneSamples();

  // The same seed gives the same samples, of the same build.
  PhoneSample next();

  // Where three of four numbers come from.
  static const std::vector<std::string>& main_regions();

 private:
  struct Plan;

  std::uint64_t below(std::uint64_t bound);
  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  template <class List>
  const auto& any_of(const List& list) {
    return list[below(std::size(list))];
  }
  std::string random_digits(std::size_t count);
  // A text that a regular expression of the metadata matches.
  std::string sample(const std::string& expression);
  std::string sample_alternatives(const char*& at);
  std::string sample_atom(const char*& at);
  std::uint64_t sample_times(const char*& at);
  std::string national_number(const Plan& plan);
  std::string with_prefixes(const Plan& plan, std::string number);
  void change_digits(std::string& digits);
  std::string punctuate(const std::string& digits);
  void spoil(std::string& text);

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<const Plan>> plans_;  // the main regions first
};

}  // namespace smscrm
