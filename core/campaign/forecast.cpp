#include "core/campaign/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/tenant/day_end.hpp"

namespace smscrm {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds reply{0.1};  // of the provider
constexpr auto rounding = std::chrono::milliseconds{1};
constexpr auto longest_pause = OpenHours::horizon + std::chrono::hours{72};  // of hours and caps that end
constexpr double tolerance = 1e-6;                      // of parts
constexpr auto horizon = std::chrono::hours{8784};      // a year; what takes longer goes on alike
constexpr double longest = 1000;                        // years; what takes longer is never

// What a rate really gives: a second has room for whole messages only, and what left keeps its place until a
// second after the reply (core/lane/pace.hpp).
double long_run(double rate, const std::vector<int>& sizes) {
  double parts = 0, room = 0, sent = 0;  // parts: of the second that is being filled
  Seconds length{0}, took{0};
  for (const int size : sizes) {
    const double weight = std::min<double>(size, rate);
    if (weight > room + tolerance) {
      sent += parts;
      took += length;
      parts = 0;
      room = rate;
      length = reply + Seconds{std::max(1.0, size / rate)};
    }
    room -= weight;
    parts += size;
  }
  return sent > 0 ? sent / took.count() : rate / Seconds{reply + Seconds{1}}.count();
}

// What is to be sent to people who may be in the same places.
struct Zone {
  std::shared_ptr<const OpenHours> hours;
  double parts;
  bool open = true;
  std::optional<Timestamp> changes_at = {};  // opens or closes then, or is to be looked at again

  void look(Timestamp at) {
    if (!hours || (changes_at && at < *changes_at)) return;
    const auto opens = hours->next_open(at);
    open = opens == at;
    changes_at = (open ? hours->next_closed(at) : opens).value_or(at + OpenHours::horizon);
  }
};

// A day's room, as messages of this mean size use it.
double usable(std::int64_t cap, double mean) {
  if (cap == Forecast::any) return std::numeric_limits<double>::infinity();
  return std::floor(static_cast<double>(cap) / mean + tolerance) * mean;
}

}  // namespace

std::optional<Timestamp> Forecast::end() const {
  const double mean =
      sizes.empty() ? 1
                    : std::accumulate(sizes.begin(), sizes.end(), 0.0) / static_cast<double>(sizes.size());
  double most = long_run(tenant.rate, sizes);
  if (max_in_flight > 0) most = std::min(most, max_in_flight * mean / reply.count());
  std::vector<double> rates;
  for (const auto& sender : senders) rates.push_back(long_run(sender.rate, sizes));
  std::vector<Zone> zones;
  double total = 0;
  for (const auto& group : groups) {
    zones.push_back({group.hours, static_cast<double>(group.parts)});
    total += static_cast<double>(group.parts);
  }
  bool capped = tenant.cap != any;
  std::vector<double> left;
  for (const auto& sender : senders) {
    left.push_back(usable(sender.left, mean));
    capped = capped || sender.cap != any;
  }
  double tenant_left = usable(tenant.left, mean);
  auto at = begin;
  auto midnight = capped ? find_day_end(timezone, at) : Timestamp::max();
  auto sent_at = begin;
  for (double sent = 0; sent < total - tolerance;) {
    if (at - sent_at > longest_pause) return std::nullopt;
    if (at - begin > horizon) {
      const double years = total / sent;
      if (years > longest) return std::nullopt;
      return begin + std::chrono::duration_cast<Timestamp::duration>(Seconds{at - begin} * years);
    }
    if (at >= midnight) {
      midnight = find_day_end(timezone, at);
      tenant_left = usable(tenant.cap, mean);
      for (std::size_t i = 0; i < senders.size(); ++i) left[i] = usable(senders[i].cap, mean);
    }
    double open = 0, offered = 0;
    auto next = midnight;
    for (auto& zone : zones) {
      if (zone.parts <= 0) continue;
      zone.look(at);
      if (zone.changes_at) next = std::min(next, *zone.changes_at);
      if (zone.open) open += zone.parts;
    }
    for (std::size_t i = 0; i < senders.size(); ++i)
      if (left[i] > tolerance) offered += rates[i];
    const double rate = senders.empty() ? most : std::min(most, offered);
    double now_parts = std::min(open, tenant_left);  // until something changes
    if (rate <= 0) now_parts = 0;
    for (std::size_t i = 0; i < senders.size(); ++i)
      if (left[i] > tolerance) now_parts = std::min(now_parts, left[i] * offered / rates[i]);
    if (now_parts <= tolerance) {
      if (next == Timestamp::max()) return std::nullopt;
      at = next;
      continue;
    }
    const Seconds room = next == Timestamp::max() ? Seconds::max() : Seconds{next - at};
    now_parts = std::min(now_parts, rate * room.count());
    const Seconds took{now_parts / rate};
    if (took > longest * horizon) return std::nullopt;
    for (auto& zone : zones)
      if (zone.open) zone.parts -= now_parts * zone.parts / open;
    for (std::size_t i = 0; i < senders.size(); ++i)
      if (left[i] > tolerance) left[i] -= now_parts * rates[i] / offered;
    tenant_left -= now_parts;
    sent += now_parts;
    at = std::min(next, at + std::chrono::ceil<Timestamp::duration>(took));
    sent_at = at;
  }
  return std::chrono::ceil<std::chrono::seconds>(at - rounding) + backlog;
}

}  // namespace smscrm
