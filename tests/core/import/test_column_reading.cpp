#include <doctest/doctest.h>

#include "core/import/column_reading.hpp"

using namespace smscrm;

namespace {

std::vector<ColumnReading> read(const std::vector<std::string_view>& header,
                                const ColumnOptions& options = {}) {
  return read_columns(map_columns(header, options, {}));
}

std::string near(std::string_view header) {
  for (const auto& column : read({"Mobile", header}))
    if (column.column == header) return column.near;
  return "?";
}

}  // namespace

TEST_CASE("every column is told as what it was read") {
  const auto columns =
      read({"Mobile", "First Name", "Favourite Drink", "SMS Consent", "", "Notes", "Opted Out"},
           {.ignore = {"Notes"}});
  CHECK(describe(columns) ==
        "Mobile -> phone, First Name -> first_name, Favourite Drink -> attribute favourite_drink,"
        " SMS Consent -> attribute sms_consent and consent, Notes left out,"
        " Opted Out -> attribute opted_out and opt-out");
  CHECK(columns[2].attribute == "favourite_drink");
  CHECK(columns[3].consent == "texts");
}

TEST_CASE("a column that is nearly called as a known one is said to be") {
  for (const auto& [header, field] :
       {std::pair{"last_nme", "last_name"}, std::pair{"Frist Name", "first_name"},
        std::pair{"fist_name", "first_name"}, std::pair{"Lastname1", "last_name"},
        std::pair{"emial", "email"}, std::pair{"E-mails", "email"}, std::pair{"tgas", "tags"},
        std::pair{"time-zon", "timezone"}, std::pair{"contry", "country"},
        std::pair{"externalid2", "external_id"}, std::pair{"consentsorce", "consent_source"}}) {
    CAPTURE(header);
    CHECK(near(header) == field);
  }
  for (const char* header :
       {"note",   "notes", "city",   "state", "zip",    "drink", "birthday", "company", "gender", "date",
        "points", "plan",  "source", "title", "street", "store", "call",     "gift",    "mail",   "code"}) {
    CAPTURE(header);
    CHECK(near(header) == "");
  }
  // What another column is already is not missing.
  CHECK(read({"phone", "email", "email2"})[2].near == "");
  CHECK(read({"phone", "x"}, {.map = {{"x", "lastnme"}}})[1].near == "last_name");
}
