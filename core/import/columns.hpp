// What the columns of a file mean to an import.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/consent_words.hpp"

namespace smscrm {

enum class ImportField {
  ignored,
  phone,
  first_name,
  last_name,
  name,  // first and last name together
  email,
  tags,  // separated by "," ";" or "|"
  timezone,
  country,  // also the region of national numbers in its row
  external_id,
  consent,         // yes or no (ConsentColumn::texts)
  opt_out,         // the other way about: yes or a time is a no (ConsentColumn::opt_out)
  consent_source,  // the proof in words
  consent_at,      // when it was given
  // Of a log of messages (core/import/message_log.hpp), which knows by them who its person is.
  message_from,
  message_to,
  message_direction,
  message_status,
  message_body,
  message_error,
  message_at,
  attribute,  // anything else, kept under `attribute`
};

struct ImportColumn {
  std::string header;  // as it stands in the file, trimmed; may be empty
  ImportField field = ImportField::ignored;
  // "favourite_drink" for "Favourite Drink": of an attribute, and of the cells of a field that another column
  // filled in their row.
  std::string attribute = {};
  ConsentColumn says = ConsentColumn::none;  // of consent, and of an attribute whose header speaks of it
  bool is_of_other_channel = false;          // so that no cell of it is on texts
  bool is_silent = false;                    // no cell of it says anything of consent
  int rank = 0;                              // of several columns of one field the lowest goes first
};

struct ColumnOptions {
  std::vector<std::pair<std::string, std::string>> map = {};  // header -> field or name of an attribute
  std::vector<std::string> ignore = {};                       // headers
  // The same of a preset: a file need not have them, and what `map` and `ignore` say goes first.
  std::vector<std::pair<std::string, std::string>> preset_map = {};
  std::vector<std::string> preset_ignore = {};
};

// The field that a column, which is none, is nearly called: a letter or two are missing, wrong, one too many
// or have changed places.
std::optional<ImportField> find_near_field(std::string_view header);

// Where the header stands in the file.
struct HeaderLine {
  std::int64_t line = 0;         // from 1; 0: in no line of its own
  std::string_view region = {};  // of national numbers (parse_phone)
};

// Reads "phone,first name,,notes": names separated by commas; one without a name is left out of the import.
std::vector<std::string> parse_column_names(std::string_view text);

// Reads "Cell Phone=phone". Throws Error{usage}.
std::pair<std::string, std::string> parse_column_map(std::string_view text);

// What begins so was added by an export, of what an import has no use for (core/export/export.hpp), and is
// left out.
inline constexpr std::string_view export_prefix = "smscrm_";

// The header by which an attribute of this name is read as just that: the name, or "attr.NAME" where the name
// alone means something else, "phone" for one.
std::string header_of_attribute(std::string_view name);

// Gives every column its meaning. Case, blanks, dashes and underscores of headers do not count; the phone is
// known as phone, msisdn, mobile, cell, phone_number, number, telephone and the like. Columns without a name
// and those that a rejects file or an export adds are ignored; "attr.NAME" is the attribute NAME. What
// `options` name for a field goes before what the header says, which then becomes an attribute; they may name
// several columns for one field, and each row has the first of them that it fills. A column that speaks of
// consent (core/import/consent_words.hpp) stays the attribute that it is, and is heard; only what `options`
// say of it makes it something else. Throws Error{invalid} when no column is the phone, when two mean the
// same by their headers alone, or a header is not UTF-8; Error{usage} when `options` name a column that is
// not there. A line in which nothing is the name of a phone column, but something a phone number, is taken
// for data, and the error says so.
std::vector<ImportColumn> map_columns(std::span<const std::string_view> header, const ColumnOptions& options,
                                      const HeaderLine& line = {});

// The meaning of a column that NDJSON brings after `columns` are known: as map_columns, but what is taken
// already becomes an attribute.
ImportColumn map_late_column(std::string_view header, std::span<const ImportColumn> columns,
                             const ColumnOptions& options);

// The columns that a rejects file has before those of the original.
inline constexpr std::string_view reject_columns[] = {"reject_line", "reject_reason", "reject_column"};

}  // namespace smscrm
