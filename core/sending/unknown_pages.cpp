#include "core/sending/unknown_pages.hpp"

#include <algorithm>
#include <utility>

#include "core/phone/address.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto between = 250ms;          // two that are remembered
constexpr auto remembered = 30min;       // longer than a grace period usually is
constexpr std::size_t worth_a_page = 4;  // questions that cost as much
constexpr std::size_t always_worth = 2;  // pages
constexpr auto way = 1s;                 // that a claimed message may take until it leaves
constexpr auto out_of_order = 2s;        // dates are in whole seconds
constexpr auto clocks_differ = 1min;     // as in match()
constexpr auto clocks_compared = 10s;    // where the reply shows the provider's

}  // namespace

void TakenMessages::add(const std::string& provider_id, Timestamp left_at) {
  if (!taken_.empty() && left_at < taken_.back().left_at) return;  // its reply was slow
  while (!taken_.empty() && taken_.front().left_at < left_at - remembered) taken_.pop_front();
  // The last of all is always among them.
  if (taken_.size() >= 2 && left_at - taken_[taken_.size() - 2].left_at < between) taken_.pop_back();
  taken_.push_back({provider_id, left_at});
}

UnknownPages::UnknownPages(std::vector<Unresolved> messages, const TakenMessages& taken,
                           std::chrono::milliseconds grace, Timestamp asked_at)
    : grace_(grace),
      asked_at_(asked_at),
      pages_left_(messages.size() / worth_a_page + always_worth),
      back_to_(Timestamp::max()) {
  for (auto& message : messages) {
    by_address_.emplace(address_key(message.msisdn), questions_.size());
    back_to_ = std::min(back_to_, message.claimed_at);
    const auto id = message.id;
    const auto claimed_at = message.claimed_at;
    questions_.push_back({std::move(message), claimed_at, {id, asked_at, {}, {}}});
  }
  for (const auto& one : taken.all()) taken_.emplace(one.provider_id, one.left_at);
}

void UnknownPages::read(const ListedPage& page, const HttpResult& reply, Timestamp at) {
  if (std::exchange(first_, false)) {
    back_to_ -= reply.date ? clocks_compared : clocks_differ;
    for (auto& question : questions_) {
      question.message.claimed_at = claimed_at_provider(question.message, reply, at);
      back_to_ = std::min(back_to_, question.message.claimed_at - clocks_compared);
    }
  }
  for (const auto& listed : page.messages) {
    if (listed.created_at - out_of_order > oldest_) ordered_ = false;
    oldest_ = std::min(oldest_, listed.created_at);
    take(listed);
  }
  next_ = page.next;
  complete_ = next_.empty() || oldest_ < back_to_;
  done_ = complete_ || --pages_left_ == 0;
}

void UnknownPages::take(const ListedMessage& listed) {
  if (const auto known = taken_.find(listed.provider_id); known != taken_.end()) seen_.insert(known->second);
  const auto [begin, end] = by_address_.equal_range(address_key(listed.to));
  for (auto at = begin; at != end; ++at) {
    auto& question = questions_[at->second];
    const auto matched = match(question.message, listed);
    if (matched == Match::full) question.answer.matches.push_back(listed);
    if (matched == Match::all_but_words) question.answer.lookalikes.push_back(listed.provider_id);
  }
}

bool UnknownPages::must_be_listed(Timestamp claimed_at) const {
  return complete_ && ordered_ && !seen_.empty() && *seen_.begin() <= claimed_at &&
         *seen_.rbegin() >= claimed_at + way;
}

UnknownPages::Answers UnknownPages::answers() const {
  Answers answers;
  for (const auto& question : questions_) {
    if (must_be_listed(question.claimed_at)) {
      answers.resolutions.push_back(question.answer);
    } else if (asked_at_ - question.claimed_at < grace_) {
      // Its absence would not be believed yet anyhow.
      answers.resolutions.push_back(question.answer);
      answers.resolutions.back().asked_at = {};
    } else {
      // An entry alone does not do: it may turn out to be another message's.
      answers.undecided.push_back(question.message);
      answers.undecided.back().claimed_at = question.claimed_at;
    }
  }
  return answers;
}

}  // namespace smscrm
