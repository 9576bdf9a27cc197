// A list as its room describes it: what is read, in which order, and how a row is read. Whoever shows it says
// how much of it, and has the rows one by one from a cursor of the server, however many there are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

template <class T>
struct Listing {
  std::string sql;    // "SELECT … FROM … WHERE m.tenant_id = $1 …", to which conditions may be added
  std::string order;  // "m.id DESC"; of no two rows alike
  std::vector<Param> params;
  T (*read)(const Row&);

  // Its place in the statement: "$3".
  std::string param(Param value) {
    params.push_back(std::move(value));
    return fmt::format("${}", params.size());
  }
};

// Calls `each` with the rows in turn. Few are in memory at a time, and all are of one state of the database,
// which is kept for as long as `each` takes.
void stream_rows(Tx& tx, const std::string& sql, const std::vector<Param>& params,
                 const std::function<void(const Row&)>& each);

// The first `limit`, or all.
template <class T, class Each>
void stream(Tx& tx, const Listing<T>& listing, std::optional<std::int64_t> limit, Each&& each) {
  auto params = listing.params;
  params.push_back(to_param(limit));
  stream_rows(tx, fmt::format("{} ORDER BY {} LIMIT ${}", listing.sql, listing.order, params.size()), params,
              [&](const Row& row) { each(listing.read(row)); });
}

template <class T>
std::vector<T> collect(Tx& tx, const Listing<T>& listing, std::optional<std::int64_t> limit) {
  std::vector<T> all;
  stream(tx, listing, limit, [&](T one) { all.push_back(std::move(one)); });
  return all;
}

// How many there are, for a line that tells of them: counted for half a second at most, and up to a bound.
struct RowCount {
  std::optional<std::int64_t> rows;  // nullopt: that took too long
  bool is_all = true;                // false: there are more
};
RowCount count_rows(Tx& tx, const std::string& sql, const std::vector<Param>& params);

template <class T>
RowCount count(Tx& tx, const Listing<T>& listing) {
  return count_rows(tx, listing.sql, listing.params);
}

}  // namespace smscrm
