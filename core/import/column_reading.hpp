// How the columns of a file were understood, in words.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/import/columns.hpp"

namespace smscrm {

struct ColumnReading {
  std::string column;     // its header
  std::string field;      // as --map takes it, "attribute" or "ignored"
  std::string attribute;  // of an attribute: its name
  std::string
      consent;       // what its cells are read for as well: "", "texts", "unnamed", "opt_out", "opt_out_at"
  std::string near;  // a field that it is nearly called, and that no other column is; else empty
};

std::vector<ColumnReading> read_columns(std::span<const ImportColumn> columns);

// "Mobile -> phone, Favourite Drink -> attribute favourite_drink, Notes left out".
std::string describe(std::span<const ColumnReading> columns);

}  // namespace smscrm
