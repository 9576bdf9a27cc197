// Reading the rows of all tenants in one loop. Nobody's row ends it: what cannot be read, a year beyond the
// calendar say, is left out and logged, and the others are served.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "core/db/db.hpp"

namespace smscrm {

// How many rows were left out, and why the first was; for those who tell an operator.
struct LeftOut {
  int rows = 0;
  std::string error;  // of the first; empty when there is none

  void add(const LeftOut& other) {
    rows += other.rows;
    if (error.empty()) error = other.error;
  }
};

// Logs that a row of the tenant cannot be read. Once a minute for each tenant and noun: the loop may come
// again in a second.
void log_left_out(std::string_view noun, std::string_view tenant, std::string_view error);

// Calls `read` with each of the rows, which have a column tenant_id. What it throws concerns that row alone,
// so whatever it does with the row comes last in it; statements of its own stand in a savepoint. `noun` names
// one: "link". Throws what ends the transaction: a lost connection, a lost race.
template <class Read>
LeftOut read_each_row(const Result& rows, std::string_view noun, Read&& read) {
  LeftOut left_out;
  for (const auto& row : rows) {
    try {
      read(row);
    } catch (const pqxx::transaction_rollback&) {
      throw;
    } catch (const pqxx::broken_connection&) {
      throw;
    } catch (const std::exception& error) {
      const std::string tenant = row["tenant_id"].c_str();
      log_left_out(noun, tenant, error.what());
      left_out.add({1, std::string{noun} + " of tenant " + tenant + ": " + error.what()});
    }
  }
  return left_out;
}

// Runs `work`, and undoes what it did in the transaction, and nothing else, when it throws.
template <class Work>
void in_savepoint(Tx& tx, Work&& work) {
  exec(tx, "SAVEPOINT one_row");
  try {
    work();
  } catch (const pqxx::broken_connection&) {
    throw;
  } catch (...) {
    exec(tx, "ROLLBACK TO SAVEPOINT one_row");
    throw;
  }
  exec(tx, "RELEASE SAVEPOINT one_row");
}

// An expression for a time that is the column's, or the nearest that a Timestamp can be, or NULL as it is:
// for aggregates over rows of all tenants, where none can be left out by itself.
std::string within_calendar(const std::string& column);

}  // namespace smscrm
