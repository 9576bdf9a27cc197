#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/import/preset.hpp"
#include "tests/support/command.hpp"

using namespace smscrm;

namespace {

// "phone first_name *attribute -" of a header.
std::string meanings(const ImportPreset& preset, std::vector<std::string_view> header,
                     ColumnOptions options = {}) {
  options.preset_map = preset.map;
  options.preset_ignore = preset.ignore;
  std::string all;
  for (const auto& column : map_columns(header, options)) {
    if (!all.empty()) all += ' ';
    if (column.field == ImportField::phone)
      all += "phone";
    else if (column.field == ImportField::external_id)
      all += "id";
    else if (column.field == ImportField::attribute)
      all += "*" + column.attribute;
    else
      all += column.field == ImportField::ignored ? "-" : "known";
  }
  return all;
}

}  // namespace

TEST_CASE("exports of other programs are known, whichever of their columns a file has") {
  const auto hubspot = load_import_preset("hubspot");
  CHECK(meanings(hubspot, {"Record ID", "First Name", "Phone Number", "Mobile Phone Number",
                           "Contact owner"}) == "id known phone phone -");
  CHECK(meanings(hubspot, {"Email", "Phone Number"}) == "known phone");
  CHECK(meanings(load_import_preset("mailchimp"),
                 {"Email Address", "Phone Number", "OPTIN_TIME", "CC", "EUID", "NOTES", "TAGS"}) ==
        "known phone - known id *notes *mailchimp_tags");
  CHECK(meanings(load_import_preset("twilio"), {"From", "To", "Body", "Direction", "PriceUnit"}) ==
        "known known known known -");
}

TEST_CASE("what a user says goes before the preset") {
  ColumnOptions options;
  options.map = {{"Phone Number", "phone"}, {"Contact owner", "owner"}};
  CHECK(meanings(load_import_preset("hubspot"), {"Phone Number", "Mobile Phone Number", "Contact owner"},
                 options) == "phone *mobile_phone_number *owner");
}

TEST_CASE("a saved preset is read again, in its order") {
  const TempDir dir;
  const ImportPreset preset{.region = "GB",
                            .delimiter = '\t',
                            .columns = {"Erste", "", "c"},
                            .map = {{"Zweite \"Nr\" \\", "phone"}, {"Erste", "phone"}},
                            .ignore = {"a", "b"}};
  const auto read = load_import_preset(dir.write("crm.toml", format_import_preset(preset)));
  CHECK(read.region == preset.region);
  CHECK(read.delimiter == preset.delimiter);
  CHECK(read.columns == preset.columns);
  CHECK(read.map == preset.map);
  CHECK(read.ignore == preset.ignore);
}

TEST_CASE("a preset with a mistake is refused with its line") {
  const TempDir dir;
  const auto file = dir.path() + "/bad.toml";
  for (const auto& [text, says] : {std::pair{"\nregions = 'US'\n", ":2: \"regions\" is none of"},
                                   std::pair{"[map]\nPhone = 7\n", ":2: a text is expected"},
                                   std::pair{"delimiter = ';;'\n", ":1: a delimiter is one character"},
                                   std::pair{"region = \n", ":1: "}}) {
    dir.write("bad.toml", text);
    std::string said;
    try {
      load_import_preset(file);
    } catch (const Error& e) {
      said = e.what();
    }
    CAPTURE(said);
    CHECK(said.starts_with(file + says));
  }
  CHECK_THROWS_AS(load_import_preset("hubspott"), Error);
}
