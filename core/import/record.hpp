// The record that an import leaves: one row, from its beginning on.
#pragma once

#include "core/import/import.hpp"

namespace smscrm {

struct ImportStart {
  Import import;
  bool is_new;
};

// Begins a record: `wanted` with its id, a new one unless it has one. When an import of that key is done, or
// undone, that one is returned. Throws Error{conflict} when an import of that key runs.
ImportStart start_import(Tx& tx, TenantId tenant, const ImportOptions& options, const Import& wanted);

// Records that a killed process left running become interrupted: their lock (running_lock) is free. So are
// their keys, then.
void mark_interrupted_imports(Tx& tx, TenantId tenant);

// One that runs at this moment; a dry run is none.
std::optional<ImportId> find_running_import(Tx& tx, TenantId tenant);

struct ImportRecord {
  Import import;
  ImportOptions options;
  std::int64_t digest;  // ImportChunk::digest of the last chunk that was merged
};

// Has one that was interrupted, or failed, running again. Throws Error{not_found}, and Error{conflict} for
// any other.
ImportRecord resume_record(Tx& tx, TenantId tenant, ImportId id);

// Of `import`: header, columns and format.
void record_import_header(Tx& tx, TenantId tenant, ImportId id, const Import& import);
void record_import_counts(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts,
                          std::int64_t digest);
void finish_import(Tx& tx, TenantId tenant, ImportId id, const std::string& rejects_file, Timestamp at);
void fail_import(Tx& tx, TenantId tenant, ImportId id, const std::string& error, Timestamp at);

}  // namespace smscrm
