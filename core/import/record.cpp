#include "core/import/record.hpp"

#include <nlohmann/json.hpp>

#include "core/event/event.hpp"
#include "core/import/lock.hpp"
#include "core/import/options.hpp"

namespace smscrm {
namespace {

// A record whose process died says running still: nobody holds its lock.
const std::string record_columns = fmt::format(
    "id, source, CASE WHEN status = 'running' AND NOT {} THEN 'interrupted' ELSE status END AS status,"
    " coalesce(key, '') AS key, rows, created, updated, unchanged, duplicate, rejected,"
    " opt_outs, opted_out_kept, reasons, warnings, to_json(header) AS header, columns, no_consent, encoding, "
    "compression, format, "
    "delimiter, guessed_from, "
    "rejects_file, error, started_at,"
    " finished_at",
    running_lock_is_held);

using Counts = std::map<std::string, std::int64_t>;

// Kept by name, so that a version that knows more of a column can read what this one wrote.
std::string format_columns(const std::vector<ColumnReading>& columns) {
  auto json = nlohmann::json::array();
  for (const auto& column : columns)
    json.push_back({{"column", column.column},
                    {"field", column.field},
                    {"attribute", column.attribute},
                    {"consent", column.consent},
                    {"near", column.near}});
  return json.dump();
}

std::vector<ColumnReading> parse_columns(const char* text) {
  std::vector<ColumnReading> columns;
  for (const auto& json : nlohmann::json::parse(text))
    columns.push_back({.column = json.value("column", ""),
                       .field = json.value("field", ""),
                       .attribute = json.value("attribute", ""),
                       .consent = json.value("consent", ""),
                       .near = json.value("near", "")});
  return columns;
}

Import read_record(const Row& row) {
  const auto count = [&](const char* column) { return row[column].as<std::int64_t>(); };
  const auto counts = [&](const char* column) {
    return nlohmann::json::parse(row[column].c_str()).get<Counts>();
  };
  Import import;
  import.id = row["id"].as<ImportId>();
  import.source = row["source"].as<std::string>();
  import.status = row["status"].as<std::string>();
  import.key = row["key"].as<std::string>();
  import.counts = {.rows = count("rows"),
                   .created = count("created"),
                   .updated = count("updated"),
                   .unchanged = count("unchanged"),
                   .duplicate = count("duplicate"),
                   .rejected = count("rejected"),
                   .opt_outs = count("opt_outs"),
                   .opted_out_kept = count("opted_out_kept"),
                   .no_consent = count("no_consent"),
                   .reasons = counts("reasons"),
                   .warnings = counts("warnings")};
  import.header = nlohmann::json::parse(row["header"].c_str()).get<std::vector<std::string>>();
  import.columns = parse_columns(row["columns"].c_str());
  import.format = {row["encoding"].as<std::string>(), row["compression"].as<std::string>(),
                   row["format"].as<std::string>(), row["delimiter"].as<std::string>(),
                   row["guessed_from"].as<std::string>()};
  import.rejects_file = row["rejects_file"].as<std::string>();
  import.error = row["error"].as<std::string>();
  import.started_at = row["started_at"].as<Timestamp>();
  import.finished_at = as_optional<Timestamp>(row["finished_at"]);
  return import;
}

}  // namespace

void mark_interrupted_imports(Tx& tx, TenantId tenant) {
  exec(tx,
       fmt::format("UPDATE import SET status = 'interrupted', key = NULL"
                   " WHERE tenant_id = $1 AND status = 'running' AND NOT {}",
                   running_lock_is_held),
       tenant);
}

std::optional<ImportId> find_running_import(Tx& tx, TenantId tenant) {
  const auto rows =
      exec(tx,
           fmt::format(
               "SELECT id FROM import WHERE tenant_id = $1 AND status = 'running' AND {} ORDER BY id LIMIT 1",
               running_lock_is_held),
           tenant);
  return rows.empty() ? std::nullopt : std::optional{rows.front()[0].as<ImportId>()};
}

void record_import_header(Tx& tx, TenantId tenant, ImportId id, const Import& import) {
  const auto& format = import.format;
  exec(tx,
       "UPDATE import SET header = $3, encoding = $4, compression = $5, format = $6, delimiter = $7,"
       "       guessed_from = $8, columns = $9"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, import.header, format.encoding, format.compression, format.format, format.delimiter,
       format.guessed_from, format_columns(import.columns));
}

ImportStart start_import(Tx& tx, TenantId tenant, const ImportOptions& options, const Import& wanted) {
  mark_interrupted_imports(tx, tenant);
  const auto made =
      exec(tx,
           "INSERT INTO import (tenant_id, id, source, status, options, key, started_at)"
           " VALUES ($1, coalesce($6, nextval(pg_get_serial_sequence('import', 'id'))), $2, 'running', $3,"
           "         nullif($4, ''), $5)"
           " ON CONFLICT (tenant_id, key) WHERE key IS NOT NULL DO NOTHING RETURNING id",
           tenant, options.source, format_import_options(options), options.key, wanted.started_at, wanted.id);
  if (!made.empty()) {
    auto import = wanted;
    import.id = made.front()[0].as<ImportId>();
    return {std::move(import), true};
  }
  auto known = read_record(
      exec(tx, fmt::format("SELECT {} FROM import WHERE tenant_id = $1 AND key = $2", record_columns), tenant,
           options.key)
          .front());
  if (known.status == "running")
    throw Error(Errc::conflict, "import {} with the key {} is running", known.id->value, options.key)
        .with_hint("wait for it; its key then returns its result");
  return {std::move(known), false};
}

ImportRecord resume_record(Tx& tx, TenantId tenant, ImportId id) {
  // As a new one, which refers to it: nobody is erased meanwhile (core/privacy/erasure.hpp).
  exec(tx, "SELECT FROM tenant WHERE id = $1 FOR KEY SHARE", tenant);
  mark_interrupted_imports(tx, tenant);
  const auto before = get_import(tx, tenant, id);
  // Its key is its own again, unless another import has it now.
  const auto rows =
      exec(tx,
           "UPDATE import i"
           "   SET status = 'running', error = '', finished_at = NULL,"
           "       key = (SELECT i.options ->> 'key' WHERE NOT EXISTS ("
           "                SELECT FROM import o WHERE o.tenant_id = $1 AND o.key = i.options ->> 'key'))"
           " WHERE tenant_id = $1 AND id = $2 AND status IN ('interrupted', 'failed')"
           " RETURNING options, digest",
           tenant, id);
  if (rows.empty())
    throw Error(Errc::conflict, "import {} is {}; only one that was interrupted or failed can be resumed",
                id.value, before.status)
        .with_hint(before.status == "running"
                       ? "if its process has just been killed, the database notices in some seconds"
                       : "");
  ImportRecord record{.import = get_import(tx, tenant, id),
                      .options = parse_import_options(rows.front()["options"].c_str()),
                      .digest = rows.front()["digest"].as<std::int64_t>()};
  record.import.status = "running";
  record.options.source = record.import.source;
  return record;
}

void record_import_counts(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts,
                          std::int64_t digest) {
  exec(tx,
       "UPDATE import SET rows = $3, created = $4, updated = $5, unchanged = $6, duplicate = $7,"
       "       rejected = $8, opted_out_kept = $9, reasons = $10, warnings = $11, digest = $12, opt_outs = "
       "$13,"
       "       no_consent = $14"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, counts.rows, counts.created, counts.updated, counts.unchanged, counts.duplicate,
       counts.rejected, counts.opted_out_kept, nlohmann::json(counts.reasons).dump(),
       nlohmann::json(counts.warnings).dump(), digest, counts.opt_outs, counts.no_consent);
}

void finish_import(Tx& tx, TenantId tenant, ImportId id, const std::string& rejects_file, Timestamp at) {
  exec(tx,
       "UPDATE import SET status = 'done', rejects_file = $3, finished_at = $4"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, rejects_file, at);
  record_import_event(tx, tenant, id, ImportEvent::finished, at);
}

void fail_import(Tx& tx, TenantId tenant, ImportId id, const std::string& error, Timestamp at) {
  exec(tx,
       "UPDATE import SET status = 'failed', error = $3, key = NULL, finished_at = $4"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, error, at);
  record_import_event(tx, tenant, id, ImportEvent::failed, at);
}

Listing<Import> list_imports(TenantId tenant, std::optional<ImportId> before) {
  return {fmt::format("SELECT {} FROM import WHERE tenant_id = $1 AND ($2::bigint IS NULL OR id < $2)",
                      record_columns),
          "id DESC",
          {to_param(tenant), to_param(before)},
          read_record};
}

Import get_import(Tx& tx, TenantId tenant, ImportId id) {
  const auto rows = exec(
      tx, fmt::format("SELECT {} FROM import WHERE tenant_id = $1 AND id = $2", record_columns), tenant, id);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no import {}", id.value)
        .with_hint("\"smscrm import list\" shows all");
  return read_record(rows.front());
}

ImportOptions get_import_options(Tx& tx, TenantId tenant, ImportId id) {
  const auto import = get_import(tx, tenant, id);
  auto options = parse_import_options(
      exec(tx, "SELECT options FROM import WHERE tenant_id = $1 AND id = $2", tenant, id).front()[0].c_str());
  options.source = import.source;
  return options;
}

Listing<ImportReject> list_import_rejects(TenantId tenant, ImportId id, std::int64_t after) {
  return {
      "SELECT line, reason, \"column\", to_json(fields) AS fields FROM import_reject"
      " WHERE tenant_id = $1 AND import_id = $2 AND line > $3",
      "line",
      {to_param(tenant), to_param(id), to_param(after)},
      [](const Row& row) {
        return ImportReject{
            .line = row["line"].as<std::int64_t>(),
            .reason = row["reason"].as<std::string>(),
            .column = row["column"].as<std::string>(),
            .fields = nlohmann::json::parse(row["fields"].c_str()).get<std::vector<std::string>>()};
      }};
}

}  // namespace smscrm
