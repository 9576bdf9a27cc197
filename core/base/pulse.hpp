// Signs of life of a thread, for whoever watches it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace smscrm {

// A thread works, or it waits for what is not its own, PostgreSQL. Work that goes on for long without
// note_turn() hangs; a wait may well take its time.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  // The first turn counts from here.
  Pulse();
  Pulse(const Pulse&) = delete;
  ~Pulse();  // after the thread has ended, or on it

  // From now on the thread that calls this is the one that is watched.
  void attach();

  // Whether, at `at`, it has worked for longer than `work` without a turn, or has waited for longer than
  // `wait` at a stretch. From any thread.
  bool is_stuck(Clock::time_point at, Clock::duration work, Clock::duration wait) const;

 private:
  friend class Waiting;
  friend void note_turn();
  void note(bool waiting);

  std::atomic<std::int64_t> since_;  // nanoseconds of the clock, the lowest bit set while it waits
};

// Once a turn of a thread's loop, at least every few seconds also when there is nothing to do: silence is
// taken for a hang. Does nothing on a thread that nobody watches.
void note_turn();

// This thread waits for as long as this lives. Each begin and end is a turn, that of one within another, too:
// a transaction is a wait of many, its statements'.
class Waiting {
 public:
  Waiting();
  ~Waiting();
  Waiting(const Waiting&) = delete;

 private:
  const bool outermost_;
};

}  // namespace smscrm
