// Other programs that work for a while and must not outlive us: whatever becomes of this process, they end.
#pragma once

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace smscrm {

struct ChildPlan {
  std::vector<std::string> argv;                        // a program of PATH, or its path
  std::map<std::string, std::string> environment = {};  // beside ours
  std::string user = {};     // runs as that one, which root alone may ask; empty: as we do
  std::string log = {};      // a file for all that it says; empty: kept for wait()
  int end_signal = SIGTERM;  // what ends it
};

struct ChildResult {
  int status = 0;  // 127 when there is no such program, 128 + signal when a signal ended it
  std::string out, err;
};

// Runs in "/". The thread that makes it must live as long as it does: with that thread the kernel ends it.
class Child {
 public:
  // Throws Error{unavailable} when it cannot be started.
  explicit Child(ChildPlan plan);
  ~Child();  // ends it, and waits for that
  Child(const Child&) = delete;

  bool is_running();
  ChildResult wait();

 private:
  std::string program_;
  int out_ = -1, err_ = -1;
  int end_signal_;
  pid_t pid_ = 0;
};

ChildResult run_child(ChildPlan plan);

// Ends all that run, from any thread, and waits a while for it. Nothing starts any more.
void end_children();

// User postgres when we are root, whom PostgreSQL refuses; else empty.
std::string server_user();

// What a program said that failed, as one line: its last words on standard error.
std::string last_words(const ChildResult& result);

}  // namespace smscrm
