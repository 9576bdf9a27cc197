#include "core/base/pulse.hpp"

#include <utility>

namespace smscrm {
namespace {

thread_local Pulse* of_this_thread = nullptr;
thread_local bool this_thread_waits = false;

}  // namespace

Pulse::Pulse() { note(false); }

Pulse::~Pulse() {
  if (of_this_thread == this) of_this_thread = nullptr;
}

void Pulse::attach() { of_this_thread = this; }

void Pulse::note(bool waiting) {
  const std::chrono::nanoseconds now = Clock::now().time_since_epoch();
  since_ = (now.count() & ~std::int64_t{1}) | (waiting ? 1 : 0);
}

bool Pulse::is_stuck(Clock::time_point at, Clock::duration work, Clock::duration wait) const {
  const auto since = since_.load();
  const bool waiting = since & 1;
  return at - Clock::time_point{std::chrono::nanoseconds{since}} > (waiting ? wait : work);
}

void note_turn() {
  if (of_this_thread) of_this_thread->note(this_thread_waits);
}

Waiting::Waiting() : outermost_(!std::exchange(this_thread_waits, true)) { note_turn(); }

Waiting::~Waiting() {
  if (outermost_) this_thread_waits = false;
  note_turn();
}

}  // namespace smscrm
