// Where an export ended, so that the next one begins there and leaves nothing out.
//
// Ids will not do: they are given out before the commit, and from stocks that each session keeps, so that a
// row with a lower id may come long after one with a higher id was exported. PostgreSQL keeps with each row
// the transaction that wrote this version of it. A cursor is the oldest transaction that was still running
// when the export looked (pg_snapshot_xmin): whatever it did not see was written by that one or a later one.
// The next export brings all of these again, what was seen of them too: at least once, to be told apart by
// id. Rows that changed come again likewise. That a row was deleted does not show.
//
// The audit has positions without gaps, given after the commit: there a cursor is the last position.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/db/db.hpp"

namespace smscrm {

enum class ExportKind { contacts, messages, clicks, inbox, consent, audit };

std::string_view to_string(ExportKind kind);

struct ExportCursor {
  ExportKind kind = ExportKind::contacts;
  std::int64_t tenant = 0;    // 0: the installation
  std::int64_t server = 0;    // the cluster's identifier, and its timeline: restored, copied or promoted, it
  std::int64_t timeline = 0;  // is another history, in which transactions have other numbers
  std::int64_t place = 0;     // transaction (64 bits, as they do not wrap), or position
};

// "messages.1.7577577757757775757.1.48213".
std::string format_cursor(const ExportCursor& cursor);
// Throws Error{usage}.
ExportCursor parse_export_cursor(std::string_view text);

// Of the transaction's snapshot, which has to be one for all of it; `position` of the audit.
ExportCursor make_cursor(Tx& tx, ExportKind kind, std::int64_t tenant, std::int64_t position = 0);

// Throws Error{usage} when the cursor is of something else, Error{conflict} when it is of another history.
void check_cursor(Tx& tx, const ExportCursor& cursor, ExportKind kind, std::int64_t tenant);

// A condition in SQL on the alias of a table: that this version of the row was written since. "true" where
// the transaction is so long ago that versions cannot be compared with it.
std::string written_since(Tx& tx, const ExportCursor& cursor, std::string_view alias);

}  // namespace smscrm
