// What a rule of the gate says of a message, and what they all say together.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.hpp"

namespace smscrm {

struct Verdict {
  enum class Kind {
    pass,    // as far as this is concerned it may leave
    hold,    // not now
    skip,    // never
    expire,  // never: its time is over
  };

  Kind kind = Kind::pass;
  std::string_view reason = {};  // a word for reports, in static memory; empty when it passes
  // Of a hold: when it is to be looked at again. Of a pass: by when the message must have arrived; nullopt:
  // whenever.
  std::optional<Timestamp> until = {};

  bool operator==(const Verdict&) const = default;
};

inline Verdict pass() { return {}; }
inline Verdict pass_until(Timestamp until) { return {Verdict::Kind::pass, {}, until}; }
inline Verdict hold(std::string_view reason, Timestamp until) { return {Verdict::Kind::hold, reason, until}; }
inline Verdict skip(std::string_view reason) { return {Verdict::Kind::skip, reason, {}}; }
inline Verdict expire() { return {Verdict::Kind::expire, "expired", {}}; }

std::string_view to_string(Verdict::Kind kind);

}  // namespace smscrm
