#include "core/ledger/latency.hpp"

#include <algorithm>
#include <array>

namespace smscrm {
namespace {

// Milliseconds.
constexpr std::array<std::int64_t, 85> bounds{
    100,       119,       141,       168,       200,      238,      283,      336,      400,      476,
    566,       673,       800,       951,       1131,     1345,     1600,     1903,     2263,     2691,
    3200,      3805,      4525,      5382,      6400,     7611,     9051,     10763,    12800,    15222,
    18102,     21527,     25600,     30444,     36204,    43054,    51200,    60887,    72408,    86108,
    102400,    121775,    144815,    172216,    204800,   243550,   289631,   344431,   409600,   487099,
    579262,    688862,    819200,    974198,    1158524,  1377725,  1638400,  1948397,  2317048,  2755449,
    3276800,   3896794,   4634095,   5510899,   6553600,  7793588,  9268190,  11021797, 13107200, 15587175,
    18536380,  22043595,  26214400,  31174351,  37072760, 44087190, 52428800, 62348702, 74145520, 88174380,
    104857600, 124697404, 148291040, 176348760, 209715200};

double lower(int each) {
  return each == 0 ? 0.0 : static_cast<double>(bounds[static_cast<std::size_t>(each) - 1]);
}
double upper(int each) {
  return static_cast<double>(bounds[std::min(static_cast<std::size_t>(each), bounds.size() - 1)]);
}

std::chrono::milliseconds percentile(const std::map<int, std::int64_t>& counts, std::int64_t messages,
                                     double share) {
  const double wanted = share * static_cast<double>(messages);
  double below = 0;
  for (const auto& [each, count] : counts) {
    const auto in_class = static_cast<double>(count);
    if (count > 0 && below + in_class >= wanted)
      return std::chrono::milliseconds{
          static_cast<std::int64_t>(lower(each) + (upper(each) - lower(each)) * (wanted - below) / in_class)};
    below += in_class;
  }
  return std::chrono::milliseconds{bounds.back()};
}

}  // namespace

int latency_class(std::chrono::microseconds latency) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(latency).count();
  return static_cast<int>(std::upper_bound(bounds.begin(), bounds.end(), ms) - bounds.begin());
}

std::optional<Latency> measure_latency(const std::map<int, std::int64_t>& counts) {
  std::int64_t messages = 0;
  for (const auto& [each, count] : counts) messages += count;
  if (messages <= 0) return std::nullopt;
  return Latency{messages, percentile(counts, messages, 0.5), percentile(counts, messages, 0.95)};
}

}  // namespace smscrm
