// Why one message of a campaign waits, and by whose clocks that is reckoned.
#pragma once

#include <string>
#include <vector>

#include "core/gate/verdict.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/message.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct Clocks {
  std::string zone;         // IANA
  bool of_contact = false;  // else the tenant's, as the contact has none or is gone
};
Clocks find_clocks(Tx& tx, const Tenant& tenant, std::optional<ContactId> contact);

// "Mon 2026-05-04 22:14 in America/New_York"; in UTC where this machine does not know the zone.
std::string format_local(Timestamp at, const Clocks& clocks);

// What has to end before this message leaves, of the whole campaign first; empty: it waits for its turn.
// `gate` is what the gate says of it now, `message` nullptr before the launch.
std::vector<Hold> list_waits(Tx& tx, const Tenant& tenant, const Campaign& campaign, const Message* message,
                             const Verdict& gate, const Clocks& clocks, Timestamp at);

}  // namespace smscrm
