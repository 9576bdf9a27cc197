#include "core/pace.hpp"

#include <algorithm>
#include <cmath>

namespace smscrm {
namespace {

constexpr double tolerance = 1e-6;  // of sums of fractions

}  // namespace

double Pace::weight(int parts) const { return std::min(static_cast<double>(parts), rate_); }

void Pace::forget(Clock::time_point at) {
  while (!taken_.empty() && taken_.front().until <= at) {
    held_ -= taken_.front().parts;
    taken_.pop_front();
  }
  if (taken_.empty()) held_ = 0;
}

Pace::Clock::time_point Pace::ready_at(int parts, Clock::time_point at) {
  forget(at);
  double excess = held_ + weight(parts) - rate_ - tolerance;
  auto ready = at;
  for (auto taken = taken_.begin(); excess > 0 && taken != taken_.end(); ++taken) {
    excess -= taken->parts;
    ready = taken->until;
  }
  return ready;
}

void Pace::take(int parts, Clock::time_point at) {
  forget(at);
  const double seconds = std::max(1.0, static_cast<double>(parts) / rate_);
  const auto until = at + std::chrono::ceil<Clock::duration>(std::chrono::duration<double>{seconds});
  const double parts_held = weight(parts);
  held_ += parts_held;
  // Nearly always the end: only a long message, or a changed rate, keeps its place beyond later ones.
  const auto after =
      std::find_if(taken_.rbegin(), taken_.rend(), [&](const Taken& t) { return t.until <= until; });
  if (after != taken_.rend() && after->until == until)
    after->parts += parts_held;
  else
    taken_.insert(after.base(), {until, parts_held});
}

double Pace::room(Clock::time_point at, std::chrono::milliseconds ahead) {
  forget(at);
  double room = rate_ - held_;
  for (const auto& taken : taken_) {
    if (taken.until > at + ahead) break;
    room += taken.parts;
  }
  return std::max(0.0, room);
}

}  // namespace smscrm
