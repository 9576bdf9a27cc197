// What the benchmarks share: a database of their own, their arguments, and how they report.
//
// Every benchmark measures a limit in the same run (raw COPY, an HTTP handler that does nothing …) and prints
// its ratio to it: machines differ and are noisy, ratios less so.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace smscrm {

struct BenchArgs {
  std::string server;       // --server DIR: of tests/support/servers start DIR --durable
  std::int64_t items = 0;   // --items N; 0: the benchmark's own number
  std::int64_t filled = 0;  // --filled N: messages in the table before, where some are sent
  int connections = 64;     // --connections N, where there are any
};

// Processor time of this process so far, all threads.
std::chrono::duration<double> cpu_time();
// Highest resident memory of this process so far, in MiB.
double peak_memory_mib();

// Measures one stretch of work from its construction on.
class Stretch {
 public:
  Stretch();
  double seconds() const;
  double cpu_seconds() const;

 private:
  std::chrono::steady_clock::time_point begin_;
  std::chrono::duration<double> cpu_begin_;
};

struct BenchLine {
  std::string name;
  std::int64_t items = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of this process; 0: does not matter
  double limit_rate = 0;   // items a second of the limit; 0: this line is the limit
  std::string note;        // latencies and the like
};

// Prints "import 200000 items 1.52 s 131579/s 4.1 us CPU 38 MiB 0.81 of limit …".
void print_line(const BenchLine& line);

// Each is one file, bench_<name>.cpp.
void bench_api(const BenchArgs& args);
void bench_export(const BenchArgs& args);
void bench_import(const BenchArgs& args);
void bench_launch(const BenchArgs& args);
void bench_report(const BenchArgs& args);
void bench_segment(const BenchArgs& args);
void bench_send(const BenchArgs& args);
void bench_send_callbacks(const BenchArgs& args);
void bench_send_limited(const BenchArgs& args);
void bench_send_refused(const BenchArgs& args);
void bench_send_faulty(const BenchArgs& args);
void bench_send_outage(const BenchArgs& args);
void bench_send_unknown(const BenchArgs& args);
void bench_webhook(const BenchArgs& args);
void bench_webhook_slow(const BenchArgs& args);
void bench_phone(const BenchArgs& args);
void bench_redirect(const BenchArgs& args);
void bench_new_tenant(const BenchArgs& args);

}  // namespace smscrm
