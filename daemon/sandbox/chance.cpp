#include "daemon/sandbox/chance.hpp"

#include <cstring>

#include <fmt/format.h>

namespace smscrm {

Chance::Chance(std::uint64_t seed) : key_{} { std::memcpy(key_.data(), &seed, sizeof seed); }

double Chance::draw(std::string_view what, std::string_view of) const {
  std::string text{what};
  text.append(1, '\0').append(of);
  return static_cast<double>(siphash(key_, text) >> 11) * 0x1p-53;
}

std::string Chance::sid(std::string_view prefix, std::string_view of) const {
  std::string text{"sid1"};
  text.append(of);
  const auto high = siphash(key_, text);
  text[3] = '2';
  return fmt::format("{}{:016x}{:016x}", prefix, high, siphash(key_, text));
}

}  // namespace smscrm
