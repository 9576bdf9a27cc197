#include "core/lane/pace.hpp"

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

Pace::Place Pace::take(int parts, Clock::time_point at) {
  forget(at);
  const double seconds = std::max(1.0, static_cast<double>(parts) / rate_);
  const Place place{at, weight(parts),
                    std::chrono::ceil<Clock::duration>(std::chrono::duration<double>{seconds})};
  hold(at + longest_way + place.length, place.parts);
  return place;
}

void Pace::arrived(const Place& place, Clock::time_point at) {
  if (at >= place.left_at + longest_way) return;  // it ends as it stands
  const auto held = std::lower_bound(taken_.begin(), taken_.end(), place.left_at + longest_way + place.length,
                                     [](const Taken& t, Clock::time_point until) { return t.until < until; });
  held_ -= place.parts;
  held->parts -= place.parts;
  if (held->parts < tolerance) taken_.erase(held);
  hold(at + place.length, place.parts);
}

void Pace::hold(Clock::time_point until, double parts) {
  held_ += parts;
  // Near the end: what is under way, and what a long message or a changed rate keeps longer, comes behind.
  const auto after =
      std::find_if(taken_.rbegin(), taken_.rend(), [&](const Taken& t) { return t.until <= until; });
  if (after != taken_.rend() && after->until == until)
    after->parts += parts;
  else
    taken_.insert(after.base(), {until, parts});
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
