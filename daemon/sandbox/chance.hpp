// Chance that does not depend on the order of things: each draw is a function of the seed and of what it is
// for, so the same message fares the same however many senders and threads there are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/net/crypto.hpp"

namespace smscrm {

class Chance {
 public:
  explicit Chance(std::uint64_t seed);

  double draw(std::string_view what, std::string_view of) const;        // 0 ≤ x < 1
  std::string sid(std::string_view prefix, std::string_view of) const;  // the prefix and 32 hex digits

 private:
  SipKey key_;
};

}  // namespace smscrm
