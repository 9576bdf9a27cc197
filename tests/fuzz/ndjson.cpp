// core/ndjson: pieces make no difference, limits hold, and every field is text that can be stored.
#include "core/import/ndjson.hpp"

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

struct Record {
  std::int64_t line;
  std::string fault, faulty_key, text;
  std::vector<std::string> fields;
  std::vector<std::size_t> nested;
  bool operator==(const Record&) const = default;
};

struct Reading {
  std::vector<std::string> keys;
  std::vector<Record> records;
  bool refused = false;
  bool operator==(const Reading&) const = default;
};

void check_record(const NdjsonReader& reader, const NdjsonOptions& options) {
  promise(reader.text().size() <= options.max_row, "a line is no longer than allowed");
  if (!reader.fault().reason.empty()) {
    promise(reader.fields().empty(), "a record with a fault has no fields");
    return;
  }
  promise(reader.fields().size() == reader.keys().size(), "there is a field for every key");
  promise(reader.keys().size() <= options.max_columns, "there are no more keys than allowed");
  for (const auto field : reader.fields()) {
    promise(field.size() <= options.max_field, "a field is no longer than allowed");
    promise(is_valid_utf8(field) && field.find('\0') == std::string_view::npos, "a field can be stored");
  }
  for (const auto at : reader.nested()) promise(at < reader.fields().size(), "what is nested is a field");
}

Reading read(ByteSource source, const NdjsonOptions& options) {
  Reading reading;
  try {
    NdjsonReader reader{std::move(source), options};
    while (reader.next()) {
      check_record(reader, options);
      const auto fault = reader.fault();
      reading.records.push_back({reader.line(),
                                 std::string{fault.reason},
                                 std::string{fault.key},
                                 std::string{reader.text()},
                                 {reader.fields().begin(), reader.fields().end()},
                                 {reader.nested().begin(), reader.nested().end()}});
    }
    promise(!reader.next(), "the end is the end");
    reading.keys = reader.keys();
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what cannot be read is invalid");
    reading.refused = true;
  }
  return reading;
}

void check(std::string_view input, const NdjsonOptions& options, Dice& dice) {
  promise(read(read_pieces({input}), options) == read(read_pieces(cut(input, dice)), options),
          "records do not depend on the pieces");
}

}  // namespace

void fuzz_one(std::string_view input) {
  Dice dice{input};
  check(input, {}, dice);
  NdjsonOptions narrow;
  narrow.max_field = 1 + dice.below(20);
  narrow.max_row = 1 + dice.below(100);
  narrow.max_columns = 1 + dice.below(4);
  check(input, narrow, dice);
}

}  // namespace smscrm::fuzz
