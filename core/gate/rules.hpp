// The rules of the gate in their order: the first that does not let a message pass decides. Those that skip
// come before those that hold, so that nobody waits for what can never leave.
#pragma once

#include "core/gate/rule.hpp"

// clang-format off
#define SMSCRM_GATE_RULES(rule)                                        \
  rule(dnc)           /* numbers never to text */                      \
  rule(opted_out)     /* who said no to all of the tenant's */         \
  rule(opt_out_scope) /* who said no to every sender there is */       \
  rule(deleted)       /* who is gone since it was written */           \
  rule(renumbered)    /* whose number is another one since */          \
  rule(no_consent)    /* whose yes is not recorded */                  \
  rule(expiry)        /* what came too late */                         \
  rule(review)        /* who may have said no */                       \
  rule(unknown_zone)  /* where nobody knows whether it is night */     \
  rule(quiet_hours)   /* when people are asleep */                     \
  rule(daily_cap)     /* what senders and tenants have agreed on */    \
  rule(frequency_cap) /* who has had enough for a while */
// clang-format on

namespace smscrm::rule {

#define SMSCRM_DECLARE_RULE(name) Rule name();
SMSCRM_GATE_RULES(SMSCRM_DECLARE_RULE)
#undef SMSCRM_DECLARE_RULE

}  // namespace smscrm::rule

namespace smscrm {

// A reason that whoever asks acts upon: others may have the room that this message has not.
inline constexpr std::string_view daily_cap_reason = "daily_cap";
inline constexpr std::string_view frequency_cap_reason = "frequency_cap";
// Those that are told with the rules and zones that they are for.
inline constexpr std::string_view quiet_hours_reason = "quiet_hours", no_hours_reason = "no_hours";

}  // namespace smscrm
