// Worker "scheduler": ends campaigns that have nothing left to send or to learn. Owns one connection; woken
// by the clock.
#pragma once

#include <stop_token>

#include "core/config.hpp"

namespace smscrm {

class Scheduler {
 public:
  explicit Scheduler(const Config& config) : config_(config) {}
  void run(std::stop_token stop);

 private:
  const Config& config_;
};

}  // namespace smscrm
