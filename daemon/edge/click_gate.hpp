// Which hits on short links are stored one by one, and which are counted alone: one stranger with one link
// and a loop must neither fill the disk nor keep the hits of others from being stored. Nobody is refused the
// page for it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/link/more_clicks.hpp"
#include "daemon/edge/rate_limit.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

// Safe from any thread.
class ClickGate {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int most_of_recipient = 60;   // stored a minute, of one link, recipient and class
  static constexpr int most_of_everybody = 600;  // the same of a link made by hand, which everybody follows

  // Whether the hit is to be stored. Else it is counted here. `client`: client_of(request.remote); empty:
  // anybody.
  bool pass(TenantId tenant, const Click& click, const std::string& client, Clock::time_point at);

  // What was counted since the last call.
  std::vector<MoreClicks> take();

  // Counted no more: too many links at once.
  std::uint64_t lost() const { return lost_; }
  const MetricSet& metrics() const { return metrics_; }

 private:
  struct Key {
    LinkId link;
    MessageId message;
    ClickClass click_class;
    auto operator<=>(const Key&) const = default;
  };
  struct State {
    std::chrono::sys_time<std::chrono::minutes> minute{};
    std::map<Key, int> stored;  // in that minute
    std::map<std::pair<Key, std::chrono::sys_time<std::chrono::minutes>>, MoreClicks> more;
  };

  RateLimit<std::string> of_client_{20, 200};
  RateLimit<std::int64_t> of_link_{5'000, 100'000};
  Guarded<State> state_;
  MetricSet metrics_;
  Counter lost_{metrics_, "smscrm_clicks_lost_total", "Hits on short links that could not be stored."};
};

}  // namespace smscrm
