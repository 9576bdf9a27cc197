// What became of a transaction whose commit is in doubt (InDoubt).
#pragma once

#include <string>

#include "core/db/db.hpp"

namespace smscrm {

// Of this transaction, for another one to ask about later.
std::string transaction_id(Tx& tx);

// Whether the transaction of that id has yet to end, as one of a lost connection may for a while. One that
// the server does not know, after a crash or because it ended long ago, has ended.
bool is_running(Tx& tx, const std::string& transaction);

}  // namespace smscrm
