#include "daemon/edge/click_gate.hpp"

#include <utility>

namespace smscrm {
namespace {

constexpr std::size_t most_known = 500'000;   // recipients and links in a minute
constexpr std::size_t most_counted = 50'000;  // until they are written

}  // namespace

bool ClickGate::pass(TenantId tenant, const Click& click, const std::string& client, Clock::time_point at) {
  const bool client_may = client.empty() || of_client_.pass(client, at);
  const bool link_may = client_may && of_link_.pass(click.link.value, at);
  const Key key{click.link, click.message, click.reading.click_class};
  const auto minute = std::chrono::floor<std::chrono::minutes>(click.clicked_at);
  return state_.with([&](State& state) {
    if (minute != state.minute) {
      state.minute = minute;
      state.stored.clear();
    }
    if (link_may && (state.stored.size() < most_known || state.stored.count(key) > 0) &&
        ++state.stored[key] <= (click.message.value == 0 ? most_of_everybody : most_of_recipient))
      return true;
    if (state.more.size() >= most_counted && state.more.count({key, minute}) == 0) {
      ++lost_;
      return false;
    }
    auto& more = state.more
                     .try_emplace({key, minute}, MoreClicks{tenant, click.link, click.message, click.campaign,
                                                            click.reading.click_class, minute, 0})
                     .first->second;
    ++more.hits;
    return false;
  });
}

std::vector<MoreClicks> ClickGate::take() {
  std::vector<MoreClicks> taken;
  const auto more = state_.with([](State& state) { return std::exchange(state.more, {}); });
  for (const auto& [key, clicks] : more) taken.push_back(clicks);
  return taken;
}

}  // namespace smscrm
