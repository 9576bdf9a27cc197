// Files of numbers that are not to be contacts but to be left alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/import/csv.hpp"
#include "core/import/import.hpp"

namespace smscrm {

struct ListedNumber {
  std::int64_t line = 0;    // where it stands, from 1
  std::string text;         // as it stands there
  std::string key;          // core/phone/address.hpp; empty: it cannot be read
  std::string_view reason;  // why not: RowDecoder's, but invalid_phone for phone_invalid, and RecordReader's
};

// Reads whatever "smscrm import run" reads, by the same rules: compressed or not, in any of its encodings,
// CSV with a column of numbers and perhaps one of countries, or NDJSON. A file without such a column has a
// number a line; empty lines and those that begin with # are skipped. Of `options` those count that say how
// to read.
//
// All of it says no, so more is read than in an import: a number that no plan knows, and one that words stand
// beside. Throws as open_records and map_columns, and Error{invalid} where the file cannot be read on.
void read_number_list(ByteSource bytes, const Tenant& tenant, const ImportOptions& options,
                      const std::function<void(const ListedNumber&)>& each);

}  // namespace smscrm
