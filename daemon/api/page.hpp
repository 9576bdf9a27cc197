// Pages of lists: {"data": […], "next_cursor": "…" | null}. A cursor is opaque to its holder: it says behind
// which row the next page begins, and holds however the list changes.
#pragma once

#include <algorithm>
#include <type_traits>

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

// Of rows that are in memory. `position` is what a row is known by: a text, and the rows come in the order of
// these; or a number, the largest first. Whether the row of the cursor is still there does not matter.
template <class T, class ToRow, class Position>
ApiAnswer answer_page(ApiCall& call, std::vector<T> rows, ToRow&& to_row, Position&& position) {
  constexpr bool is_text = std::is_same_v<std::invoke_result_t<Position&, const T&>, std::string>;
  const auto limit = page_limit(call);
  const auto is_before = [&](const auto& one, const auto& other) {
    if constexpr (is_text)
      return one < other;
    else
      return one > other;
  };
  std::ranges::sort(rows, is_before, position);
  const auto is_behind_cursor = [&, text = is_text ? cursor_of(call) : std::nullopt,
                                 id = is_text ? std::nullopt : id_cursor_of(call)](const T& row) {
    if constexpr (is_text)
      return !text || is_before(*text, position(row));
    else
      return !id || is_before(*id, position(row));
  };
  Json data = Json::array();
  const T* last = nullptr;
  for (const auto& row : rows) {
    if (!is_behind_cursor(row)) continue;
    if (static_cast<std::int64_t>(data.size()) == limit)
      return {
          {{"data", std::move(data)}, {"next_cursor", encode_cursor(fmt::format("{}", position(*last)))}}};
    data.push_back(to_row(row));
    last = &row;
  }
  return {{{"data", std::move(data)}, {"next_cursor", Json()}}};
}

}  // namespace smscrm
