#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/import/columns.hpp"

using namespace smscrm;

namespace {

using Headers = std::vector<std::string_view>;

std::vector<ImportColumn> map(const Headers& headers, const ColumnOptions& options = {}) {
  return map_columns(headers, options);
}

std::string message_of(const Headers& headers, const ColumnOptions& options = {}) {
  try {
    map(headers, options);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("headers are known by many names, in any case and with any separators") {
  struct Case {
    std::string_view header;
    ImportField field;
  };
  const Case cases[] = {
      {"MSISDN", ImportField::phone},
      {"Phone Number", ImportField::phone},
      {"cell-phone", ImportField::phone},
      {" Mobile ", ImportField::phone},
      {"Telephone", ImportField::phone},
      {"First Name", ImportField::first_name},
      {"LAST_NAME", ImportField::last_name},
      {"Name", ImportField::name},
      {"E-Mail", ImportField::email},
      {"Tags", ImportField::tags},
      {"Time Zone", ImportField::timezone},
      {"country", ImportField::country},
      {"External ID", ImportField::external_id},
      {"Consent", ImportField::consent},
      {"consent source", ImportField::consent_source},
      {"Consent-At", ImportField::consent_at},
      {"reject_reason", ImportField::ignored},
      {"", ImportField::ignored},
  };
  for (const auto& c : cases) {
    CAPTURE(c.header);
    const auto columns = c.field == ImportField::phone ? map({"x", c.header}) : map({"phone", c.header});
    CHECK(columns[1].field == c.field);
  }
}

TEST_CASE("other columns become attributes that a template can name") {
  const auto columns = map({"phone", "Favourite Drink"});
  CHECK(columns[1].field == ImportField::attribute);
  CHECK(columns[1].attribute == "favourite_drink");
}

TEST_CASE("what an export added is left out, and each attribute is read under the header that it gave it") {
  const auto columns = map({"phone", "smscrm_id", "smscrm_lists", "attr.phone", "attr.Two Words"});
  CHECK(columns[1].field == ImportField::ignored);
  CHECK(columns[2].field == ImportField::ignored);
  CHECK(columns[3].field == ImportField::attribute);
  CHECK(columns[3].attribute == "phone");
  CHECK(columns[4].attribute == "two words");
  CHECK(header_of_attribute("city") == "city");
  CHECK(header_of_attribute("two words") == "attr.two words");
  for (const auto* name : {"city", "phone", "e-mail", "tag", "two words", "attr.x", "attr.", "smscrm_id",
                           "opt_out", "=x", "é"}) {
    CAPTURE(name);
    const auto header = header_of_attribute(name);
    const auto read = map({"phone", header});
    CHECK(read[1].field == ImportField::attribute);
    CHECK(read[1].attribute == name);
  }
}

TEST_CASE("what the user maps goes before what a header says") {
  const auto columns = map({"Phone", "Office", "Notes"}, {.map = {{"office", "phone"}}, .ignore = {"NOTES"}});
  CHECK(columns[0].field == ImportField::attribute);
  CHECK(columns[0].attribute == "phone");
  CHECK(columns[1].field == ImportField::phone);
  CHECK(columns[2].field == ImportField::ignored);
  CHECK(map({"phone", "Points"}, {.map = {{"Points", "loyalty"}}})[1].attribute == "loyalty");
}

TEST_CASE("a mapping that cannot be meant is refused with the way out") {
  CHECK(message_of({"name", "email"}) ==
        "no column of the file is a phone number; its columns are name, email");
  CHECK(message_of({"phone", "mobile"}) == "columns \"phone\" and \"mobile\" mean the same");
  CHECK(message_of({"phone", "drink", "Drink"}) == "columns \"drink\" and \"Drink\" mean the same");
  CHECK(message_of({"phone"}, {.map = {{"fone", "phone"}}}) == "the file has no column \"fone\"");
  CHECK(message_of({"phone"}, {.ignore = {"notes"}}) == "the file has no column \"notes\"");
  CHECK(message_of({"phone", "Pr\xE9nom"}) == "the header of column 2 is not UTF-8");
}

TEST_CASE("a column map is written COLUMN=FIELD") {
  CHECK(parse_column_map("Cell Phone=phone") == std::pair<std::string, std::string>{"Cell Phone", "phone"});
  CHECK(parse_column_map("a=b=name").first == "a=b");
  for (const char* text : {"phone", "=phone", "Cell=", ""}) CHECK_THROWS_AS(parse_column_map(text), Error);
}
