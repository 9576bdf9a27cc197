// What Prometheus expects of every process, under the names that its client libraries share
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics), and which build it is.
#pragma once

#include <string>

#include "daemon/metrics.hpp"

namespace smscrm {

struct ProcessMetrics {
  explicit ProcessMetrics(const std::string& version);

  MetricSet metrics;

 private:
  // Not from /proc/stat, which a unit with ProcSubset=pid does not see.
  const double started_at_;
  Reading build_, cpu_, started_, resident_, virtual_, open_fds_, max_fds_, threads_;
};

}  // namespace smscrm
