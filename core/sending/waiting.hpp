// Why one message of a campaign waits, and by whose clocks that is reckoned.
#pragma once

#include <string>
#include <vector>

#include "core/gate/verdict.hpp"
#include "core/hours/answer.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/message.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct Clocks {
  // The contact's own; else the one of the number's area; else the tenant's.
  enum class Of { contact, number, tenant };
  std::string zone;  // IANA
  Of of = Of::tenant;
};
std::string_view to_string(Clocks::Of of);
Clocks find_clocks(Tx& tx, const Tenant& tenant, std::optional<ContactId> contact, std::string_view msisdn);

// What held a message last for its hours: rules, zones and the data's version, as JSON; empty: nothing did.
std::string find_held_by(Tx& tx, TenantId tenant, MessageId message);

// "Mon 2026-05-04 22:14 in America/New_York"; in UTC where this machine does not know the zone.
std::string format_local(Timestamp at, const Clocks& clocks);

// What has to end before this message leaves, of the whole campaign first; empty: it waits for its turn.
// `gate` is what the gate says of it now, `hours` of hours, `message` nullptr before the launch.
std::vector<Hold> list_waits(Tx& tx, const Tenant& tenant, const Campaign& campaign, const Message* message,
                             const Verdict& gate, const std::optional<HoursAnswer>& hours,
                             const Clocks& clocks, Timestamp at);

}  // namespace smscrm
