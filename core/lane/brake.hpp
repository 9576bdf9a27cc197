// The brake: somebody stops all that a tenant sends, at once. Claims end with the next batch; texts that come
// in are still heard. It is a pause of the lane like that of an error, and ends as that does
// (core/lane/lane.hpp).
#pragma once

#include <string>

#include "core/lane/lane.hpp"

namespace smscrm {

// False when the lane was paused before: then nothing changes. `by`: who does it. Throws Error{invalid} for a
// reason that is too long.
bool pull_brake(Tx& tx, TenantId tenant, const std::string& by, const std::string& reason, Timestamp at);

// Who pulled it; empty: nobody did.
std::string find_brake(Tx& tx, TenantId tenant);

// "sending is paused since T by anna@host: REASON (error 30034)".
std::string describe(const LanePause& pause, const std::string& by);

}  // namespace smscrm
