// A file, part after part, in the form in which the database takes it.
#pragma once

#include <limits>

#include "core/db/copy.hpp"
#include "core/import_input.hpp"
#include "core/import_row.hpp"
#include "core/import_seen.hpp"

namespace smscrm {

struct ImportChunk {
  CopyRows staged;            // stage_columns; no number twice, ascending; what a row leaves open is NULL
  std::int64_t accepted = 0;  // rows in it
  std::int64_t offers = 0;    // of them, those that offer or withdraw consent
  CopyRows withdrawals;       // stage_columns; repeated numbers whose row withdraws consent, none twice
  CopyRows rejects;           // reject_row_columns
  std::string rejects_csv;    // the same for people: reject_columns, then the fields as they came
  ImportCounts counts;        // rows, duplicate, rejected, reasons and warnings
  std::int64_t bytes = 0;     // of the file, up to the end of this chunk or a little more
  std::int64_t digest = 0;    // of all rows up to the end of this chunk, told by their numbers
  bool last = false;          // the file is at its end
};

inline const std::vector<std::string> stage_columns{"msisdn",   "first_name", "last_name",      "email",
                                                    "timezone", "country",    "external_id",    "attributes",
                                                    "tags",     "opt_in",     "consent_source", "consent_at"};
inline const std::vector<std::string> reject_row_columns{"tenant_id", "import_id",  "line",
                                                         "reason",    "\"column\"", "fields"};

// One thread at a time.
class ImportReader {
 public:
  // Reads the header. Throws as map_columns, and Error{invalid} when the file is empty.
  ImportReader(ByteSource bytes, const Tenant& tenant, const ImportOptions& options);
  ImportReader(const ImportReader&) = delete;

  std::vector<std::string> header() const;
  ImportFormat format() const { return {input_.encoding(), input_.compression(), {csv_.delimiter()}}; }
  const std::vector<ImportColumn>& columns() const noexcept { return decoder_.columns(); }

  // The next rows, at most `limit`, the rejected ones belonging to import `id`. Throws Error{invalid} where
  // the file cannot be read on.
  ImportChunk next(ImportId id, std::int64_t limit = std::numeric_limits<std::int64_t>::max());

 private:
  RowDecoder read_header(const Tenant& tenant, const ImportOptions& options);
  void stage(const ContactRow& row, ImportChunk& chunk);
  void reject(const Refusal& refusal, ImportId id, ImportChunk& chunk);
  void write_staged(ImportChunk& chunk);
  void write_withdrawals(const std::vector<std::uint32_t>& accepted, ImportChunk& chunk);
  std::string_view row_text(std::uint32_t position) const;
  void digest(std::uint64_t number);

  TenantId tenant_;
  std::int64_t bytes_ = 0;
  ImportInput input_;
  CsvReader csv_;
  RowDecoder decoder_;
  SeenNumbers seen_;
  bool rejects_begun_ = false;
  std::uint64_t digest_ = 0;

  // Of the chunk being read, in the order of the file.
  CopyRows rows_;
  std::vector<std::size_t> ends_;  // of each row in it
  std::vector<std::uint64_t> numbers_;
  std::vector<std::uint32_t> withdrawals_;  // positions
};

}  // namespace smscrm
