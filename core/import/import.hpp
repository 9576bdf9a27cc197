// Imports: files of contacts brought in, accounted for row by row, and undone.
//
// A file is read and validated in chunks by a thread of its own while PostgreSQL merges the chunk before:
// COPY into a temporary table, then a few statements over the whole chunk (core/import_merge). Each chunk is
// committed by itself, with the counts so far, so an import that is killed has done a whole number of chunks:
// resuming it goes on behind them, repeating it finds them unchanged. Memory does not grow with the file,
// save for two or three bytes a number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/consent/erased.hpp"
#include "core/db/listing.hpp"
#include "core/import/column_reading.hpp"
#include "core/import/columns.hpp"
#include "core/import/csv.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// What a row does to a contact that is there already. Empty cells never erase, tags are only added, and list
// membership and consent are recorded in every case.
enum class OnConflict {
  update,  // cells overwrite
  fill,    // cells fill what is empty
  skip,    // the contact stays as it is
};

// At most that many rejected rows, or that share of all rows in percent.
struct RejectLimit {
  std::optional<std::int64_t> rows;
  double percent = 100;
};
// Reads "100" and "2.5%". Throws Error{usage}.
RejectLimit parse_reject_limit(std::string_view text);

inline constexpr std::int64_t default_max_rows = 100'000'000;
// Of the rejected rows of an import, those that the database keeps; the file of rejects has all.
inline constexpr std::int64_t max_kept_rejects = 10'000;
// When so many rows from the first on are bad, it is the wrong file, or the wrong mapping, unless
// --max-rejects says what is too many.
inline constexpr std::int64_t max_bad_beginning = 10'000;

struct ImportOptions {
  std::string source;  // the file's name, or "-"
  ColumnOptions columns;
  std::vector<std::string> column_names;  // of a CSV file that has no line of headers; else empty
  std::string region;             // ISO 3166-1 alpha-2, of national numbers; empty: the tenant's country
  std::string format;             // one of import_formats (import_records.hpp); empty: detected
  std::optional<char> delimiter;  // detected when not given
  std::string encoding;           // as ImportInput takes it; empty: detected
  std::string list;               // slug, created when missing; empty: none
  std::vector<std::string> tags;  // given to every contact of the file
  std::string consent_source;     // with it every row offers consent, unless a consent column says otherwise
  std::optional<Timestamp> consent_at;  // when it was given; nullopt: now. The row's own goes first.
  OnConflict on_conflict = OnConflict::update;
  bool strict = false;   // rejects numbers that are possible but that no plan assigns
  bool dry_run = false;  // all of it, then rolled back
  std::int64_t max_rows = default_max_rows;
  std::optional<RejectLimit> max_rejects;  // beyond it nothing at all is changed
  std::string key;           // of a pipeline: one that is done already is not done again; empty: none
  std::string rejects_file;  // where the sink below puts them, for the record
};

struct ImportCounts {
  std::int64_t rows = 0;  // = created + updated + unchanged + duplicate + rejected
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t duplicate = 0;  // the number was in an earlier row of the file, which counts
  std::int64_t rejected = 0;
  std::int64_t opt_outs = 0;        // rows that said no to texts, among the rejected ones too
  std::int64_t opted_out_kept = 0;  // rows that offered consent for a number opted out or on the dnc list
  std::int64_t no_consent = 0;      // contacts that may not be texted, for nobody ever said yes for them
  std::map<std::string, std::int64_t> reasons;   // of the rejected rows (import_rows.hpp)
  std::map<std::string, std::int64_t> warnings;  // of rows kept all the same (RowDecoder)
};

// How a file came, as it was found or told.
struct ImportFormat {
  std::string encoding;     // as --encoding takes it
  std::string compression;  // none, gzip or zstd
  std::string format;       // csv or ndjson
  std::string delimiter;    // one character; empty: NDJSON has none
  // A value of the file with letters beyond ASCII as it was read, when the encoding is a guess; else empty.
  std::string guessed_from = {};
};

struct Import {
  std::optional<ImportId> id;  // nullopt: a dry run, of which nothing is left
  std::string source;
  std::string status;  // running, interrupted (its process died), done, failed or undone
  std::string key;     // empty: none
  ImportCounts counts;
  ImportFormat format;  // empty until the header is read
  std::vector<std::string> header;
  std::vector<ColumnReading> columns = {};  // empty until the header is read
  std::string rejects_file;                 // empty: none was written
  std::string error;                        // why it failed
  Timestamp started_at;
  std::optional<Timestamp> finished_at;
};

struct ImportRun {
  Import import;
  bool replayed = false;  // the key was known: this is the import that it named then
};

struct ImportEvents {
  // Takes the next piece of the rejects file: CSV, the header first. Never called when no row is rejected.
  std::function<void(std::string_view csv)> rejects = [](std::string_view) {};
  // The same while the file is only checked, before anything is imported, for the limit of rejects.
  std::function<void(std::int64_t rows, std::int64_t bytes)> checked = [](std::int64_t, std::int64_t) {};
  // The import at its beginning, when its header is read, and after each chunk; its status is running. Not of
  // a dry run.
  std::function<void(const Import&)> committed = [](const Import&) {};
  // The import with what is in, before the error that stopped it half-way is thrown.
  std::function<void(const Import&)> stopped = [](const Import&) {};
  // After each chunk: rows, and bytes of the file, so far.
  std::function<void(std::int64_t rows, std::int64_t bytes)> progress = [](std::int64_t, std::int64_t) {};
};

// Runs an import in transactions of its own, those of a dry run rolled back. With a limit of rejects the
// whole file is read and checked before the first of them. Two imports of one tenant take turns, chunk by
// chunk. `bytes` is read by another thread, one at a time. Throws Error{invalid} for a file that cannot be
// read or mapped, Error{refused} when more rows are rejected than allowed, Error{conflict} when an import
// with that key is running. After an error the import is kept as failed, and its key is free again; one that
// comes after chunks were committed says what is in, and the way on and back; ImportEvents::stopped is called
// before.
ImportRun run_import(Connection& connection, const Tenant& tenant, ByteSource bytes,
                     const ImportOptions& options, const ImportEvents& events = {},
                     const KeySource& key = {});

// Goes on with an import that was interrupted, or failed, in the same way and under the same number. `bytes`
// is its file from the beginning: what was done is read again, for its numbers and rejects, and not merged
// again. The counts are those of an undisturbed run. Throws as run_import, and Error{not_found};
// Error{conflict} when the import runs, is done or undone; Error{refused} when the file is another one.
ImportRun resume_import(Connection& connection, const Tenant& tenant, ImportId id, ByteSource bytes,
                        const ImportEvents& events = {}, const KeySource& key = {});

// Newest first; only older ones than `before`, if that is given.
Listing<Import> list_imports(TenantId tenant, std::optional<ImportId> before = {});
// Throws Error{not_found}.
Import get_import(Tx& tx, TenantId tenant, ImportId id);

// With the source. Throws Error{not_found}.
ImportOptions get_import_options(Tx& tx, TenantId tenant, ImportId id);

struct ImportReject {
  std::int64_t line;  // where the row begins, from 1, the header counted
  std::string reason;
  std::string column;  // empty: the row as a whole
  std::vector<std::string> fields;
};
// By line, after line `after`.
Listing<ImportReject> list_import_rejects(TenantId tenant, ImportId id, std::int64_t after = 0);

}  // namespace smscrm
