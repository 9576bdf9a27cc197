// Runs other programs.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

struct ProcessResult {
  int status;          // 127 when there is no such program, 128 + signal when a signal ended it
  std::string output;  // standard output and standard error as they came
};

// Runs a program found in PATH to its end, in "/", with `input` on its standard input, a few kilobytes at most. A daemon
// that it leaves behind must have closed its output.
ProcessResult run_process(std::vector<std::string> argv, const std::string& input = "");

}  // namespace smscrm
