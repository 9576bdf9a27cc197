// How much waits to be sent and to be found out, over all tenants: what a watcher of the whole installation
// wants to know every half minute, whatever has piled up. As the worker.
#pragma once

#include <chrono>

#include "core/db/db.hpp"

namespace smscrm {

// What may leave now. Nothing of lanes that are paused, or where something waits for room in a daily cap;
// nothing that waits for its hour.
struct DueLoad {
  std::int64_t messages = 0;  // of what waits one by one, 10,000 at most of each campaign
  // For how long the worst lane has had messages due and claimed none of them; where its owner noted a
  // trouble (core/lane/trouble.hpp), since that. A lane that is slow but works has waited for no longer than
  // since its last claim, however much it has to send.
  std::chrono::seconds oldest{0};
};
DueLoad count_due(Tx& tx, Timestamp at);

// Messages of which nobody knows whether they left: 10,000 at most of each tenant and kind.
struct UnknownLoad {
  std::int64_t asked = 0;          // the provider is asked for them
  std::int64_t held = 0;           // that wait for somebody's word (core/sending/message_resolve.hpp)
  std::chrono::seconds oldest{0};  // since the claim of the oldest that is asked for
};
UnknownLoad count_unknown(Tx& tx, Timestamp at);

}  // namespace smscrm
