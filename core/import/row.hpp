// One record of a file, read as a contact.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/import/import.hpp"
#include "core/import/records.hpp"

namespace smscrm {

enum class PhoneFault;  // core/phone/notation.hpp

// Empty text: the row says nothing of it.
struct ContactRow {
  std::string msisdn;
  bool assigned = true;  // false: possible, but no numbering plan has the number
  std::string beside;    // of a row that is refused for phone_words: the number, for a no that it states
  bool country_unread = false;  // there is a country that nobody knows, and the number does without
  std::string first_name, last_name, email, timezone, country, external_id;
  std::string attributes;       // a JSON object of strings
  std::string tags;             // a PostgreSQL array: lower case, sorted, distinct
  std::optional<bool> consent;  // true: opted in, false: opted out, nullopt: nothing offered
  std::string consent_source;
  std::optional<Timestamp> consent_at;  // nullopt: now
};

// "phone_words" and so on, of the reasons below.
std::string_view phone_reason(PhoneFault fault);

// Of national numbers. Throws Error{usage} when it is none.
std::string region_of(const Tenant& tenant, const ImportOptions& options);

// Validates rows. One is refused for the first of these reasons; others are RecordReader's, and ImportReader
// has nested_value, for JSON in a column of ours:
//   field_count         not as many fields as the header has columns
//   not_utf8            a cell is not UTF-8
//   phone_missing       no number
//   country_unknown     no country that we know (core/phone/country.hpp), and the number cannot be read
//   without
//                       one; beside a number in its international form it is a warning, and is left out
//   phone_invalid       no number can look like that
//   phone_digits_lost   a spreadsheet has dropped digits; the column has to be formatted as text
//   phone_several       more than one number
//   phone_words         words that are no label of a number (core/phone/notation.hpp)
//   phone_unassigned    possible, but no numbering plan has it (only with --strict, else kept with a warning)
//   timezone_unknown    no IANA zone
//   consent_unclear     neither yes nor no
//   consent_at_invalid  no RFC 3339 time or date
// One thread at a time.
class RowDecoder {
 public:
  RowDecoder(std::vector<ImportColumn> columns, const Tenant& tenant, const ImportOptions& options);

  const std::vector<ImportColumn>& columns() const noexcept { return columns_; }
  void add_column(ImportColumn column);

  // Fills `row` anew; its content is of no use after a refusal.
  std::optional<Refusal> decode(std::span<const std::string_view> fields, ContactRow& row);

 private:
  using Fields = std::span<const std::string_view>;

  std::optional<std::size_t> place(ImportField field) const { return places_[std::size_t(field)]; }
  std::string_view cell(Fields fields, ImportField field) const;
  std::optional<Refusal> decode_phone(Fields fields, ContactRow& row);
  const std::optional<std::string>& country_of(std::string_view text);
  std::optional<Refusal> decode_consent(Fields fields, ContactRow& row) const;
  void place_column(std::size_t position);
  void decode_names(Fields fields, ContactRow& row) const;
  void decode_tags(std::string_view cell, std::string& tags) const;
  void decode_attributes(Fields fields, std::string& attributes) const;
  bool is_timezone(const std::string& name);

  struct Attribute {
    std::size_t column;
    std::string key;  // as JSON
  };

  std::vector<ImportColumn> columns_;
  std::array<std::optional<std::size_t>, std::size_t(ImportField::attribute) + 1> places_;
  std::vector<Attribute> attributes_;
  std::string region_;
  std::vector<std::string> tags_;
  std::string tags_alone_;  // as an array, for the many rows that add none
  std::string consent_source_, default_source_;
  std::optional<Timestamp> consent_at_;
  bool strict_;
  std::unordered_map<std::string, bool> timezones_;
  std::unordered_map<std::string, std::optional<std::string>> countries_;  // by what rows call them
};

// "yes", "true", "1", "opted in", "subscribed" and the like are true; "no", "false", "unsubscribed" … false;
// nullopt for other words.
std::optional<bool> parse_consent_word(std::string_view word);

}  // namespace smscrm
