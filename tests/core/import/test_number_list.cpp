#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/import/number_list.hpp"

using namespace smscrm;

namespace {

std::vector<ListedNumber> read(std::string text, ImportOptions options = {}) {
  Tenant tenant;
  tenant.country = "US";
  std::size_t at = 0;
  std::vector<ListedNumber> numbers;
  read_number_list(
      [&](char* buffer, std::size_t size) {
        const auto part = std::min(size, text.size() - at);
        std::copy_n(text.data() + at, part, buffer);
        at += part;
        return part;
      },
      tenant, options, [&](const ListedNumber& number) { numbers.push_back(number); });
  return numbers;
}

std::vector<std::string> keys(const std::vector<ListedNumber>& numbers) {
  std::vector<std::string> all;
  for (const auto& number : numbers)
    all.push_back(number.key.empty() ? std::string{number.reason} : number.key);
  return all;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("a file without a column of numbers has one a line") {
  const auto numbers =
      read("# registry\n(415) 555-2671\r\n\n+44 7400 123456\nnonsense\n+999123456789\n12345\n");
  CHECK(keys(numbers) == Keys{"+14155552671", "+447400123456", "invalid_phone", "+999123456789", "12345"});
  CHECK(numbers.front().line == 2);
  CHECK(numbers[2].text == "nonsense");
  CHECK(keys(read("4155552671")) == Keys{"+14155552671"});
  CHECK(keys(read("415-555-2671; 415-555-2672\n4155552673\n")) == Keys{"phone_several", "+14155552673"});
  CHECK(read("").empty());
  CHECK(read("\n# nothing\n").empty());
}

TEST_CASE("a table is read by its column of numbers, and that of countries") {
  const auto numbers = read(
      "name,phone,country\nAda,(415) 555-2671,\nBo,07400 123456,United Kingdom\nCy,,\nDi,4.1556E9,US\n"
      "Ed,30231250.0,DEU\nFi,07400 123456,Atlantis\nGo,+44 7400 123457,Atlantis\nHy\n");
  CHECK(keys(numbers) == Keys{"+14155552671", "+447400123456", "phone_digits_lost", "+4930231250",
                              "invalid_phone", "+447400123457", "field_count"});
  CHECK(keys(read("phone\n4155552671\n")) == Keys{"+14155552671"});
  CHECK(keys(read("Name;Mobile\nAda;415 555 2671\n")) == Keys{"+14155552671"});
  CHECK(keys(read("{\"phone\": \"4155552671\"}\n{\"phone\": 4155552672}\n")) ==
        Keys{"+14155552671", "+14155552672"});
}

TEST_CASE("encodings are told as in an import") {
  CHECK(keys(read(std::string{"\xFF\xFE"
                              "p\0h\0o\0n\0e\0\n\0"
                              "4\0"
                              "1\0"
                              "5\0"
                              "5\0"
                              "5\0"
                              "5\0"
                              "2\0"
                              "6\0"
                              "7\0"
                              "1\0\n\0",
                              34})) == Keys{"+14155552671"});
  CHECK(keys(read("num\xE9ro,phone\nx,415\xA0"
                  "555\xA0"
                  "2671\n")) == Keys{"+14155552671"});
}

TEST_CASE("what says no may have words beside it") {
  CHECK(keys(read("DO NOT TEXT 415-555-2671\n")) == Keys{"+14155552671"});
}

TEST_CASE("a table whose numbers cannot be found is an error that says so") {
  CHECK_THROWS_AS(read("name,code\nAda,4155552671\n"), Error);
  CHECK_THROWS_AS(read("{\"name\": \"Ada\"}\n"), Error);
  ImportOptions options;
  options.columns.map = {{"code", "phone"}};
  CHECK(keys(read("name,code\nAda,4155552671\n", options)) == Keys{"+14155552671"});
  options = {};
  options.column_names = {"name", "phone"};
  CHECK(keys(read("Ada,4155552671\n", options)) == Keys{"+14155552671"});
}
