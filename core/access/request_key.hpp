// Keys of requests that programs repeat (Idempotency-Key): what was answered to the first is answered to all,
// and what it did is done once. Kept in the transaction that did it, for a day.
#pragma once

#include <optional>
#include <string>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"

namespace smscrm {

struct RequestKey {
  TenantId tenant;     // whoever asks for it: a program's own key may be rotated meanwhile
  std::string name;    // the program's own
  std::string digest;  // SHA-256 of the request
};

struct KeptAnswer {
  int status = 0;
  std::string body, location;
};

// The answer that is kept under it; nullopt: it is this request's now, who gives it with keep_answer in the
// same transaction. Throws Error{conflict} while another request with it is under way, and Error{invalid}
// when it was another request's.
std::optional<KeptAnswer> take_request_key(Tx& tx, const RequestKey& key, Timestamp at);
void keep_answer(Tx& tx, const RequestKey& key, const KeptAnswer& answer);

// For the daemon, now and then.
void prune_request_keys(Tx& tx, Timestamp at);

}  // namespace smscrm
