#include "core/import_record.hpp"

#include <nlohmann/json.hpp>

#include "core/import_lock.hpp"

namespace smscrm {
namespace {

constexpr std::string_view record_columns =
    "id, source, status, coalesce(key, '') AS key, rows, created, updated, unchanged, duplicate, rejected,"
    " opted_out_kept, reasons, warnings, to_json(header) AS header, rejects_file, error, started_at,"
    " finished_at";

using Counts = std::map<std::string, std::int64_t>;

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
                   .opted_out_kept = count("opted_out_kept"),
                   .reasons = counts("reasons"),
                   .warnings = counts("warnings")};
  import.header = nlohmann::json::parse(row["header"].c_str()).get<std::vector<std::string>>();
  import.rejects_file = row["rejects_file"].as<std::string>();
  import.error = row["error"].as<std::string>();
  import.started_at = row["started_at"].as<Timestamp>();
  import.finished_at = as_optional<Timestamp>(row["finished_at"]);
  return import;
}

std::string_view to_string(OnConflict mode) {
  switch (mode) {
    case OnConflict::update:
      return "update";
    case OnConflict::fill:
      return "fill";
    case OnConflict::skip:
      return "skip";
  }
  return "";
}

std::string describe(const ImportOptions& options) {
  nlohmann::ordered_json json{{"on_conflict", to_string(options.on_conflict)}, {"strict", options.strict}};
  if (!options.region.empty()) json["region"] = options.region;
  if (!options.list.empty()) json["list"] = options.list;
  if (!options.tags.empty()) json["tags"] = options.tags;
  if (!options.consent_source.empty()) json["consent_source"] = options.consent_source;
  if (options.consent_at) json["consent_at"] = format_rfc3339(*options.consent_at);
  for (const auto& [header, meaning] : options.columns.map) json["map"][header] = meaning;
  if (!options.columns.ignore.empty()) json["ignore"] = options.columns.ignore;
  return json.dump();
}

}  // namespace

void fail_interrupted_imports(Tx& tx, TenantId tenant, Timestamp at) {
  for (const auto& row :
       exec(tx, "SELECT id FROM import WHERE tenant_id = $1 AND status = 'running'", tenant)) {
    const auto id = row["id"].as<ImportId>();
    exec(tx,
         "UPDATE import SET status = 'failed', error = 'interrupted', key = NULL, finished_at = $3"
         " WHERE tenant_id = $1 AND id = $2 AND pg_try_advisory_xact_lock(hashtextextended($4, 0))",
         tenant, id, at, running_lock(tenant, id));
  }
}

void record_import_header(Tx& tx, TenantId tenant, ImportId id, const std::vector<std::string>& header) {
  exec(tx, "UPDATE import SET header = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, header);
}

ImportStart start_import(Tx& tx, TenantId tenant, const ImportOptions& options, const Import& wanted) {
  fail_interrupted_imports(tx, tenant, wanted.started_at);
  const auto made = exec(tx,
                         "INSERT INTO import (tenant_id, source, status, options, key, started_at)"
                         " VALUES ($1, $2, 'running', $3, nullif($4, ''), $5)"
                         " ON CONFLICT (tenant_id, key) WHERE key IS NOT NULL DO NOTHING RETURNING id",
                         tenant, options.source, describe(options), options.key, wanted.started_at);
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

void record_import_counts(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts) {
  exec(tx,
       "UPDATE import SET rows = $3, created = $4, updated = $5, unchanged = $6, duplicate = $7,"
       "       rejected = $8, opted_out_kept = $9, reasons = $10, warnings = $11"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, counts.rows, counts.created, counts.updated, counts.unchanged, counts.duplicate,
       counts.rejected, counts.opted_out_kept, nlohmann::json(counts.reasons).dump(),
       nlohmann::json(counts.warnings).dump());
}

void finish_import(Tx& tx, TenantId tenant, ImportId id, const std::string& rejects_file, Timestamp at) {
  exec(tx,
       "UPDATE import SET status = 'done', rejects_file = $3, finished_at = $4"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, rejects_file, at);
}

void fail_import(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts, const std::string& error,
                 Timestamp at) {
  record_import_counts(tx, tenant, id, counts);
  exec(tx,
       "UPDATE import SET status = 'failed', error = $3, key = NULL, finished_at = $4"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, error, at);
}

std::vector<Import> list_imports(Tx& tx, TenantId tenant, int limit) {
  std::vector<Import> imports;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT {} FROM import WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2",
                        record_columns),
            tenant, limit))
    imports.push_back(read_record(row));
  return imports;
}

Import get_import(Tx& tx, TenantId tenant, ImportId id) {
  const auto rows = exec(
      tx, fmt::format("SELECT {} FROM import WHERE tenant_id = $1 AND id = $2", record_columns), tenant, id);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no import {}", id.value)
        .with_hint("\"smscrm import list\" shows all");
  return read_record(rows.front());
}

std::vector<ImportReject> list_import_rejects(Tx& tx, TenantId tenant, ImportId id, std::int64_t after,
                                              int limit) {
  std::vector<ImportReject> rejects;
  for (const auto& row : exec(tx,
                              "SELECT line, reason, \"column\", to_json(fields) AS fields FROM import_reject"
                              " WHERE tenant_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4",
                              tenant, id, after, limit))
    rejects.push_back(
        {.line = row["line"].as<std::int64_t>(),
         .reason = row["reason"].as<std::string>(),
         .column = row["column"].as<std::string>(),
         .fields = nlohmann::json::parse(row["fields"].c_str()).get<std::vector<std::string>>()});
  return rejects;
}

}  // namespace smscrm
