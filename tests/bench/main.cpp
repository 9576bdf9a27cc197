// smscrm_bench NAME... [--server DIR] [--items N] [--filled N] [--connections N];
// scripts/bench starts the servers and runs
// all.
#include <cstdio>
#include <cstdlib>
#include <map>

#include <sys/resource.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "tests/bench/bench.hpp"

namespace smscrm {

std::chrono::duration<double> cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return std::chrono::duration<double>{static_cast<double>(t.tv_sec) +
                                         static_cast<double>(t.tv_usec) / 1e6};
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Stretch::Stretch() : begin_(std::chrono::steady_clock::now()), cpu_begin_(cpu_time()) {}
double Stretch::seconds() const {
  return std::chrono::duration<double>{std::chrono::steady_clock::now() - begin_}.count();
}
double Stretch::cpu_seconds() const { return (cpu_time() - cpu_begin_).count(); }

void print_line(const BenchLine& line) {
  const double rate = static_cast<double>(line.items) / line.seconds;
  std::string text =
      fmt::format("{:<28} {:>9} items {:>8.2f} s {:>9.0f}/s", line.name, line.items, line.seconds, rate);
  if (line.cpu_seconds > 0)
    text += fmt::format(" {:>7.1f} us CPU", line.cpu_seconds / static_cast<double>(line.items) * 1e6);
  text += fmt::format(" {:>6.0f} MiB", peak_memory_mib());
  text += line.limit_rate > 0 ? fmt::format("  {:.2f} of limit", rate / line.limit_rate) : "  limit";
  if (!line.note.empty()) text += "  " + line.note;
  std::puts(text.c_str());
  std::fflush(stdout);
}

}  // namespace smscrm

int main(int argc, char** argv) {
  using namespace smscrm;
  const std::map<std::string, void (*)(const BenchArgs&)> benchmarks{
      {"export", bench_export},
      {"import", bench_import},
      {"launch", bench_launch},
      {"report", bench_report},
      {"segment", bench_segment},
      {"new_tenant", bench_new_tenant},
      {"phone", bench_phone},
      {"redirect", bench_redirect},
      {"send", bench_send},
      {"send_callbacks", bench_send_callbacks},
      {"send_limited", bench_send_limited},
      {"send_refused", bench_send_refused},
      {"send_faulty", bench_send_faulty},
      {"send_outage", bench_send_outage},
      {"send_unknown", bench_send_unknown},
      {"api", bench_api},
      {"webhook", bench_webhook},
      {"webhook_slow", bench_webhook_slow},
  };
  BenchArgs args;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--server" && has_value) {
      args.server = argv[++i];
    } else if (word == "--items" && has_value) {
      args.items = parse_integer(argv[++i]).value_or(0);
    } else if (word == "--filled" && has_value) {
      args.filled = parse_integer(argv[++i]).value_or(0);
    } else if (word == "--connections" && has_value) {
      args.connections = static_cast<int>(parse_integer(argv[++i]).value_or(64));
    } else if (benchmarks.contains(word)) {
      names.push_back(word);
    } else {
      std::fprintf(stderr,
                   "usage: smscrm_bench NAME... --server DIR [--items N] [--filled N] [--connections N]\n");
      return 2;
    }
  }
  if (args.server.empty()) {
    std::fprintf(stderr, "smscrm_bench: --server is missing; use scripts/bench\n");
    return 2;
  }
  ::setenv("SMSCRM_TEST_DIR", args.server.c_str(), 1);  // where TestDb looks
  set_log(LogLevel::warn, LogFormat::logfmt);
  try {
    for (const auto& name : names) benchmarks.at(name)(args);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "smscrm_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
