#include "core/export/export.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/db/copy.hpp"
#include "core/db/joins.hpp"
#include "core/export/export_json.hpp"
#include "core/export/table.hpp"
#include "core/import/csv.hpp"
#include "core/import/formula.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

std::int64_t owner_of(const ExportRequest& request) { return request.tenant ? request.tenant->id.value : 0; }

ExportTable make_table(Tx& tx, const ExportRequest& request, Timestamp at) {
  switch (request.kind) {
    case ExportKind::contacts:
      return table_of_contacts(tx, request, at);
    case ExportKind::messages:
      return table_of_messages(tx, request, at);
    case ExportKind::clicks:
      return table_of_clicks(tx, request, at);
    case ExportKind::inbox:
      return table_of_inbox(tx, request, at);
    case ExportKind::consent:
      return table_of_consent(tx, request, at);
    case ExportKind::audit:
      break;
  }
  return table_of_audit(request);
}

// Those of the form, or of them those that were asked for.
std::vector<ExportColumn> chosen_columns(const ExportTable& table, const ExportRequest& request) {
  const auto other = request.form == ExportForm::csv ? ExportColumn::In::json : ExportColumn::In::csv;
  std::vector<ExportColumn> all;
  std::vector<std::string> names;
  for (const auto& column : table.columns) {
    if (column.in == other) continue;
    all.push_back(column);
    names.push_back(column.name);
  }
  if (request.columns.empty()) return all;
  std::vector<ExportColumn> chosen;
  for (const auto& name : request.columns) {
    const auto found = std::ranges::find(all, name, &ExportColumn::name);
    if (found == all.end()) {
      const auto near = nearest(name, names);
      throw Error(Errc::usage, "--columns: there is no \"{}\"{}", name,
                  near ? fmt::format("; did you mean \"{}\"?", *near) : "")
          .with_hint(fmt::format("one or several, with commas between, of: {}", join(names, ", ")));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

std::string csv_statement(const ExportTable& table, const std::vector<ExportColumn>& columns, bool raw) {
  std::string cells;
  for (const auto& column : columns) cells += (cells.empty() ? "" : ", ") + csv_cell(column, raw);
  return fmt::format("SELECT {} FROM ({} OFFSET 0) r", cells, table.rows);
}

std::string json_statement(Tx& tx, const ExportTable& table, const std::vector<ExportColumn>& columns) {
  std::string values;
  for (const auto& column : columns) {
    constexpr std::size_t longest_name = 63;  // bytes, of a column in PostgreSQL
    if (column.name.size() > longest_name)
      throw Error(Errc::usage, "--columns: the name \"{}\" is too long to be chosen", column.name);
    values +=
        fmt::format("{}{} AS {}", values.empty() ? "" : ", ", json_value(column), tx.quote_name(column.name));
  }
  const auto object = table.members.empty()
                          ? std::string{"row_to_json(t)"}
                          : fmt::format(
                                "CASE WHEN {0} = '{{}}' THEN row_to_json(t)::text"
                                " ELSE left(row_to_json(t)::text, -1) || ', ' || substr(({0})::text, 2) END",
                                table.members);
  return fmt::format("SELECT {} FROM ({} OFFSET 0) r, LATERAL (SELECT {}) t", object, table.rows, values);
}

// Rows as COPY writes them, made into a file and handed on in pieces.
class RowWriter {
 public:
  RowWriter(ExportForm form, const std::function<void(std::string_view)>& write)
      : form_(form), write_(write) {}

  void begin(const std::vector<ExportColumn>& columns, bool raw, bool bom) {
    if (form_ != ExportForm::csv) return;
    if (bom) piece_ += "\xEF\xBB\xBF";
    std::vector<std::string> header;
    for (const auto& column : columns) header.push_back(raw ? column.name : guard_formula(column.name));
    format_csv_row(piece_, header);
  }

  // `row` has a LF at its end.
  void add(std::string_view row) {
    row.remove_suffix(1);
    if (form_ == ExportForm::json) piece_ += rows_ == 0 ? "[\n" : ",\n";
    piece_ += row;
    if (form_ != ExportForm::json) piece_ += form_ == ExportForm::csv ? "\r\n" : "\n";
    ++rows_;
    if (piece_.size() >= piece_size) flush();
  }

  void end() {
    if (form_ == ExportForm::json) piece_ += rows_ == 0 ? "[]\n" : "\n]\n";
    flush();
  }

  std::int64_t rows() const { return rows_; }

 private:
  static constexpr std::size_t piece_size = 64 * 1024;

  void flush() {
    if (!piece_.empty()) write_(piece_);
    piece_.clear();
  }

  ExportForm form_;
  const std::function<void(std::string_view)>& write_;
  std::string piece_;
  std::int64_t rows_ = 0;
};

}  // namespace

void check_export(Tx& tx, const ExportRequest& request, Timestamp at) {
  request.check();
  if (request.after) check_cursor(tx, *request.after, request.kind, owner_of(request));
  if (!request.columns.empty()) chosen_columns(make_table(tx, request, at), request);
}

ExportId record_export(Tx& tx, const ExportRequest& request, Timestamp at) {
  return exec(tx, "INSERT INTO export (tenant_id, kind, what, began_at) VALUES ($1, $2, $3, $4) RETURNING id",
              owner_of(request), to_string(request.kind), dump(filter_to_json(request)), at)
      .front()[0]
      .as<ExportId>();
}

Exported run_export(Tx& tx, const ExportRequest& request, Timestamp at,
                    const std::function<void(std::string_view)>& write,
                    const std::function<void(std::int64_t rows)>& progress) {
  request.check();
  use_one_snapshot(tx);
  if (request.after) check_cursor(tx, *request.after, request.kind, owner_of(request));
  auto table = make_table(tx, request, at);
  const auto columns = chosen_columns(table, request);
  if (!request.columns.empty()) table.members.clear();

  Exported exported;
  if (!request.filter.until) {
    std::int64_t last = 0;
    if (request.kind == ExportKind::audit)
      last = exec(tx, "SELECT coalesce(max(position), 0) FROM audit_event WHERE tenant_id = $1",
                  owner_of(request))
                 .front()[0]
                 .as<std::int64_t>();
    exported.cursor = make_cursor(tx, request.kind, owner_of(request), last);
  }

  const bool is_csv = request.form == ExportForm::csv;
  const auto statement =
      is_csv ? csv_statement(table, columns, request.raw) : json_statement(tx, table, columns);
  // People and their messages, clicks and texts: both are read once. A rule is a look at all contacts.
  if (request.filter.rule || (request.filter.is_of_people() && request.kind != ExportKind::contacts) ||
      (request.filter.campaign && request.kind == ExportKind::contacts)) {
    exec(tx, "SET LOCAL work_mem = '64MB'");
    set_joins(tx, Joins::by_hash);
  }
  RowWriter rows{request.form, write};
  rows.begin(columns, request.raw, request.bom);
  constexpr std::int64_t rows_a_report = 1000;
  // JSON has neither of these two bytes.
  copy_out(tx, statement, table.params,
           is_csv ? "FORMAT csv" : "FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02'",
           [&](std::string_view row) {
             rows.add(row);
             if (rows.rows() % rows_a_report == 0) progress(rows.rows());
           });
  rows.end();
  set_joins(tx, Joins::planned);
  exported.rows = rows.rows();
  return exported;
}

void record_export_end(Tx& tx, const ExportRequest& request, ExportId id, const Exported& exported,
                       const Written& written) {
  exec(tx,
       "UPDATE export SET ended_at = clock_timestamp(), rows = $3, bytes = $4, sha256 = $5, cursor = $6"
       " WHERE tenant_id = $1 AND id = $2",
       owner_of(request), id, exported.rows, written.bytes, hex_encode(written.sha256),
       exported.cursor ? format_cursor(*exported.cursor) : "");
}

}  // namespace smscrm
