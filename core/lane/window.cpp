#include "core/lane/window.hpp"

#include <algorithm>
#include <cmath>

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr double little = 0.005;         // a share of refusals that is not worth a test
constexpr double most_background = 0.5;  // more is the provider's no to all, whatever the cause
constexpr std::size_t enough = 40;       // requests, or so many refusals, that say how large a share is
constexpr std::size_t enough_refusals = 5;
constexpr double first_gap = 100, longest_gap = 1'000;
constexpr double probe_share = 0.02;       // of the limit
constexpr double expected = 8;             // refusals in a test if load is not their cause
constexpr double gone = 0.25, less = 0.7;  // of the share before
constexpr double longest_test = 1'000;
constexpr double doubts = 120;  // a test takes expected/share requests, so a twentieth of the time
constexpr double usual_times = 5;
constexpr auto least_patience = 50ms;
constexpr auto longest_rest = 1s;

// How much a share may exceed the true one by chance: 2.5 standard deviations.
double chance(double share, double requests) { return 2.5 * std::sqrt(share * (1 - share) / requests); }

}  // namespace

void SendWindow::set_most(int most) {
  most_ = std::max(1, most);
  if (round_.wanted == 0) begin(Phase::grow, size_);
}

int SendWindow::size() const {
  return static_cast<int>(std::clamp<long>(std::lround(size_), 1, static_cast<long>(most_)));
}

std::chrono::duration<double> SendWindow::latency() const {
  return std::chrono::duration<double>{latency_ > 0 ? latency_ : 1};
}

int SendWindow::hung() const { return std::min(static_cast<int>(hung_.size()), hung_for_each * most_); }

int SendWindow::busy() const {
  return static_cast<int>(under_way_.size() + resting_.size() + hung_.size()) - hung();
}

int SendWindow::free(Clock::time_point at, bool wanted) {
  free_hung(at);
  resting_.erase(resting_.begin(), resting_.upper_bound(at));
  const int room = size() - busy();
  if (wanted && room <= 0) round_.full = true;
  return std::max(0, room);
}

std::optional<SendWindow::Clock::time_point> SendWindow::free_at() const {
  if (busy() < size() || resting_.empty()) return std::nullopt;
  return *resting_.begin();
}

SendWindow::Ticket SendWindow::take(Clock::time_point at) {
  under_way_.emplace_hint(under_way_.end(), ++last_, at);
  round_.ends.emplace_back();
  if (size() <= busy()) round_.full = true;
  return last_;
}

void SendWindow::ended(Ticket ticket, End how, Clock::time_point at) {
  if (how != End::lost) youngest_answered_ = std::max(youngest_answered_, ticket);
  refused_in_a_row_ = how == End::answered ? 0 : refused_in_a_row_ + (how == End::refused ? 1 : 0);
  if (hung_.erase(ticket) > 0) return;
  const auto found = under_way_.find(ticket);
  const std::chrono::duration<double> took = at - found->second;
  if (how == End::answered) {
    if (latency_ == 0) resting_.clear();
    latency_ = latency_ > 0 ? latency_ * 0.9 + std::min(took.count(), 4 * latency_ + 0.02) * 0.1
                            : std::max(took.count(), 1e-4);
  }
  // The provider may count it for a moment after its reply.
  if (how == End::answered && limit_ > 0 && latency() >= 50ms)
    resting_.insert(
        at + std::min<Clock::duration>(std::chrono::duration_cast<Clock::duration>(latency() / 50), 2ms));
  if (how == End::refused) {
    const auto rest =
        latency_ > 0 ? std::chrono::duration_cast<Clock::duration>(1.1 * latency()) : longest_rest;
    resting_.insert(found->second + std::min<Clock::duration>(rest, longest_rest));
  }
  under_way_.erase(found);
  note(ticket, how);
}

void SendWindow::free_hung(Clock::time_point at) {
  const auto patience = least_patience + std::chrono::duration_cast<Clock::duration>(usual_times * latency());
  while (!under_way_.empty()) {
    const auto [ticket, left_at] = *under_way_.begin();
    if (ticket >= youngest_answered_ || at - left_at < patience) return;
    under_way_.erase(under_way_.begin());
    hung_.insert(ticket);
    note(ticket, End::lost);
  }
}

// A round of its own for each size: what left before says nothing of it.
void SendWindow::begin(Phase phase, double size, double wanted) {
  phase_ = phase;
  size_ = std::clamp(size, 1.0, static_cast<double>(most_));
  round_ = {};
  round_.first = last_ + 1;
  round_.wanted = static_cast<std::size_t>(std::max<double>(this->size(), std::ceil(wanted)));
}

void SendWindow::note(Ticket ticket, End how) {
  if (ticket < round_.first) return;
  const auto index = static_cast<std::size_t>(ticket - round_.first);
  round_.ends[index] = how;
  if (index < round_.wanted) count(how);
  // A straggler is not waited for.
  if (round_.ends.size() >= round_.wanted && round_.done + round_.wanted / 20 >= round_.wanted) judge();
}

void SendWindow::count(End how) {
  ++round_.done;
  if (how == End::refused) ++round_.refused;
}

void SendWindow::extend(std::size_t wanted) {
  for (auto i = round_.wanted; i < std::min(wanted, round_.ends.size()); ++i)
    if (const auto how = round_.ends[i]) count(*how);
  round_.wanted = wanted;
}

void SendWindow::judge() {
  const double share = static_cast<double>(round_.refused) / static_cast<double>(round_.done);
  if (phase_ == Phase::test) return judge_test(share);
  if (phase_ == Phase::probe) return judge_probe(share);
  const double above = std::max(little, chance(known_, static_cast<double>(round_.done)));
  if (share <= known_ + above) {
    known_ += (share - known_) * static_cast<double>(round_.done) / (500 + static_cast<double>(round_.done));
    return stay();
  }
  const bool sure = share > most_background || round_.refused >= enough_refusals || round_.done >= enough;
  if (!sure) return extend(round_.wanted + static_cast<std::size_t>(size()));
  lower(share, known_);
}

// Nothing is refused that would not be anyhow.
void SendWindow::stay() {
  calm_ += static_cast<double>(round_.done);
  unchecked_ += static_cast<double>(round_.done);
  if (known_ > 2 * little && unchecked_ * known_ >= doubts) return lower(known_, 0);
  if (!round_.full || size() >= most_) return begin(phase_, size_);
  if (phase_ == Phase::grow) return begin(Phase::grow, size_ * 2);
  step_ = least_step();
  if (calm_ < gap_ * step_) return begin(Phase::hold, limit_);
  begin(Phase::probe, limit_ + step_, 2 * enough * (known_ > little ? 1 : 0));
}

// One that can be told from chance.
double SendWindow::least_step() const {
  const double requests = std::max(2.0 * enough, limit_);
  return std::max({1.0, limit_ * probe_share, known_ > little ? limit_ * 1.2 * chance(known_, requests) : 0});
}

void SendWindow::judge_probe(double share) {
  calm_ = 0;
  if (share > known_ + step_ / size_ / 2) {
    gap_ = std::min(gap_ * 2, longest_gap);
    return begin(Phase::hold, limit_);
  }
  limit_ = size_;
  gap_ = first_gap;
  step_ = std::min(step_ * 2, limit_);
  if (!round_.full || size() >= most_) return begin(Phase::hold, limit_);
  begin(Phase::probe, limit_ + step_, 2 * enough * (known_ > little ? 1 : 0));
}

void SendWindow::lower(double share, double known) {
  if (phase_ != Phase::test) size_before_ = size_;
  share_before_ = share;
  reference_ = known;
  const double excess = (share - known) / (1 - known);
  const double requests = std::max(expected / excess, 20 * known / (excess * excess));
  begin(Phase::test, std::round(size_ * (1 - excess)), std::min(requests, longest_test));
}

void SendWindow::judge_test(double share) {
  const double excess = share_before_ - reference_;
  if (share > reference_ + excess * gone && size() > 1) {
    // Fewer, but not gone: what was lowered by was a guess from few.
    if (share < reference_ + excess * less || share > most_background) return lower(share, reference_);
    known_ = share;
    calm_ = unchecked_ = 0;
    return begin(limit_ > 0 ? Phase::hold : Phase::grow, size_before_);
  }
  if (share <= most_background) known_ = std::min(known_, share);
  limit_ = size_;
  gap_ = first_gap;
  calm_ = unchecked_ = 0;
  begin(Phase::hold, limit_);
}

}  // namespace smscrm
