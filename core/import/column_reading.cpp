#include "core/import/column_reading.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct FieldWord {
  ImportField field;
  std::string_view word;
};

constexpr FieldWord field_words[] = {
    {ImportField::ignored, "ignored"},
    {ImportField::phone, "phone"},
    {ImportField::first_name, "first_name"},
    {ImportField::last_name, "last_name"},
    {ImportField::name, "name"},
    {ImportField::email, "email"},
    {ImportField::tags, "tags"},
    {ImportField::timezone, "timezone"},
    {ImportField::country, "country"},
    {ImportField::external_id, "external_id"},
    {ImportField::consent, "consent"},
    {ImportField::opt_out, "opt_out"},
    {ImportField::consent_source, "consent_source"},
    {ImportField::consent_at, "consent_at"},
    {ImportField::message_from, "message_from"},
    {ImportField::message_to, "message_to"},
    {ImportField::message_direction, "message_direction"},
    {ImportField::message_status, "message_status"},
    {ImportField::message_body, "message_body"},
    {ImportField::message_error, "message_error"},
    {ImportField::message_at, "message_at"},
    {ImportField::attribute, "attribute"},
};

std::string_view word_of(ImportField field) {
  return std::ranges::find(field_words, field, &FieldWord::field)->word;
}

std::string_view word_of(ConsentColumn says) {
  switch (says) {
    case ConsentColumn::none:
      return "";
    case ConsentColumn::texts:
      return "texts";
    case ConsentColumn::unnamed:
      return "unnamed";
    case ConsentColumn::opt_out:
      return "opt_out";
    case ConsentColumn::opt_out_at:
      return "opt_out_at";
  }
  return "";
}

}  // namespace

std::vector<ColumnReading> read_columns(std::span<const ImportColumn> columns) {
  const auto has = [&](ImportField field) {
    return std::ranges::any_of(columns, [&](const auto& column) { return column.field == field; });
  };
  std::vector<ColumnReading> readings;
  for (const auto& column : columns) {
    const bool is_attribute = column.field == ImportField::attribute;
    ColumnReading reading{.column = column.header,
                          .field = std::string{word_of(column.field)},
                          .attribute = is_attribute ? column.attribute : "",
                          .consent = is_attribute ? std::string{word_of(column.says)} : "",
                          .near = {}};
    if (is_attribute)
      // As it was called, or as somebody called it.
      for (const auto& name : {column.attribute, column.header})
        if (const auto near = find_near_field(name); near && !has(*near)) reading.near = word_of(*near);
    readings.push_back(std::move(reading));
  }
  return readings;
}

std::string describe(std::span<const ColumnReading> columns) {
  std::vector<std::string> words;
  for (const auto& column : columns) {
    if (column.column.empty()) continue;
    std::string means = column.field;
    if (column.field == "attribute") means += " " + column.attribute;
    if (!column.consent.empty())
      means += column.consent == "texts" || column.consent == "unnamed" ? " and consent" : " and opt-out";
    words.push_back(column.field == "ignored" ? column.column + " left out"
                                              : fmt::format("{} -> {}", column.column, means));
  }
  return join(words, ", ");
}

}  // namespace smscrm
