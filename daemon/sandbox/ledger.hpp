// Everything that the sandbox accepted, in order of acceptance. Not safe from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/sandbox/message.hpp"

namespace smscrm {

using MessageIndex = std::uint32_t;  // place in the ledger, from 0

class SandboxLedger {
 public:
  MessageIndex add(SandboxMessage message);

  std::size_t size() const { return messages_.size(); }
  SandboxMessage& at(MessageIndex index) { return messages_[index]; }
  const SandboxMessage& at(MessageIndex index) const { return messages_[index]; }
  // Enters it in the history as well. The one way to another status: the counts follow it.
  void change_status(MessageIndex index, TwilioStatus status, int error_code, Timestamp at);
  // nullptr when there is none of that sid; deleted ones are found.
  const MessageIndex* find(std::string_view sid) const;
  // Those to that number, of any account, oldest first; nullptr when there are none.
  const std::vector<MessageIndex>* list_to(const std::string& to) const;

  // Over outbound messages created by the API: what a sender of campaigns is judged by.
  struct Counts {
    std::size_t accepted = 0;
    std::int64_t parts = 0;
    std::size_t recipients = 0;
    std::size_t max_per_recipient = 0;
    std::size_t min_per_recipient = 0;
    std::size_t duplicates = 0;                    // beyond the first to the same number with the same body
    std::map<TwilioStatus, std::size_t> statuses;  // those that occur
  };
  // Kept as messages come and change, so that asking costs the same however many there are.
  Counts counts() const;

 private:
  struct Recipient {
    std::vector<MessageIndex> messages;
    std::size_t accepted = 0;  // of the API
  };

  std::deque<SandboxMessage> messages_;  // never moves them: sids_ points into them
  std::unordered_map<std::string_view, MessageIndex> sids_;
  std::unordered_map<std::string, Recipient> recipients_;
  std::map<std::size_t, std::size_t> recipients_with_;  // so many messages of the API
  std::map<TwilioStatus, std::size_t> statuses_;
  std::unordered_set<std::size_t> seen_;  // hashes of account, number and body
  std::size_t accepted_ = 0;
  std::int64_t parts_ = 0;
  std::size_t duplicates_ = 0;
};

}  // namespace smscrm
