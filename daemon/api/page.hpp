// Pages of lists: {"data": […], "next_cursor": "…" | null}. A cursor is opaque to its holder: it says behind
// which row the next page begins, and holds however the list changes.
#pragma once

#include "core/db/listing.hpp"
#include "daemon/api/route.hpp"

namespace smscrm {

// "limit" and "cursor", and these.
ApiFields page_fields(ApiFields more = {});

std::int64_t page_limit(const ApiCall& call);

std::string encode_cursor(const std::string& position);
// What the cursor of the request says; nullopt: the first page. Throws Problem 400 for one that is none.
std::optional<std::string> cursor_of(const ApiCall& call);
std::optional<std::int64_t> id_cursor_of(const ApiCall& call);

// Of a listing that begins where the cursor says. `position` is what the cursor is told of a row.
template <class T, class ToRow, class Position>
ApiAnswer answer_page(ApiCall& call, const Listing<T>& listing, ToRow&& to_row, Position&& position) {
  const auto limit = page_limit(call);
  auto rows = collect(call.tx, listing, limit + 1);
  Json data = Json::array();
  const bool more = static_cast<std::int64_t>(rows.size()) > limit;
  if (more) rows.resize(static_cast<std::size_t>(limit));
  for (const auto& row : rows) data.push_back(to_row(row));
  return {{{"data", std::move(data)},
           {"next_cursor", more ? Json(encode_cursor(position(rows.back()))) : Json()}}};
}

// Of rows that are in memory, in the order of their `position`s, which are distinct.
template <class T, class ToRow, class Position>
ApiAnswer answer_page(ApiCall& call, const std::vector<T>& rows, ToRow&& to_row, Position&& position) {
  const auto limit = page_limit(call);
  const auto cursor = cursor_of(call);
  Json data = Json::array();
  std::string last;
  bool begun = !cursor, more = false;
  for (const auto& row : rows) {
    const auto here = position(row);
    if (!begun) {
      begun = here == *cursor;
      continue;
    }
    if (static_cast<std::int64_t>(data.size()) == limit) {
      more = true;
      break;
    }
    data.push_back(to_row(row));
    last = here;
  }
  return {{{"data", std::move(data)}, {"next_cursor", more ? Json(encode_cursor(last)) : Json()}}};
}

}  // namespace smscrm
