// How much of a list is shown, by one rule for all lists: JSON, NDJSON and CSV have all of it, row by row as
// the server gives them; a table, which people read, its first 50, and a line on standard error tells how
// many there are and how to go on. --limit says otherwise for either.
#pragma once

#include "cli/command.hpp"
#include "core/db/listing.hpp"

namespace smscrm {

struct Page {
  std::optional<std::int64_t> limit;  // --limit
  std::string begin;                  // of --before or --after; empty: with the first row
  std::string cursor;                 // "--before"
};

// Adds --limit, and `cursor`, after whose row the page begins: --before where the newest comes first, --after
// in other orders. `type` is what it takes, as the rows show it: "ID".
void add_page(CLI::App& verb, Page& page, const std::string& cursor, const std::string& type);

// How many rows at most; nullopt: all. Throws Error{usage}.
std::optional<std::int64_t> page_size(Context& context, const Page& page);

// The id that the cursor was given; nullopt: none was. Throws Error{usage}.
std::optional<std::int64_t> page_id(const Page& page);

// Of a page that is cut off: "50 of 2,900; --limit N, or --before 5751 for the next". `last` is what the
// cursor would be told. Kept with -q unless --limit was given.
void tell_of_more(Context& context, const Page& page, std::int64_t shown, const RowCount& all,
                  const std::string& last);

// Rows that are in memory: all there are. `key` names what the cursor is told of a row. Throws
// Error{not_found} when no row is the one that the cursor names.
void print_page(Context& context, const std::vector<Column>& columns, const Page& page,
                const std::vector<Json>& rows, const std::string& key, std::string_view empty);

// What only reads, and prints what it reads as it comes: it is not run again after a lost race.
template <class Work>
void read_once(Context& context, Work&& work) {
  auto& connection = context.connection();
  try {
    Transaction tx{connection};
    context.act(tx);
    work(tx);
    tx.commit();
    connection.note_service();
  } catch (...) {
    constexpr int last_attempt = 5;
    rethrow_unless_retryable(connection, last_attempt);
    throw;
  }
}

// Rows from the server. `make(tx)` is their Listing, which begins where the cursor says; `to_row` makes JSON
// of one, in which `key` is what the cursor is told of it.
template <class Make, class ToRow>
void print_listing(Context& context, const std::vector<Column>& columns, const Page& page, Make&& make,
                   ToRow&& to_row, const std::string& key, std::string_view empty) {
  const auto most = page_size(context, page);
  read_once(context, [&](Tx& tx) {
    const auto listing = make(tx);
    ListPrinter printer{context.out(), columns};
    std::int64_t shown = 0;
    bool more = false;
    std::string last;
    // One more than is shown: it tells that there are more.
    stream(tx, listing, most ? std::optional{*most + 1} : std::nullopt, [&](const auto& one) {
      if (most && shown == *most) {
        more = true;
        return;
      }
      const Json row = to_row(one);
      printer.add(row);
      if (++shown == most) last = bare_text(row.value(key, Json{}));
    });
    printer.finish(empty);
    if (more) tell_of_more(context, page, shown, count(tx, make(tx)), last);
  });
}

}  // namespace smscrm
