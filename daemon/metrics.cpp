#include "daemon/metrics.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace smscrm {
namespace {

std::string_view type_name(Metric::Type type) {
  switch (type) {
    case Metric::Type::counter:
      return "counter";
    case Metric::Type::gauge:
      return "gauge";
    case Metric::Type::histogram:
      return "histogram";
  }
  return "untyped";
}

// The samples of one name; those of the same series are one.
struct Family {
  const Metric* first;
  std::vector<std::pair<std::string, double>> samples;
  std::map<std::string, std::size_t, std::less<>> index;

  void add(std::string series, double value) {
    const auto [at, is_new] = index.try_emplace(series, samples.size());
    if (is_new)
      samples.emplace_back(std::move(series), value);
    else
      samples[at->second].second += value;
  }
};

}  // namespace

Metric::Metric(MetricSet& set, Type of_type, std::string its_name, std::string its_help,
               std::string its_labels)
    : type(of_type), name(std::move(its_name)), help(std::move(its_help)), labels(std::move(its_labels)) {
  set.metrics_.push_back(this);
}

void Histogram::observe(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(took.count(), std::memory_order_relaxed);
}

void Histogram::read(const Say& say) const {
  const std::string also = labels.empty() ? "" : labels + ",";
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    so_far += buckets_[i].load(std::memory_order_relaxed);
    say("_bucket", fmt::format("{}le=\"{}\"", also, bounds[i]), static_cast<double>(so_far));
  }
  so_far += buckets_.back().load(std::memory_order_relaxed);
  say("_bucket", also + "le=\"+Inf\"", static_cast<double>(so_far));
  say("_sum", labels, std::chrono::duration<double>(std::chrono::nanoseconds{nanoseconds_}).count());
  say("_count", labels, static_cast<double>(so_far));
}

std::string format_metrics(const std::vector<const MetricSet*>& sets) {
  std::vector<Family> families;
  std::map<std::string_view, std::size_t> by_name;
  for (const auto* set : sets)
    for (const auto* metric : set->metrics_) {
      const auto [at, is_new] = by_name.try_emplace(metric->name, families.size());
      if (is_new) families.push_back({metric, {}, {}});
      auto& family = families[at->second];
      metric->read([&](std::string_view suffix, std::string_view labels, double value) {
        family.add(labels.empty() ? fmt::format("{}{}", metric->name, suffix)
                                  : fmt::format("{}{}{{{}}}", metric->name, suffix, labels),
                   value);
      });
    }
  std::string text;
  for (const auto& [first, samples, index] : families) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", first->name, first->help, type_name(first->type));
    for (const auto& [series, value] : samples) text += fmt::format("{} {}\n", series, value);
  }
  return text;
}

}  // namespace smscrm
