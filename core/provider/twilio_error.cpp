#include "core/provider/twilio_error.hpp"

#include <algorithm>
#include <array>

namespace smscrm {
namespace {

using namespace std::chrono_literals;

struct KnownError {
  int first, last;  // a range of codes
  ErrorClass error_class;
};

// Sorted by code. The classes are ours; what the codes mean is at twilio.com/docs/api/errors/CODE.
constexpr std::array known_errors{
    KnownError{20001, 20001, ErrorClass::permanent},      // a parameter of this request
    KnownError{20003, 20003, ErrorClass::configuration},  // wrong credentials, or a suspended account
    KnownError{20005, 20006, ErrorClass::configuration},  // account inactive, no right
    KnownError{20008, 20008, ErrorClass::configuration},  // test credentials on another resource
    KnownError{20010, 20010, ErrorClass::configuration},
    KnownError{20403, 20404, ErrorClass::configuration},
    KnownError{20422, 20422, ErrorClass::permanent},  // a parameter of this request
    KnownError{20429, 20429, ErrorClass::retryable},  // too many requests at once: not processed
    KnownError{20500, 20503, ErrorClass::ambiguous},
    KnownError{21211, 21211, ErrorClass::permanent},      // To is not a number
    KnownError{21212, 21212, ErrorClass::configuration},  // From is malformed or not allowed
    KnownError{21408, 21408, ErrorClass::configuration},  // country not enabled in Geo Permissions
    KnownError{21602, 21606, ErrorClass::configuration},
    KnownError{21608, 21609, ErrorClass::configuration},  // trial account; bad StatusCallback
    KnownError{21610, 21610, ErrorClass::opt_out},
    KnownError{21611, 21611, ErrorClass::retryable},  // this sender's queue is full
    KnownError{21612, 21612, ErrorClass::permanent},  // not reachable by SMS
    KnownError{21614, 21614, ErrorClass::permanent},  // not a mobile number
    KnownError{21616, 21616, ErrorClass::configuration},
    KnownError{21617, 21618, ErrorClass::permanent},  // too long; filtered on all routes
    KnownError{21619, 21619, ErrorClass::configuration},
    KnownError{21620, 21620, ErrorClass::permanent},
    KnownError{21621, 21621, ErrorClass::configuration},
    KnownError{21623, 21623, ErrorClass::permanent},
    KnownError{21624, 21624, ErrorClass::configuration},
    KnownError{21654, 21658, ErrorClass::configuration},
    KnownError{21703, 21705, ErrorClass::configuration},  // the service has no fitting sender
    KnownError{30001, 30001, ErrorClass::retryable},      // queue overflow
    KnownError{30002, 30002, ErrorClass::configuration},  // account suspended
    KnownError{30003, 30003, ErrorClass::retryable},      // handset off or out of coverage
    KnownError{30004, 30007, ErrorClass::permanent},
    KnownError{30008, 30008, ErrorClass::retryable},  // unknown
    KnownError{30010, 30011, ErrorClass::permanent},
    KnownError{30017, 30017, ErrorClass::retryable},  // carrier congestion
    KnownError{30018, 30018, ErrorClass::configuration},
    KnownError{30019, 30019, ErrorClass::permanent},
    KnownError{30022, 30023, ErrorClass::retryable},  // 10DLC rate or daily cap
    KnownError{30024, 30024, ErrorClass::configuration},
    KnownError{30027, 30027, ErrorClass::retryable},      // T-Mobile daily cap
    KnownError{30032, 30035, ErrorClass::configuration},  // toll-free or 10DLC registration
    KnownError{30036, 30036, ErrorClass::retryable},      // validity period ran out
    KnownError{30410, 30410, ErrorClass::ambiguous},      // provider timed out
    KnownError{30450, 30450, ErrorClass::retryable},      // SMS-pumping block, lifts in half an hour
    KnownError{30500, 30500, ErrorClass::retryable},
    KnownError{30610, 30610, ErrorClass::permanent},      // Compliance Toolkit: quiet hours
    KnownError{30640, 30640, ErrorClass::permanent},      // known litigator
    KnownError{35111, 35126, ErrorClass::configuration},  // scheduling
};

struct KnownRetry {
  int code;
  ReceiptRetry retry;
};

// Of retryable receipts; the hours and counts are ours, after what Twilio says at
// twilio.com/docs/api/errors/CODE.
constexpr std::array known_retries{
    KnownRetry{30001, {1h, 3}},   // queue overflow
    KnownRetry{30003, {4h, 3}},   // handset off or out of coverage: few, hours apart
    KnownRetry{30008, {4h, 2}},   // unknown: a retry or two
    KnownRetry{30017, {1h, 3}},   // carrier congestion
    KnownRetry{30022, {1h, 3}},   // 10DLC rate
    KnownRetry{30023, {12h, 2}},  // daily caps, which end at midnight in California: the second is past it
    KnownRetry{30036, {0s, 1, true}},  // its validity ran out: when it may leave again, once
    KnownRetry{30027, {12h, 2}},      KnownRetry{30450, {1h, 2}},  // a block that lifts in half an hour
    KnownRetry{30500, {1h, 1}},                                    // Twilio's own error: once
};

}  // namespace

std::optional<ReceiptRetry> find_twilio_retry(int error_code) {
  for (const auto& known : known_retries)
    if (known.code == error_code) return known.retry;
  return std::nullopt;
}

ErrorClass classify_twilio_error(int code, int http_status) {
  const auto known = std::find_if(known_errors.begin(), known_errors.end(),
                                  [&](const KnownError& k) { return k.first <= code && code <= k.last; });
  if (known != known_errors.end()) return known->error_class;
  if (http_status == 429) return ErrorClass::retryable;
  if (http_status >= 500) return ErrorClass::ambiguous;
  if (http_status == 401 || http_status == 403) return ErrorClass::configuration;
  if (http_status != 0 && code < 21'000) return ErrorClass::configuration;
  return ErrorClass::permanent;
}

}  // namespace smscrm
