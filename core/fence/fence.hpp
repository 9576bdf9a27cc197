// The fence: a database that is not the one it was sends nothing by itself. After a recovery to a moment, the
// promotion of a standby, a copy, a dump that was loaded or a disk put back, it has forgotten what was sent
// since, and who said STOP. It notices that itself, before anything is claimed: by the server's identifier
// and its timeline at every look, and by a heartbeat whose number daemons and Redis remember.
//
// While it is fenced nothing leaves for the tenants' lanes and no event is delivered; what people write, and
// what the provider tells, is taken in as ever. Somebody lifts it (core/sending/restore.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.hpp"
#include "core/db/db.hpp"

namespace smscrm {

struct Fence {
  std::string installation;            // its id, of which witnesses speak
  std::optional<Timestamp> raised_at;  // nullopt: not fenced
  std::string reason;
  std::optional<Timestamp> forgot_after;  // what happened since then may be forgotten

  bool is_raised() const { return raised_at.has_value(); }
};

// As it was noted. A move that nobody has looked at since is not in it: see watch_installation.
Fence find_fence(Tx& tx);

// Whether nothing may leave: the fence is raised, or has to be.
bool is_fenced(Tx& tx);

// Throws Error{refused} while fenced: for whatever would lead to a text.
void require_unfenced(Tx& tx);

// One heartbeat; its number, for whoever remembers it outside of the database. `witness`: the highest number
// that was ever heard of, 0: none. Raises the fence when the database is not the one it was, once and for
// good, and lets the numbers of messages, links and all others jump. For the worker (core/db/roles.hpp).
std::int64_t watch_installation(Tx& tx, std::int64_t witness);

// Raises it by hand. Nothing jumps. Throws Error{usage} without a reason. For the worker.
void raise_fence(Tx& tx, const std::string& reason, Timestamp at);

// Lowers it. For whoever has dealt with what waits.
void lower_fence(Tx& tx);

}  // namespace smscrm
