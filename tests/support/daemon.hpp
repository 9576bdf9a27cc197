// A program that keeps running beside a test: smscrmd, its sandbox, or one with a path.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/command.hpp"

namespace smscrm {

class Daemon {
 public:
  // Starts it and waits until it says "listening" on standard error. Throws with its words when it ends
  // before.
  // `passed`: a listening socket that it gets as systemd passes one; -1: none.
  Daemon(std::vector<std::string> argv, const std::map<std::string, std::string>& environment,
         int passed = -1);
  ~Daemon();  // SIGKILL, if it still runs
  Daemon(const Daemon&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Sends SIGTERM and waits; the exit status, or 128 + signal.
  int stop();
  // SIGKILL, and waits until it is gone.
  void kill();

  std::string log() const;  // standard error so far

 private:
  int wait();

  TempDir dir_;
  pid_t pid_ = -1;
};

// A TCP port of 127.0.0.1 on which nobody listens but who is told of it, as often as they like, while this
// process lives.
int free_port();

}  // namespace smscrm
