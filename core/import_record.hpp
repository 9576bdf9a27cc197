// The record that an import leaves: one row, from its beginning on.
#pragma once

#include "core/import.hpp"

namespace smscrm {

struct ImportStart {
  Import import;
  bool is_new;
};

// Begins a record: `wanted` with its id. When an import of that key is done, or undone, that one is returned.
// Throws Error{conflict} when an import of that key runs.
ImportStart start_import(Tx& tx, TenantId tenant, const ImportOptions& options, const Import& wanted);

// Records that a killed process left running become failed: their lock (running_lock) is free.
void fail_interrupted_imports(Tx& tx, TenantId tenant, Timestamp at);

void record_import_header(Tx& tx, TenantId tenant, ImportId id, const std::vector<std::string>& header);
void record_import_counts(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts);
void finish_import(Tx& tx, TenantId tenant, ImportId id, const std::string& rejects_file, Timestamp at);
void fail_import(Tx& tx, TenantId tenant, ImportId id, const ImportCounts& counts, const std::string& error,
                 Timestamp at);

}  // namespace smscrm
