#include "daemon/sandbox/ledger.hpp"

#include <functional>

namespace smscrm {
namespace {

// One fewer of what was, one more of what is; no key stays with nothing.
template <class K>
void recount(std::map<K, std::size_t>& counts, const K& was, const K& is) {
  const auto found = counts.find(was);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
  ++counts[is];
}

}  // namespace

MessageIndex SandboxLedger::add(SandboxMessage message) {
  const auto index = static_cast<MessageIndex>(messages_.size());
  const auto& kept = messages_.emplace_back(std::move(message));
  sids_.emplace(kept.sid, index);
  auto& recipient = recipients_[kept.to];
  recipient.messages.push_back(index);
  if (kept.direction == TwilioDirection::outbound_api) {
    ++accepted_;
    parts_ += kept.parts;
    ++statuses_[kept.status];
    recount(recipients_with_, recipient.accepted, recipient.accepted + 1);
    ++recipient.accepted;
    std::string what = kept.account;
    what.append(kept.to).append(1, '\0').append(kept.body);
    if (!seen_.insert(std::hash<std::string>{}(what)).second) ++duplicates_;
  }
  return index;
}

void SandboxLedger::change_status(MessageIndex index, TwilioStatus status, int error_code, Timestamp at) {
  auto& message = messages_[index];
  if (message.direction == TwilioDirection::outbound_api) recount(statuses_, message.status, status);
  message.status = status;
  message.error_code = error_code;
  message.updated_at = at;
  if (status == TwilioStatus::sent) message.sent_at = at;
  message.history.push_back({status, at});
}

const MessageIndex* SandboxLedger::find(std::string_view sid) const {
  const auto found = sids_.find(sid);
  return found == sids_.end() ? nullptr : &found->second;
}

const std::vector<MessageIndex>* SandboxLedger::list_to(const std::string& to) const {
  const auto found = recipients_.find(to);
  return found == recipients_.end() ? nullptr : &found->second.messages;
}

SandboxLedger::Counts SandboxLedger::counts() const {
  Counts counts;
  counts.accepted = accepted_;
  counts.parts = parts_;
  counts.duplicates = duplicates_;
  counts.statuses = statuses_;
  for (const auto& [messages, recipients] : recipients_with_) counts.recipients += recipients;
  if (!recipients_with_.empty()) {
    counts.min_per_recipient = recipients_with_.begin()->first;
    counts.max_per_recipient = recipients_with_.rbegin()->first;
  }
  return counts;
}

}  // namespace smscrm
