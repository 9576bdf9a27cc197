#include "daemon/sandbox/ledger.hpp"

#include <algorithm>
#include <functional>

namespace smscrm {

MessageIndex SandboxLedger::add(SandboxMessage message) {
  const auto index = static_cast<MessageIndex>(messages_.size());
  const auto& kept = messages_.emplace_back(std::move(message));
  sids_.emplace(kept.sid, index);
  recipients_[kept.to].push_back(index);
  if (kept.direction == TwilioDirection::outbound_api) {
    ++accepted_;
    parts_ += kept.parts;
    std::string what = kept.account;
    what.append(kept.to).append(1, '\0').append(kept.body);
    if (!seen_.insert(std::hash<std::string>{}(what)).second) ++duplicates_;
  }
  return index;
}

const MessageIndex* SandboxLedger::find(std::string_view sid) const {
  const auto found = sids_.find(sid);
  return found == sids_.end() ? nullptr : &found->second;
}

const std::vector<MessageIndex>* SandboxLedger::list_to(const std::string& to) const {
  const auto found = recipients_.find(to);
  return found == recipients_.end() ? nullptr : &found->second;
}

SandboxLedger::Counts SandboxLedger::counts() const {
  Counts counts;
  counts.accepted = accepted_;
  counts.parts = parts_;
  counts.duplicates = duplicates_;
  for (const auto& [to, indexes] : recipients_) {
    const auto mine =
        static_cast<std::size_t>(std::count_if(indexes.begin(), indexes.end(), [&](MessageIndex i) {
          return messages_[i].direction == TwilioDirection::outbound_api;
        }));
    if (mine == 0) continue;
    counts.min_per_recipient = counts.recipients == 0 ? mine : std::min(counts.min_per_recipient, mine);
    counts.max_per_recipient = std::max(counts.max_per_recipient, mine);
    ++counts.recipients;
  }
  return counts;
}

}  // namespace smscrm
