// A file, part after part, in the form in which the database takes it.
#pragma once

#include <limits>

#include "core/db/copy.hpp"
#include "core/import/input.hpp"
#include "core/import/records.hpp"
#include "core/import/row.hpp"
#include "core/import/seen.hpp"

namespace smscrm {

struct ImportChunk {
  CopyRows staged;            // stage_columns; no number twice, ascending; what a row leaves open is NULL
  std::int64_t accepted = 0;  // rows in it
  std::int64_t offers = 0;    // of them, those that offer or withdraw consent
  CopyRows
      withdrawals;  // stage_columns; a no of rows that are not staged: repeated and rejected ones; none twice
  CopyRows rejects;          // reject_row_columns; of the first max_kept_rejects of the file
  std::string rejects_text;  // the same for people, in the format of the file (RecordReader::format_reject)
  std::vector<std::string> new_columns;  // names that NDJSON has brought since the chunk before
  std::vector<ColumnReading> columns;    // of all, when there are new ones
  ImportCounts counts;                   // rows, duplicate, rejected, opt_outs, reasons and warnings
  std::int64_t bytes = 0;                // of the file, up to the end of this chunk or a little more
  std::int64_t digest = 0;               // of all rows up to the end of this chunk, told by their numbers
  bool last = false;                     // the file is at its end
};

inline const std::vector<std::string> stage_columns{"msisdn",   "first_name", "last_name",      "email",
                                                    "timezone", "country",    "external_id",    "attributes",
                                                    "tags",     "opt_in",     "consent_source", "consent_at"};
inline const std::vector<std::string> reject_row_columns{"tenant_id", "import_id",  "line",
                                                         "reason",    "\"column\"", "fields"};

// One thread at a time.
class ImportReader {
 public:
  // Reads the header. Throws as open_records and map_columns.
  ImportReader(ByteSource bytes, const Tenant& tenant, const ImportOptions& options,
               ErasedNumbers erased = {});
  ImportReader(const ImportReader&) = delete;

  std::vector<std::string> header() const;
  ImportFormat format() const;
  const std::vector<ImportColumn>& columns() const noexcept { return decoder_.columns(); }

  // The next rows, at most `limit`, the rejected ones belonging to import `id`. Throws Error{invalid} where
  // the file cannot be read on, and where it has more rows than allowed; Error{refused} when the first rows
  // of the file are all bad (max_bad_beginning).
  ImportChunk next(ImportId id, std::int64_t limit = std::numeric_limits<std::int64_t>::max());

 private:
  std::optional<Refusal> decode(ContactRow& row, ImportChunk& chunk);
  void stage(const ContactRow& row, ImportChunk& chunk);
  void reject(const Refusal& refusal, ImportId id, ImportChunk& chunk);
  void withdraw(Withdrawal withdrawal, ImportChunk& chunk);
  void check_beginning(const ImportChunk& chunk);
  void write_staged(ImportChunk& chunk);
  void write_withdrawals(const std::vector<std::uint32_t>& accepted, ImportChunk& chunk);
  bool has_void_offer(std::uint32_t position) const;
  std::string_view row_text(std::uint32_t position) const;
  void digest(std::uint64_t number);

  TenantId tenant_;
  std::int64_t bytes_ = 0;
  ImportInput input_;
  std::unique_ptr<RecordReader> records_;
  ColumnOptions column_options_;
  RowDecoder decoder_;
  SeenNumbers seen_;
  SeenNumbers withdrawn_;  // of rows that are no contact: later ones cannot offer consent for them
  std::int64_t rows_read_ = 0;
  std::int64_t max_rows_;
  std::int64_t rejected_ = 0;
  bool stops_at_bad_beginning_;
  bool any_good_ = false;
  bool guesses_ = false;  // the encoding
  std::uint64_t digest_ = 0;

  // Of the chunk being read, in the order of the file.
  CopyRows rows_;
  std::vector<std::size_t> ends_;  // of each row in it
  std::vector<std::uint64_t> numbers_;
  struct Offer {
    std::uint32_t begin = 0;  // of its columns, in rows_
    enum { none, no, stated, blanket } kind = none;
  };
  std::vector<Offer> offers_;
  struct No {
    std::uint64_t number;
    Timestamp at;
    std::optional<std::uint32_t> position;  // of a row that was read; else it is in `text`
    std::string text;
  };
  std::vector<No> noes_;
  std::vector<std::uint64_t> voids_;  // numbers whose blanket offer does not count, ascending
};

}  // namespace smscrm
