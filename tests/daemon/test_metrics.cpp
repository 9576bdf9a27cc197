#include <doctest/doctest.h>

#include "daemon/metrics.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Writer {
  MetricSet metrics;
  Counter stored{metrics, "smscrm_texts_total", "Texts stored.", "effect=\"new\""};
  Counter repeated{metrics, "smscrm_texts_total", "Texts stored.", "effect=\"repeated\""};
  Gauge waiting{metrics, "smscrm_texts_waiting", "Texts that wait."};
};

}  // namespace

TEST_CASE("what has one name is one family, and series alike are added up") {
  Writer one, two;
  ++one.stored;
  one.stored += 4;
  ++two.repeated;
  two.stored += 10;
  one.waiting = 3;
  --two.waiting;
  CHECK(format_metrics({&one.metrics, &two.metrics}) ==
        "# HELP smscrm_texts_total Texts stored.\n"
        "# TYPE smscrm_texts_total counter\n"
        "smscrm_texts_total{effect=\"new\"} 15\n"
        "smscrm_texts_total{effect=\"repeated\"} 1\n"
        "# HELP smscrm_texts_waiting Texts that wait.\n"
        "# TYPE smscrm_texts_waiting gauge\n"
        "smscrm_texts_waiting 2\n");
}

TEST_CASE("a reading has the series of the moment, or none") {
  MetricSet set;
  int paused = 0;
  const Reading reading{set, "smscrm_lanes_paused", "Paused lanes, by code.", [&](const auto& say) {
                          if (paused > 0) say("code=\"20003\"", paused);
                        }};
  const std::string head =
      "# HELP smscrm_lanes_paused Paused lanes, by code.\n# TYPE smscrm_lanes_paused gauge\n";
  CHECK(format_metrics({&set}) == head);
  paused = 2;
  CHECK(format_metrics({&set}) == head + "smscrm_lanes_paused{code=\"20003\"} 2\n");
}

TEST_CASE("a histogram's buckets count everything up to their bound") {
  MetricSet set;
  Histogram seconds{set, "smscrm_claim_seconds", "Time of claims.", "kind=\"x\""};
  seconds.observe(1ms);  // up to a bound is within it
  seconds.observe(1100us);
  seconds.observe(40ms);
  seconds.observe(31s);
  const auto text = format_metrics({&set});
  CAPTURE(text);
  const auto has = [&](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
  CHECK(has("# TYPE smscrm_claim_seconds histogram"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"0.001\"} 1"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"0.0025\"} 2"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"0.025\"} 2"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"0.05\"} 3"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"30\"} 3"));
  CHECK(has("smscrm_claim_seconds_bucket{kind=\"x\",le=\"+Inf\"} 4"));
  CHECK(has("smscrm_claim_seconds_count{kind=\"x\"} 4"));
  CHECK(text.find("smscrm_claim_seconds_sum{kind=\"x\"} 31.04") != std::string::npos);
}

// How long they take is the machine's affair: only that each is counted is held.
TEST_CASE("a histogram counts the calls that it times, also those that throw") {
  MetricSet set;
  Histogram seconds{set, "smscrm_claim_seconds", "Time of claims.", "kind=\"x\""};
  CHECK(seconds.time([] { return 7; }) == 7);
  CHECK_THROWS(seconds.time([] { throw 1; }));
  const auto text = format_metrics({&set});
  CAPTURE(text);
  CHECK(text.find("smscrm_claim_seconds_count{kind=\"x\"} 2\n") != std::string::npos);
}
