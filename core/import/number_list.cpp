#include "core/import/number_list.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.hpp"
#include "core/import/input.hpp"
#include "core/import/records.hpp"
#include "core/import/row.hpp"
#include "core/phone/address.hpp"
#include "core/phone/country.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

using Sink = std::function<void(const ListedNumber&)>;

std::string read_all(ByteSource bytes, const std::string& encoding) {
  ImportInput input{std::move(bytes), encoding};
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (const auto got = input.read(buffer.data(), buffer.size())) text.append(buffer.data(), got);
  return text;
}

ListedNumber read_number(std::int64_t line, std::string_view text, std::string_view region) {
  ListedNumber number{.line = line, .text = std::string{text}, .key = {}, .reason = {}};
  auto reading = read_phone(text, region);
  if (reading.phone) {
    number.key = std::move(reading.phone->e164);
  } else if (reading.beside) {
    number.key = std::move(reading.beside->e164);
  } else {
    try {
      number.key = get_address_key(text, region);
    } catch (const Error&) {
      number.reason = reading.fault == PhoneFault::no_number ? "invalid_phone" : phone_reason(reading.fault);
    }
  }
  return number;
}

struct Places {
  std::size_t phone;
  std::optional<std::size_t> country;
};

// Whether a file that has no column of numbers is one of lines: it has one column, or its first line is a
// number.
bool has_lines(const RecordReader& records, std::string_view text, std::string_view region) {
  if (records.format() == "ndjson") return false;
  const auto first = trim(text).substr(0, trim(text).find('\n'));
  const auto reading = read_phone(first, region);
  return records.names().size() == 1 || reading.phone || reading.fault == PhoneFault::several;
}

// nullopt when it is a file of lines.
std::optional<Places> find_places(const RecordReader& records, std::string_view text, std::string_view region,
                                  const ImportOptions& options) {
  const auto names = records.names();
  const std::vector<std::string_view> header{names.begin(), names.end()};
  std::vector<ImportColumn> columns;
  try {
    columns = map_columns(header, options.columns, {records.names_line(), region});
  } catch (const Error&) {
    const bool asked = !options.columns.map.empty() || !options.column_names.empty();
    if (asked || !has_lines(records, text, region)) throw;
    return std::nullopt;
  }
  Places places{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].field == ImportField::phone) places.phone = i;
    if (columns[i].field == ImportField::country) places.country = i;
  }
  return places;
}

void read_table(RecordReader& records, const Places& places, const std::string& region, const Sink& each) {
  while (records.next()) {
    const auto fields = records.fields();
    const auto refusal = records.refusal();
    if (refusal || places.phone >= fields.size()) {
      std::vector<std::string> texts{fields.begin(), fields.end()};
      each({.line = records.line(),
            .text = readable_utf8(join(texts, ",")),
            .key = {},
            .reason = refusal ? refusal->reason : "field_count"});
      continue;
    }
    const auto text = trim(fields[places.phone]);
    if (text.empty()) continue;
    const bool has_country =
        places.country && *places.country < fields.size() && !trim(fields[*places.country]).empty();
    const auto country = has_country ? find_country(fields[*places.country]).value_or("") : region;
    each(read_number(records.line(), text, country));
  }
}

void read_lines(std::string_view text, const std::string& region, const Sink& each) {
  std::int64_t line = 0;
  for (const auto& written : split(text, '\n')) {
    ++line;
    const auto number = trim(written);
    if (!number.empty() && number[0] != '#') each(read_number(line, number, region));
  }
}

// A table is told by its header; comments come before none.
std::unique_ptr<RecordReader> open_table(std::string_view text, const ImportOptions& options) {
  if (text.empty() || trim(text).starts_with('#')) return nullptr;
  return open_records(
      read_from(text),
      {.format = options.format, .delimiter = options.delimiter, .columns = options.column_names});
}

}  // namespace

void read_number_list(ByteSource bytes, const Tenant& tenant, const ImportOptions& options,
                      const Sink& each) {
  const auto region = region_of(tenant, options);
  const auto text = read_all(std::move(bytes), options.encoding);
  if (trim(text).empty()) return;
  if (const auto records = open_table(text, options))
    if (const auto places = find_places(*records, text, region, options))
      return read_table(*records, *places, region, each);
  read_lines(text, region, each);
}

}  // namespace smscrm
