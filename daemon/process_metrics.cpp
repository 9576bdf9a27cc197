#include "daemon/process_metrics.hpp"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace smscrm {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// The nth number of /proc/self/statm, which counts pages; 0 where there is no /proc.
double memory_bytes(int nth) {
  std::ifstream file{"/proc/self/statm"};
  double pages = 0;
  for (int i = 0; i <= nth; ++i) file >> pages;
  return file ? pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

double count_entries(const char* folder) {
  std::error_code none;
  const std::filesystem::directory_iterator entries{folder, none};
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

double most_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

Reading::Ask one(double (*value)()) {
  return [value](const auto& say) { say("", value()); };
}

}  // namespace

ProcessMetrics::ProcessMetrics(const std::string& version)
    : started_at_(seconds_since_1970()),
      build_{metrics, "smscrm_build_info", "1, with the version that runs.",
             [version](const auto& say) { say(fmt::format("version=\"{}\"", version), 1); }},
      cpu_{metrics, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
           one(cpu_seconds), Metric::Type::counter},
      started_{metrics, "process_start_time_seconds", "Start time of the process since 1970 in seconds.",
               [this](const auto& say) { say("", started_at_); }},
      resident_{metrics, "process_resident_memory_bytes", "Resident memory size in bytes.",
                one([] { return memory_bytes(1); })},
      virtual_{metrics, "process_virtual_memory_bytes", "Virtual memory size in bytes.",
               one([] { return memory_bytes(0); })},
      open_fds_{metrics, "process_open_fds", "Number of open file descriptors.",
                one([] { return count_entries("/proc/self/fd"); })},
      max_fds_{metrics, "process_max_fds", "Maximum number of open file descriptors.", one(most_descriptors)},
      threads_{metrics, "process_threads", "Number of threads.",
               one([] { return count_entries("/proc/self/task"); })} {}

}  // namespace smscrm
