// What a vendor of SMS must answer for us. A vendor is one file (twilio.cpp); network calls are made by the
// caller, so that thousands may be under way at once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "core/ledger/message_status.hpp"
#include "core/net/curl.hpp"

namespace smscrm {

// How to call the vendor for one account.
struct ProviderAccess {
  std::string api_url;  // "https://api.twilio.com", without a slash at its end
  std::string account_sid;
  std::string user, password;  // an API key and its secret, or the account and its token
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{15'000};
};

struct SendRequest {
  std::string to;               // E.164
  std::string from;             // number, short code or alphanumeric; empty: the service chooses
  std::string service;          // messaging service; empty: none
  std::string body;             // UTF-8
  std::string status_callback;  // empty: none
  std::optional<std::chrono::seconds> validity;  // how long the vendor may hold it in its queue
};

// What to do about an error of the vendor.
enum class ErrorClass {
  permanent,      // of this recipient or content: never again
  opt_out,        // the vendor knows that this number opted out: suppress it
  configuration,  // nothing will succeed until the operator acts: stop the lane
  retryable,      // it was not accepted; later it may be
  ambiguous,      // it may have been accepted
};

// What speaks of the way to the vendor, or of the vendor, and not of the message: nothing may come of any
// message for a while.
enum class Trouble {
  none,
  out_of_reach,    // no connection: a name that does not resolve, a refusal, a certificate; nothing has left
  failing,         // no answer, a broken one, or a 5xx
  not_the_vendor,  // something else answered: a proxy, a portal, a wrong URL
  busy,            // too many requests at once, or more than it wants for now
};

struct SendOutcome {
  enum class Kind { accepted, retry_later, rejected, ambiguous } kind = Kind::ambiguous;
  std::string provider_id;                               // the vendor's id; set when accepted
  MessageStatus status = MessageStatus::queued;          // when accepted
  std::optional<int> parts;                              // as the vendor counts; nullopt: not said yet
  std::optional<std::string> price;                      // positive decimal; nullopt: not said yet
  std::string currency;                                  // with the price
  std::optional<int> error_code;                         // the vendor's
  ErrorClass error_class = ErrorClass::ambiguous;        // unless accepted
  std::string reason;                                    // the vendor's own words, or curl's
  std::optional<std::chrono::milliseconds> retry_after;  // of retry_later, when the vendor or the code says
  Trouble trouble = Trouble::none;
};

// What a receipt's error code says of another attempt: when, and how many there should be at most.
struct ReceiptRetry {
  std::chrono::seconds after;
  int times;
  // It waited in the vendor's queue until the limit in time that we gave was over, and reached nobody: it is
  // tried again whatever the tenant says of undelivered messages.
  bool never_left = false;
};

// A message as the vendor lists it.
struct ListedMessage {
  std::string provider_id;
  std::string to, from, service, body;
  MessageStatus status = MessageStatus::queued;
  bool outbound = true;  // sent because we asked; false: from a phone, or the provider's own answer to a STOP
  std::optional<int> error_code;
  std::optional<ErrorClass> error_class;  // of the error code
  std::optional<ReceiptRetry> retry;      // of it, too
  std::string error;
  std::optional<int> parts;
  std::optional<std::string> price;
  std::string currency;
  Timestamp created_at;
};

struct ListedPage {
  bool ok = false;                      // false: the vendor did not answer the question
  std::string reason;                   // why not
  std::vector<ListedMessage> messages;  // newest first
  std::string next;                     // to be given to list_call; empty: that was all
};

// Whether the vendor takes the credentials.
struct CheckAnswer {
  enum class Kind {
    good,
    refused,     // the vendor says no
    unanswered,  // nobody knows: no answer, somebody else's, or "later"
  } kind = Kind::unanswered;
  int error_code = 0;  // the vendor's; 0: none
  std::string reason;  // for people; empty when good
};

// What came of asking the vendor to delete a message.
struct DeleteAnswer {
  enum class Kind {
    gone,     // it keeps nothing of it, or never had it
    later,    // not yet: the message is under way, too many requests, no answer
    refused,  // the vendor says no
  } kind = Kind::later;
  std::string reason;  // for people; empty when gone
};

// A verdict needs a witness: only an answer that is the vendor's own, by its form, ends a message. An HTTP
// status alone is anybody's. Every function is pure and safe from any thread.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual HttpCall send_call(const ProviderAccess& access, const SendRequest& request) const = 0;
  virtual SendOutcome parse_send(const HttpResult& result) const = 0;
  // What was sent to a number, newest first. `next` empty: the first page.
  virtual HttpCall list_call(const ProviderAccess& access, std::string_view to,
                             const std::string& next) const = 0;
  virtual ListedPage parse_list(const HttpResult& result) const = 0;
  // All that the account has, newest first, whatever its state, to be read by parse_list.
  virtual HttpCall list_all_call(const ProviderAccess& access, const std::string& next) const = 0;
  // What the account sent in a window of time, both ends included, to be read by parse_list. What waits at
  // the vendor, or never left it, was not sent.
  virtual HttpCall list_sent_call(const ProviderAccess& access, Timestamp from, Timestamp until,
                                  const std::string& next) const = 0;
  // One message by its id. The page has it, or is empty when the vendor knows no such message.
  virtual HttpCall fetch_call(const ProviderAccess& access, const std::string& provider_id) const = 0;
  virtual ListedPage parse_fetch(const HttpResult& result) const = 0;
  // Has one message deleted: its text and its numbers.
  virtual HttpCall delete_call(const ProviderAccess& access, const std::string& provider_id) const = 0;
  virtual DeleteAnswer parse_delete(const HttpResult& result) const = 0;
  // Asks whether the credentials are good.
  virtual HttpCall check_call(const ProviderAccess& access) const = 0;
  virtual CheckAnswer parse_check(const HttpResult& result) const = 0;
  // Of an error code in a receipt.
  virtual ErrorClass classify_receipt(int error_code) const = 0;
  // nullopt: the message is not to be tried again.
  virtual std::optional<ReceiptRetry> retry_of_receipt(int error_code) const = 0;
};

// Throws Error{internal} when there is no such provider; `account.provider` names one.
const Provider& get_provider(std::string_view name);

}  // namespace smscrm
