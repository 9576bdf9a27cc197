// CSV as people send it: read as a stream in constant memory, and written.
// Rule: RFC 4180, and beyond it what spreadsheets and old exports do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/byte_source.hpp"

namespace smscrm {

struct CsvOptions {
  std::optional<char> delimiter = {};  // detected from the first 64 KiB when not given
  std::size_t max_field = 64 * 1024;   // bytes as they stand in the file, outer quotes not counted
  std::size_t max_row = 1024 * 1024;   // bytes of a record, quotes and delimiters included
  std::size_t max_columns = 512;
};

// Reads record after record:
//
//   CsvReader reader{source};
//   while (reader.next()) use(reader.line(), reader.fields());
//
// Lines end in LF, CRLF or CR. A field in quotes may hold delimiters and line ends, and "" for a quote. What
// RFC 4180 leaves open is decided so:
// - a byte order mark (UTF-8) at the beginning is skipped; the encoding is not checked further
// - a first line `sep=;`, which spreadsheets write and read, says what the delimiter is, and is no record
// - lines without a single character are skipped; a line of `""` is a record of one empty field
// - a quote inside an unquoted field is text; so is what follows a closing quote (`"a"b` is `ab`)
// - blanks around fields are kept
// - records may have different numbers of fields: the caller compares
// - a quote never closed, a NUL byte (UTF-16, perhaps), a field or record over the limits: Error{invalid}
//   naming the line, after which the reader must not be used
// One thread at a time.
class CsvReader {
 public:
  // Reads the sample. Throws Error{usage} when the delimiter given is a quote, a line end or NUL.
  explicit CsvReader(ByteSource source, CsvOptions options = {});

  // Goes on to the next record; false at the end.
  bool next();

  // Of the current record, until next() is called again.
  std::span<const std::string_view> fields() const noexcept { return fields_; }
  std::int64_t line() const noexcept { return line_; }  // where the record begins, from 1

  char delimiter() const noexcept { return delimiter_; }

 private:
  enum class Scan { record, need_more, end };
  struct Bounds {
    std::size_t begin, end;  // in the buffer, without delimiters; quotes included
    bool quoted;
  };

  void fill();
  Scan scan();
  std::size_t skip_quoted(std::size_t at) const;
  void finish_record();
  std::size_t unquote(std::size_t begin, std::size_t end);
  std::int64_t line_at(std::size_t offset) const;

  ByteSource source_;
  CsvOptions options_;
  char delimiter_ = ',';
  std::array<bool, 256> stops_{};  // bytes at which an unquoted field may end

  std::vector<char> buffer_;
  std::size_t begin_ = 0;       // of the record being read
  std::size_t next_begin_ = 0;  // of the one after it
  std::size_t end_ = 0;         // of what has been read
  bool source_ended_ = false;

  std::vector<Bounds> bounds_;
  std::vector<std::string_view> fields_;
  std::int64_t line_ = 1;
  std::int64_t next_line_ = 1;
};

// The one of , ; tab and | that cuts the records of `sample` most evenly; a comma when none does.
char detect_csv_delimiter(std::string_view sample);

// Appends one record: commas, CRLF, quotes only where they are needed.
void format_csv_row(std::string& out, std::span<const std::string_view> fields);
void format_csv_row(std::string& out, std::span<const std::string> fields);

}  // namespace smscrm
