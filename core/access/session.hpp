// Sessions of users: 256 random bits in a cookie, their digest here. ASVS 4.0.3, 3.2.1 to 3.3.4: they end
// after 30 minutes without use and after 12 hours in all, and at once with sign-out, another password, role
// or second factor, or a disabled user, on every daemon: the user's epoch is compared each time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"

namespace smscrm {

inline constexpr std::chrono::minutes session_idle{30};
inline constexpr std::chrono::hours session_life{12};

using SessionId = Id<struct SessionTag>;

struct NewSession {
  UserId user;
  std::string address;  // of the client
  std::string agent;    // its User-Agent; cut to 300 bytes
};

// Returns the token, which is shown to nobody but the client.
std::string begin_session(Tx& tx, const NewSession& begun, Timestamp at);

struct Session {
  SessionId id;
  UserId user;
  Timestamp created_at, seen_at, fresh_at, expires_at;
  std::string address, agent;
};

// The session of the token stands in for `before`: it ends when that would have, and its password was given then.
void keep_session_age(Tx& tx, std::string_view token, const Session& before);

// Nullopt when there is none, or it has ended. Notes that it was seen, once a minute, unless it only watches:
// a page that is open and nobody looks at must not keep it alive.
std::optional<Session> find_session(Tx& tx, std::string_view token, Timestamp at, bool only_watches = false);

// The password was given again.
void refresh_session(Tx& tx, SessionId session, Timestamp at);

// Those that have not ended, the last seen first.
std::vector<Session> list_sessions(Tx& tx, UserId user, Timestamp at);

// False when the user has no such session.
bool end_session(Tx& tx, UserId user, SessionId session);
// All of the user's but one; returns how many.
int end_other_sessions(Tx& tx, UserId user, std::optional<SessionId> kept, Timestamp at);

// Takes away rows that have ended; returns how many. For the daemon, now and then.
int prune_sessions(Tx& tx, Timestamp at);

}  // namespace smscrm
