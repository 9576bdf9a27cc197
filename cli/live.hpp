// A screen that is drawn again and again, for who watches.
#pragma once

#include <chrono>
#include <string>

#include "cli/campaign_follow.hpp"

namespace smscrm {

// Ctrl-C ends the watching; while it lives, nothing else.
class LiveScreen {
 public:
  // Whether standard output is a terminal that can be drawn on, and people read it.
  static bool is_possible(const Output& out);

  // From the upper left corner, over what was there; lines that are too many for the screen are left out.
  void draw(Output& out, const std::string& text);
  // The same for what is printed next.
  static void clear(Output& out);
  // False when somebody has interrupted.
  bool wait(std::chrono::milliseconds time) const;

 private:
  const InterruptMark mark_;
  bool drawn_ = false;
};

// How often somebody looks: "5s". Throws Error{usage} unless it is from a second to an hour.
std::chrono::seconds parse_watch_interval(const std::string& text);

}  // namespace smscrm
