// Whether a database can serve at all: what the manual asks for, as far as a connection shows it.
#pragma once

#include <string>

#include "core/db/db.hpp"

namespace smscrm {

// Texts of people need UTF-8. Throws Error{usage}.
void check_encoding(Connection& connection);

// That a session is one for as long as its connection lasts: its locks, its settings and its temporary
// tables. A pooler that lends out servers by the transaction gives none, and nothing says so until two of
// them meet. `connection` is one to `url`; another is opened for the time of the question. Throws
// Error{usage}.
void check_session(Connection& connection, const std::string& url);

// The words for it, for whoever learns of it otherwise.
Error no_session();

// Whether what answers there lends a server by the statement, so that there is no transaction at all. It says
// so and hangs up at once, and libpqxx notices the second first. Connects anew; false when that fails.
bool refuses_transactions(const std::string& url);

}  // namespace smscrm
