#include "core/export/cell.hpp"

#include <fmt/format.h>

namespace smscrm {
namespace {

// As guard_formula has it. Most cells begin with a letter or a digit, and are let through by their first
// character alone; the numbers are the wide forms of = + - @.
std::string guarded(std::string_view text) {
  return fmt::format(
      "CASE WHEN ascii({0}) BETWEEN 48 AND 57"
      "       OR (ascii({0}) > 64 AND ascii({0}) <> ALL ('{{65291,65293,65309,65312}}')) THEN {0}"
      "     WHEN {0} = '' THEN NULL"
      "     WHEN left(ltrim(ltrim({0}, ''''), ' '), 1)"
      "          <> ALL (ARRAY['=', '+', '-', '@', chr(9), chr(10), chr(13), '＝', '＋', '－', '＠']) THEN "
      "{0}"
      "     WHEN {0} ~ '^[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$' THEN {0}"
      "     ELSE '''' || {0} END",
      text);
}

std::string as_text(const ExportColumn& column) {
  switch (column.type) {
    case CellType::time:
      return time_text(column.sql);
    case CellType::list:
      return fmt::format("array_to_string({}, ';')", column.sql);
    case CellType::json:
    case CellType::flag:
      return fmt::format("({})::text", column.sql);
    case CellType::text:
    case CellType::plain:
      break;
  }
  return column.sql;
}

}  // namespace

std::string time_text(std::string_view sql) {
  return fmt::format("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", sql);
}

std::string csv_cell(const ExportColumn& column, bool raw) {
  const auto text = as_text(column);
  const bool is_written =
      column.type == CellType::text || column.type == CellType::list || column.type == CellType::json;
  if (is_written && !raw) return guarded(text);
  return column.type == CellType::time ? text : fmt::format("nullif(({})::text, '')", text);
}

std::string json_value(const ExportColumn& column) {
  return column.type == CellType::time ? time_text(column.sql) : column.sql;
}

}  // namespace smscrm
