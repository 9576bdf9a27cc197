// NDJSON: one JSON object a line, read as a stream of records in constant memory.
// Rules: RFC 8259 for each line; ndjson.org for the lines.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/csv.hpp"

namespace smscrm {

struct NdjsonOptions {
  std::size_t max_field = 64 * 1024;  // bytes of a value, as a field holds it
  std::size_t max_row = 1024 * 1024;  // bytes of a line
  std::size_t max_columns = 512;      // different keys
};

// Reads line after line, as CsvReader does records:
//
//   NdjsonReader reader{source};
//   while (reader.next())
//     if (reader.fault().reason.empty()) use(reader.keys(), reader.fields());
//
// Each key is a column: those of the first 64 KiB in the order of their first places, later ones behind them
// as they come. What a value is as text is decided so:
// - a string is what it says; a number stays as it is written (7.50 is "7.50"); true and false are those
// words
// - null, and a key that a line does not have, are the empty field
// - an array of such values is them with ";" between, nulls left out
// - an object, and an array with one or an array in it, is its JSON without blanks, and marked as nested
// Blank lines are skipped, and blanks around a line (of a CRLF, too) do not count. A byte order mark at the
// beginning is skipped.
// A line that is no object is a record with a fault, and the next line is read as if nothing had been; one
// over the limits is Error{invalid} naming it, after which the reader must not be used. One thread at a time.
class NdjsonReader {
 public:
  struct Fault {
    std::string_view reason;  // empty: none; else one of
                              //   not_json       not one whole JSON object
                              //   not_utf8       the same, for its bytes are not UTF-8
                              //   duplicate_key  the object has a key twice
                              //   nul            a text has the character U+0000, which databases do not take
    std::string_view key = {};  // where; empty: the line as a whole
  };

  // Reads the first 64 KiB. Throws Error{invalid} when they hold lines and none of them is an object, or when
  // the file is a JSON array.
  explicit NdjsonReader(ByteSource source, NdjsonOptions options = {});
  ~NdjsonReader();

  // Goes on to the next record; false at the end.
  bool next();

  const std::vector<std::string>& keys() const noexcept { return keys_; }

  // Of the current record, until next() is called again.
  const Fault& fault() const noexcept { return fault_; }
  std::span<const std::string_view> fields() const noexcept {
    return fields_;
  }  // one a key; none with a fault
  // What can be read of a record with a fault, one a key: what stands before it, and behind bytes that are
  // not UTF-8.
  std::span<const std::string_view> remains() const noexcept {
    return fault_.reason.empty() ? fields_ : remains_;
  }
  std::span<const std::size_t> nested() const noexcept { return nested_; }  // positions in fields()
  std::string_view text() const noexcept { return text_; }                  // the line itself, trimmed
  std::int64_t line() const noexcept { return line_; }                      // from 1

 private:
  class Row;

  bool next_line();
  void fill();
  void parse(std::string_view text);
  void read_sample();

  ByteSource source_;
  NdjsonOptions options_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what has been read and not handed out
  bool source_ended_ = false;

  std::vector<std::string> keys_;
  std::unique_ptr<Row> row_;
  Fault fault_;
  std::vector<std::string_view> fields_;
  std::vector<std::string_view> remains_;
  std::vector<std::size_t> nested_;
  std::string_view text_;
  std::int64_t line_ = 0;
};

}  // namespace smscrm
