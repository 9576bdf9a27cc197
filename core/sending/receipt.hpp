// Receipts: what the provider says became of a message, by webhook or when asked (reconcile).
// They come late, twice, shuffled, before the reply to our request, or never; any order ends in the same
// state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/form.hpp"
#include "core/db/db.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/provider/provider.hpp"

namespace smscrm {

struct Receipt {
  MessageId message;
  std::string provider_sid;
  MessageStatus status;
  std::optional<int> error_code;
  std::string detail;          // the provider's words; empty mostly
  Form form;                   // as it came: kept when there is no such message
  bool opted_out = false;      // the error code means that the number opted out of the sender at the provider
  bool misconfigured = false;  // it means that nothing arrives until the operator acts
  // What it was billed as, where the provider said so; webhooks never do.
  std::optional<int> parts = {};
  std::optional<std::string> price = {};   // positive decimal
  std::string currency = {};               // with the price
  std::optional<ReceiptRetry> retry = {};  // the error code allows for another attempt
  // The address that it was sent to, as the provider writes it; nullopt: provider_sid was asked for, and was
  // found.
  std::optional<std::string> to = {};
};

// What the provider lists of a message of ours.
Receipt receipt_of(MessageId message, const ListedMessage& listed);

enum class ReceiptSource { receipt, reconcile };

struct ReceiptSummary {
  int raised = 0;    // moved a message to a higher rank
  int repeated = 0;  // changed nothing
  int stray = 0;     // no such message (yet), or to another number: kept in receipt_stray
  int priced = 0;    // learned their price
  int retried = 0;   // sent a message back to be tried again
  int foreign = 0;   // a second provider message for one of ours: recorded, and never may happen
};

// Whether an address as the provider writes it, "rcs:+14155550123" say, is that number.
bool is_number_of(std::string_view address, std::string_view msisdn);

// Applies a batch of one tenant: a fixed number of statements, messages locked in one order. The status only
// rises in rank, events are appended once per provider message and status, counters follow, and a message
// that waited to be resolved or sent again no longer does. A price that was not known, and parts that the
// provider counts otherwise, are taken over whatever the rank. An error of the account or a sender pauses the
// lane, as where the provider says so at once (core/sending/record.hpp): the rest of an audience is spared.
//
// An attempt that ended undelivered or failed for a reason that may pass goes to message_attempt, and its
// message back to waiting, due when the code says: as often as the tenant and the code allow, not when its
// campaign was canceled or expires before, and never a test. A finished campaign runs again for it. Receipts
// of such an earlier attempt that still come change nothing but one: delivered after all, while the next has
// not begun.
ReceiptSummary record_receipts(Tx& tx, TenantId tenant, CounterSlot slot,
                               const std::vector<Receipt>& receipts, ReceiptSource source, Timestamp at);

}  // namespace smscrm
