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
#include "core/import/statement.hpp"

namespace smscrm {

enum class PhoneFault;  // core/phone/notation.hpp

// Empty text: the row says nothing of it.
struct ContactRow {
  std::string msisdn;
  bool assigned = true;  // false: possible, but no numbering plan has the number
  std::string first_name, last_name, email, timezone, country, external_id;
  std::string attributes;       // a JSON object of strings
  std::string tags;             // a PostgreSQL array: lower case, sorted, distinct
  std::optional<bool> consent;  // true: opted in, false: opted out, nullopt: nothing offered
  bool is_blanket = false;      // a yes that holds for all rows, and is nothing that the row says
  std::string consent_source;
  std::optional<Timestamp> consent_at;     // nullopt: now
  std::vector<std::string_view> warnings;  // what was left out: words of RowDecoder
};

// A no to texts. The number's contact need not exist.
struct Withdrawal {
  std::string msisdn;
  std::string source;           // the proof in words
  std::optional<Timestamp> at;  // nullopt: now
};

// "phone_words" and so on, of the reasons below.
std::string_view phone_reason(PhoneFault fault);

// Of national numbers. Throws Error{usage} when it is none.
std::string region_of(const Tenant& tenant, const ImportOptions& options);

inline constexpr std::string_view erased_reason = "erased";

// Validates rows. One is refused for the first of these reasons; others are RecordReader's, and ImportReader
// has nested_value, for JSON in a column of ours:
//   field_count         not as many fields as the header has columns
//   not_utf8            a cell is not UTF-8
//   direction_unknown   of a log of messages: neither came in nor went out
//   phone_missing       no number
//   country_unknown     no country that we know (core/phone/country.hpp), and the number cannot be read
//   without
//                       one; beside a number in its international form it is a warning, and is left out
//   phone_invalid       no number can look like that
//   phone_digits_lost   a spreadsheet has dropped digits; the column has to be formatted as text
//   phone_several       more than one number
//   phone_words         words that are no label of a number (core/phone/notation.hpp)
//   erased              the number of somebody who was erased and has not come back (core/consent/erased.hpp)
//   phone_unassigned    possible, but no numbering plan has it (only with --strict, else kept with a warning)
//   consent_unclear     neither yes nor no
//   consent_at_invalid  a yes whose time is no RFC 3339 time or date
// What is not needed costs its value alone, and is a warning: timezone_unknown (no IANA zone), email_invalid,
// tag_invalid (none that commands could name).
// One thread at a time.
class RowDecoder {
 public:
  RowDecoder(std::vector<ImportColumn> columns, const Tenant& tenant, const ImportOptions& options,
             ErasedNumbers erased = {});

  const std::vector<ImportColumn>& columns() const noexcept { return columns_; }
  void add_column(ImportColumn column);

  // Fills `row` anew; its content is of no use after a refusal.
  std::optional<Refusal> decode(std::span<const std::string_view> fields, ContactRow& row);

  // What a row says no to, whatever else is wrong with it: each of its numbers, when it says no at all. Where
  // it has too many fields or too few, those that it would have without the one that is too many, or missing,
  // before or behind; a no that is one too many costs less than one that is lost.
  std::vector<Withdrawal> read_withdrawals(std::span<const std::string_view> fields);

  // Whether a row may have more numbers than the one that it is.
  bool has_several_phones() const { return places(ImportField::phone).size() > 1; }

 private:
  using Fields = std::span<const std::string_view>;
  using Places = std::vector<std::size_t>;

  // What the row's cell says of it.
  struct Country {
    std::string_view code;    // ISO 3166-1 alpha-2; empty: not said, or not known
    std::string_view region;  // of the row's national numbers
    bool is_unread = false;   // there is something, and nobody knows it
  };

  const Places& places(ImportField field) const { return places_[std::size_t(field)]; }
  std::optional<std::size_t> place(ImportField field) const {
    return places(field).empty() ? std::nullopt : std::optional{places(field).front()};
  }
  std::string_view take(Fields fields, ImportField field);
  std::string_view cell(Fields fields, ImportField field) const;
  std::vector<std::string> read_numbers(Fields fields);
  std::optional<Refusal> decode_phone(Fields fields, ContactRow& row);
  std::optional<Refusal> read_number(std::string_view text, std::optional<std::size_t> column,
                                     const Country& country, ContactRow& row) const;
  Country read_country(std::string_view text);
  std::optional<Refusal> decode_consent(Fields fields, ContactRow& row);
  void place_column(std::size_t position);
  void decode_names(Fields fields, ContactRow& row);
  void decode_tags(Fields fields, ContactRow& row) const;
  void decode_attributes(Fields fields, std::string& attributes) const;
  bool is_timezone(const std::string& name);

  struct Attribute {
    std::size_t column;
    std::string key;   // as JSON
    bool is_fallback;  // of a field that several columns have
  };

  std::vector<ImportColumn> columns_;
  std::array<Places, std::size_t(ImportField::attribute) + 1> places_;  // in the order in which they are read
  std::vector<Attribute> attributes_;
  std::vector<std::size_t> taken_;  // of the row: of columns that share a field, those that filled it
  std::string region_;
  std::vector<std::string> tags_;
  std::string tags_alone_;  // as an array, for the many rows that add none
  std::string consent_source_, default_source_;
  std::optional<Timestamp> consent_at_;
  bool strict_;
  ErasedNumbers erased_;
  StatementReader statement_;
  std::unordered_map<std::string, bool> timezones_;
  std::unordered_map<std::string, std::optional<std::string>> countries_;  // by what rows call them
};

}  // namespace smscrm
