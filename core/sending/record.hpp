// The write-back: what became of claimed messages, in sets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/lane/lane.hpp"
#include "core/sending/claim.hpp"

namespace smscrm {

struct Outcome {
  ClaimedMessage message;
  SendOutcome result;
  std::chrono::milliseconds retry_in{
      0};  // when it was not accepted but may be: retry_later, or a paused lane
};

struct RecordSummary {
  int accepted = 0, failed = 0, unknown = 0, returned = 0;
  bool paused = false;            // a configuration error stopped the lane:
  std::optional<int> pause_code;  // the provider's code
  std::string pause_reason;       // and words
};

// Moves each message from in_flight to where its outcome leads: accepted to queued (or further), refused to
// failed, ambiguous to unknown with a task to resolve it, and back to waiting, its attempt not counted, when
// nothing was accepted. A message that a receipt has raised meanwhile keeps its status; one that was taken
// over is raised by an acceptance and left alone otherwise. Opt-outs that the provider knows enter the
// consent ledger, as a STOP to the sender would (core/consent/opt_out_scope.hpp); a configuration error
// pauses the lane, unless the account was changed since the claim. `finished` are claims with no outcome
// outstanding. Recording the same again changes nothing, so that a commit in doubt may simply be repeated.
RecordSummary record_outcomes(Tx& tx, const Lane& lane, const std::vector<Outcome>& outcomes,
                              const std::vector<std::int64_t>& finished, Timestamp at);

}  // namespace smscrm
