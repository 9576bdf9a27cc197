#include "core/export/cell.hpp"

#include <fmt/format.h>

namespace smscrm {
namespace {

// As guard_formula has it. Most cells begin with a letter or a digit, and are let through by that; the wide
// forms of = + - @ are from 65291 on.
std::string guarded(std::string_view text) {
  return fmt::format(
      "CASE WHEN ascii({0}) BETWEEN 65 AND 65290 THEN {0} WHEN ascii({0}) BETWEEN 48 AND 57 THEN {0}"
      "     WHEN {0} = '' THEN NULL"
      "     WHEN left(ltrim(ltrim({0}, ''''), ' '), 1)"
      "          <> ALL (ARRAY['=', '+', '-', '@', chr(9), chr(10), chr(13), '＝', '＋', '－', '＠']) THEN "
      "{0}"
      "     WHEN {0} ~ '^[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$' THEN {0}"
      "     ELSE '''' || {0} END",
      text);
}

}  // namespace

std::string time_text(std::string_view sql) {
  return fmt::format("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", sql);
}

std::string csv_cell(const ExportColumn& column, bool raw) {
  const auto text = [&](const std::string& sql) {
    return raw ? fmt::format("nullif({}, '')", sql) : guarded(sql);
  };
  switch (column.type) {
    case CellType::text:
      return text(column.sql);
    case CellType::list:
      return text(fmt::format("array_to_string({}, ';')", column.sql));
    case CellType::json:
      return text(fmt::format("({})::text", column.sql));
    case CellType::word:
      return fmt::format("nullif({}, '')", column.sql);
    case CellType::time:
      return time_text(column.sql);
    case CellType::flag:
      return fmt::format("({})::text", column.sql);
    case CellType::plain:
      break;
  }
  return column.sql;
}

std::string json_value(const ExportColumn& column) {
  return column.type == CellType::time ? time_text(column.sql) : column.sql;
}

}  // namespace smscrm
