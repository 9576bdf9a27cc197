// The cells of an export, as SQL makes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

enum class CellType {
  text,   // that people wrote: guarded against formulas in CSV (core/import/formula.hpp)
  word,   // text of ours, such as a status: never guarded
  plain,  // numbers, E.164 and whatever is never empty, likewise
  time,   // timestamptz: RFC 3339 in UTC
  list,   // text[]: in CSV with ; between, as an import reads them
  json,   // json: in CSV its text
  flag,   // boolean: true or false
};

struct ExportColumn {
  enum class In { all, csv, json };

  std::string name;
  CellType type;
  std::string sql;  // of the row `r`
  In in = In::all;
};

// Of an expression that is cheap to repeat. What is empty is NULL, which COPY writes as nothing.
std::string csv_cell(const ExportColumn& column, bool raw);
std::string json_value(const ExportColumn& column);

// A timestamptz as RFC 3339, in a session whose zone is UTC.
std::string time_text(std::string_view sql);

}  // namespace smscrm
