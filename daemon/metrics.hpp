// What the daemon counts, and how Prometheus reads it (text exposition format 0.0.4,
// https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// A metric is a member of what counts it, declared there with its name, its help and the labels of this
// series; it belongs to the MetricSet beside it. GET /metrics shows the sets of all parts of a daemon: what
// has one name is one family, and series of the same name and labels are added up, as those of several
// writers.
//
// Names are smscrm_<noun>_<unit>, with _total on counters; times are seconds; labels come from small closed
// sets. Everything may be used from any thread. A set outlives its metrics, and neither is moved.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smscrm {

class Metric;

class MetricSet {
 public:
  MetricSet() = default;
  MetricSet(const MetricSet&) = delete;
  MetricSet& operator=(const MetricSet&) = delete;

 private:
  friend class Metric;
  friend std::string format_metrics(const std::vector<const MetricSet*>& sets);
  std::vector<const Metric*> metrics_;  // in the order of their declaration
};

// The families of all sets, in that order.
std::string format_metrics(const std::vector<const MetricSet*>& sets);

class Metric {
 public:
  enum class Type { counter, gauge, histogram };
  // `suffix` is what the series has behind the family's name: "_bucket".
  using Say = std::function<void(std::string_view suffix, std::string_view labels, double value)>;

  // `labels` as in `class="2xx"`, or empty.
  Metric(MetricSet& set, Type of_type, std::string its_name, std::string its_help,
         std::string its_labels = {});
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  virtual ~Metric() = default;

  virtual void read(const Say& say) const = 0;

  const Type type;
  const std::string name, help, labels;
};

// Goes up; used as a std::atomic.
class Counter : public Metric {
 public:
  Counter(MetricSet& set, std::string its_name, std::string its_help, std::string its_labels = {})
      : Metric(set, Type::counter, std::move(its_name), std::move(its_help), std::move(its_labels)) {}
  void operator++() { *this += 1; }
  void operator+=(std::uint64_t more) { value_.fetch_add(more, std::memory_order_relaxed); }
  std::uint64_t load() const { return value_.load(std::memory_order_relaxed); }
  operator std::uint64_t() const { return load(); }
  void read(const Say& say) const override { say("", labels, static_cast<double>(load())); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down; used as a std::atomic.
class Gauge : public Metric {
 public:
  Gauge(MetricSet& set, std::string its_name, std::string its_help, std::string its_labels = {})
      : Metric(set, Type::gauge, std::move(its_name), std::move(its_help), std::move(its_labels)) {}
  void operator=(std::int64_t value) { value_ = value; }
  void operator++() { ++value_; }
  void operator--() { --value_; }
  std::int64_t load() const { return value_; }
  operator std::int64_t() const { return load(); }
  void read(const Say& say) const override { say("", labels, static_cast<double>(load())); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// What is asked when it is read, a gauge unless it says otherwise, and may have a series for each of several
// labels, or none.
class Reading : public Metric {
 public:
  using Ask = std::function<void(const std::function<void(std::string_view labels, double value)>&)>;

  // `ask` is called on the thread that reads.
  Reading(MetricSet& set, std::string its_name, std::string its_help, Ask ask, Type of_type = Type::gauge)
      : Metric(set, of_type, std::move(its_name), std::move(its_help)), ask_(std::move(ask)) {}
  void read(const Say& say) const override {
    ask_([&](std::string_view with, double value) { say("", with, value); });
  }

 private:
  const Ask ask_;
};

// How long something took. Buckets from a millisecond to half a minute; 15 s is when Twilio gives up on a
// webhook.
class Histogram : public Metric {
 public:
  static constexpr std::array<double, 15> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                 0.5,   1,      2.5,   5,    10,    15,   30};

  Histogram(MetricSet& set, std::string its_name, std::string its_help, std::string its_labels = {})
      : Metric(set, Type::histogram, std::move(its_name), std::move(its_help), std::move(its_labels)) {}

  void observe(std::chrono::nanoseconds took);
  // What `work` returns; observed also when it throws.
  template <class Work>
  auto time(Work&& work) {
    struct Stopwatch {
      Histogram& of;
      const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
      ~Stopwatch() { of.observe(std::chrono::steady_clock::now() - began); }
    } const stopwatch{*this};
    return work();
  }
  void read(const Say& say) const override;

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1>
      buckets_{};  // each alone, not cumulated; last: above
  std::atomic<std::int64_t> nanoseconds_{0};
};

}  // namespace smscrm
