// core/csv: pieces make no difference, limits hold, and what is written reads back.
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

struct Record {
  std::int64_t line;
  std::vector<std::string> fields;
  bool operator==(const Record&) const = default;
};

struct Reading {
  char delimiter = 0;
  std::vector<Record> records;
  bool refused = false;
  bool operator==(const Reading&) const = default;
};

Reading read(ByteSource source, const CsvOptions& options) {
  Reading reading;
  CsvReader reader{std::move(source), options};
  reading.delimiter = reader.delimiter();
  try {
    while (reader.next()) {
      reading.records.push_back({reader.line(), {reader.fields().begin(), reader.fields().end()}});
      promise(!reader.fields().empty(), "a record has a field");
      promise(reader.fields().size() <= options.max_columns, "a record has no more columns than allowed");
      for (const auto field : reader.fields()) {
        promise(field.size() <= options.max_field, "a field is no longer than allowed");
        promise(field.find('\0') == std::string_view::npos, "no field holds NUL");
      }
    }
    promise(!reader.next(), "the end is the end");
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what cannot be read is invalid");
    reading.refused = true;
  }
  return reading;
}

void check(std::string_view input, const CsvOptions& options, Dice& dice) {
  const auto whole = read(read_pieces({input}), options);
  promise(read(read_pieces(cut(input, dice)), options) == whole, "records do not depend on the pieces");

  std::string written;
  for (const auto& record : whole.records) format_csv_row(written, record.fields);
  CsvOptions commas;
  commas.delimiter = ',';
  const auto again = read(read_pieces({written}), commas);
  promise(!again.refused && again.records.size() == whole.records.size(), "what was written can be read");
  for (std::size_t i = 0; i < whole.records.size(); ++i)
    promise(again.records[i].fields == whole.records[i].fields, "what was written reads back the same");
}

}  // namespace

void fuzz_one(std::string_view input) {
  Dice dice{input};
  check(input, {}, dice);
  CsvOptions narrow;
  narrow.delimiter = ";,\t|x"[dice.below(5)];
  narrow.max_field = 1 + dice.below(20);
  narrow.max_columns = 1 + dice.below(6);
  check(input, narrow, dice);
}

}  // namespace smscrm::fuzz
