#include "cli/import_notes.hpp"

#include <algorithm>
#include <functional>

#include "core/base/text.hpp"
#include "core/import/import_json.hpp"

namespace smscrm {
namespace {

std::string say_reasons(const std::map<std::string, std::int64_t>& reasons) {
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [reason, rows] : reasons) order.emplace_back(rows, reason);
  std::ranges::sort(order, std::greater{});
  std::vector<std::string> words;
  for (const auto& [rows, reason] : order) words.push_back(fmt::format("{} {}", reason, rows));
  return join(words, ", ");
}

}  // namespace

void add_column_notes(Output& out, const Import& import) {
  if (!import.columns.empty()) out.note("columns: " + describe(import.columns));
  for (const auto& column : import.columns)
    if (!column.near.empty())
      out.warn(
          fmt::format("column \"{}\" was taken for an attribute; if it is the {}, say so with --map '{}={}'",
                      column.column, column.near, column.column, column.near));
}

Json to_record(const Import& import, const Output& out) {
  auto json = to_json(import);
  if (out.format() != Format::table) return json;
  const auto& format = import.format;
  std::vector<std::string> file;
  if (!format.format.empty()) {
    file = {format.format, format.encoding};
    if (!format.delimiter.empty() && format.delimiter != ",")
      file.push_back(format.delimiter == "\t" ? "tabs between" : fmt::format("{} between", format.delimiter));
    if (format.compression != "none") file.push_back(format.compression);
  }
  Json record = Json::object();
  for (const auto& [key, value] : json.items()) {
    if (key == "encoding") record["file"] = join(file, ", ");
    if (key == "encoding" || key == "encoding_guessed_from" || key == "compression" || key == "format" ||
        key == "delimiter" || key == "columns" || (key == "dry_run" && import.id))
      continue;
    const bool is_count = value.is_number_integer() && key != "import" && key != "rows" && key != "created";
    if (!is_count || value != 0) record[key] = value;
  }
  return record;
}

void add_import_notes(Output& out, const ImportRun& run) {
  const auto& import = run.import;
  const auto& counts = import.counts;
  if (run.replayed)
    out.note(fmt::format("replayed: the key {} is that of import {}, which is {}", import.key,
                         import.id->value, import.status));
  add_column_notes(out, import);
  if (counts.rows == 0 && import.status == "done")
    out.warn(fmt::format("{} has no rows: nobody was imported",
                         import.source == "-" ? "standard input" : import.source));
  if (counts.rejected > 0)
    out.warn(fmt::format("{} of {} rows were rejected ({}); they are in {}", counts.rejected, counts.rows,
                         say_reasons(counts.reasons),
                         import.rejects_file.empty() && import.id
                             ? fmt::format("\"smscrm import rejects {}\"", import.id->value)
                             : import.rejects_file));
  if (counts.rejected > max_kept_rejects && import.id)
    out.note(fmt::format("\"smscrm import rejects {}\" has the first {} of them", import.id->value,
                         max_kept_rejects));
  if (!import.format.guessed_from.empty())
    out.warn(fmt::format(
        "the file was taken for {}, a guess by which it reads \"{}\"; if that is wrong, say what it is,"
        " as with --encoding windows-1251",
        import.format.encoding, import.format.guessed_from));
  if (counts.reasons.contains("not_utf8"))
    out.note(
        fmt::format("the file is not all {}; say what it is, as with --encoding cp1252, and import it again",
                    import.format.encoding == "utf-8" ? "UTF-8" : import.format.encoding));
  if (counts.opt_outs > 0)
    out.note(fmt::format("{} rows say no to texts; their numbers are opted out, rejected rows or not",
                         counts.opt_outs));
  if (counts.reasons.contains("phone_digits_lost"))
    out.note(
        "a spreadsheet has dropped digits of numbers; format their column as text there, and export it "
        "again");
  for (const auto& [warning, says] :
       {std::pair{"country_unknown", "countries are none that we know; their numbers did without"},
        std::pair{"timezone_unknown", "time zones are none that we know, and left out"},
        std::pair{"email_invalid", "addresses are none of email, and left out"},
        std::pair{"tag_invalid", "rows have a tag that cannot be one, left out"}})
    if (const auto count = counts.warnings.find(warning); count != counts.warnings.end())
      out.note(fmt::format("{} {}", count->second, says));
  if (counts.reasons.contains("consent_unclear"))
    out.note(
        "a column of consent is neither yes nor no there; mend it, or say what it is with --map "
        "'COLUMN=consent',"
        " --map 'COLUMN=opt_out', --map 'COLUMN=ATTRIBUTE' or --ignore");
  if (const auto odd = counts.warnings.find("phone_unassigned"); odd != counts.warnings.end())
    out.note(
        fmt::format("{} numbers are possible, but in no numbering plan; --strict rejects such", odd->second));
  if (counts.opted_out_kept > 0)
    out.note(
        fmt::format("{} rows offered consent for numbers that are opted out or on the do-not-contact list, "
                    "and stay so",
                    counts.opted_out_kept));
  if (counts.no_consent > 0)
    out.note(fmt::format(
        "{} contacts have no recorded consent and will not be texted; if they agreed, import the file again"
        " with --consent-source 'where and how'",
        counts.no_consent));
  if (!import.id) {
    out.note("dry run: nothing was changed");
  } else if (!run.replayed && counts.created + counts.updated > 0) {
    out.note(fmt::format("take it back with \"smscrm import undo {}\"", import.id->value));
  }
}

void tell_interrupted(Output& out, const std::optional<Import>& import) {
  if (!import) return out.warn("interrupted; nothing was changed");
  const auto id = import->id->value;
  const auto rows = import->counts.rows;
  if (out.format() != Format::table) {
    auto broken = *import;
    broken.status = "interrupted";
    out.print_record(to_json(broken));
    out.flush();
  }
  out.warn(rows == 0
               ? fmt::format("import {} is interrupted before its first row; nothing was changed", id)
               : fmt::format("import {0} is interrupted after {1} rows; go on with \"smscrm import resume "
                             "{0}{2}\", take it back with \"smscrm import undo {0}\"",
                             id, rows, import->source == "-" ? " FILE" : ""));
}

}  // namespace smscrm
