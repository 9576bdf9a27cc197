// The records of a file, whichever format it has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/csv.hpp"

namespace smscrm {

// Why a row is no contact.
struct Refusal {
  std::string_view reason;                 // a word: of RecordReader here, others in RowDecoder
  std::optional<std::size_t> column = {};  // nullopt: the row as a whole
};

struct RecordOptions {
  std::string format;                 // one of import_formats; empty: detected
  std::optional<char> delimiter;      // of CSV; detected when not given
  std::vector<std::string> columns;   // names, when a CSV file has no line with them
  std::size_t max_field = 64 * 1024;  // bytes
  std::size_t max_row = 1024 * 1024;  // bytes
  std::size_t max_columns = 512;
};

inline constexpr std::string_view import_formats[] = {"csv", "ndjson"};

// One thread at a time.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  virtual std::string_view format() const = 0;     // one of import_formats
  virtual char delimiter() const { return '\0'; }  // of CSV

  // Names of the columns, as they came; NDJSON may add some with any record.
  virtual std::span<const std::string> names() const = 0;
  // Where the names stand; 0: in no line of their own.
  virtual std::int64_t names_line() const = 0;

  // Goes on to the next record; false at the end. Throws Error{invalid} naming the line where the file cannot
  // be read on.
  virtual bool next() = 0;

  // Of the current record, until next() is called again.
  virtual std::int64_t line() const = 0;  // where it begins, from 1
  // In the order of the names; how many they are is not checked. Of an NDJSON line that is broken, the line.
  virtual std::span<const std::string_view> fields() const = 0;
  // Fields that hold more than one value, as JSON.
  virtual std::span<const std::size_t> nested() const { return {}; }
  // Why there are no fields: not_json, not_utf8, duplicate_key or nul (core/import/ndjson.hpp); of CSV always
  // nullopt.
  virtual std::optional<Refusal> refusal() const { return std::nullopt; }
  // Of a record that is refused: what can be read of it all the same, in the order of the names.
  virtual std::span<const std::string_view> remains() const { return fields(); }

  // Appends the current record to a file of rejects in the same format: reject_columns
  // (core/import/columns.hpp), then the record as it came. `begin`: as the first one, of CSV with the names
  // before.
  virtual void format_reject(std::string& out, bool begin, const Refusal& refusal) const = 0;
};

// Tells NDJSON by its first character, and CSV by all others. Throws Error{invalid} when there is no record
// where names should stand, and as CsvReader and NdjsonReader; Error{usage} for options that do not go
// together.
std::unique_ptr<RecordReader> open_records(ByteSource source, const RecordOptions& options);

}  // namespace smscrm
