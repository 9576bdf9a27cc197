#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/csv.hpp"

using namespace smscrm;

namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

// Hands `text` out in pieces of at most `step` bytes.
ByteSource bytes_of(std::string text, std::size_t step) {
  return [text = std::move(text), step, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t count = std::min({size, step, text.size() - at});
    std::memcpy(buffer, text.data() + at, count);
    at += count;
    return count;
  };
}

constexpr std::size_t all = 1 << 20;

Rows read(const std::string& text, CsvOptions options = {}, std::size_t step = all) {
  CsvReader reader{bytes_of(text, step), options};
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  CHECK_FALSE(reader.next());
  return rows;
}

std::vector<std::int64_t> lines_of(const std::string& text) {
  CsvReader reader{bytes_of(text, all)};
  std::vector<std::int64_t> lines;
  while (reader.next()) lines.push_back(reader.line());
  return lines;
}

std::string error_of(const std::string& text, CsvOptions options = {}) {
  try {
    read(text, options);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::invalid);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("csv-spectrum: every shape that readers are known to stumble over") {
  struct Case {
    std::string what, text;
    Rows want;
  };
  const Case cases[] = {
      {"comma_in_quotes",
       "first,last,address,city,zip\nJohn,Doe,120 any st.,\"Anytown, WW\",08123\n",
       {{"first", "last", "address", "city", "zip"}, {"John", "Doe", "120 any st.", "Anytown, WW", "08123"}}},
      {"empty", "a,b,c\n1,\"\",\"\"\n2,3,4\n", {{"a", "b", "c"}, {"1", "", ""}, {"2", "3", "4"}}},
      {"empty_crlf", "a,b,c\r\n1,\"\",\"\"\r\n2,3,4\r\n", {{"a", "b", "c"}, {"1", "", ""}, {"2", "3", "4"}}},
      {"escaped_quotes",
       "a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n",
       {{"a", "b"}, {"1", "ha \"ha\" ha"}, {"3", "4"}}},
      {"json",
       "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [102.0, 0.5]}\"\n",
       {{"key", "val"}, {"1", "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"}}},
      {"newlines",
       "a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n",
       {{"a", "b", "c"}, {"1", "2", "3"}, {"Once upon \na time", "5", "6"}, {"7", "8", "9"}}},
      {"newlines_crlf",
       "a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n",
       {{"a", "b", "c"}, {"1", "2", "3"}, {"Once upon \r\na time", "5", "6"}, {"7", "8", "9"}}},
      {"quotes_and_newlines",
       "a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n",
       {{"a", "b"}, {"1", "ha \n\"ha\" \nha"}, {"3", "4"}}},
      {"simple", "a,b,c\n1,2,3\n", {{"a", "b", "c"}, {"1", "2", "3"}}},
      {"simple_crlf", "a,b,c\r\n1,2,3\r\n", {{"a", "b", "c"}, {"1", "2", "3"}}},
      {"utf8", "a,b,c\n1,2,3\n4,5,ʤ\n", {{"a", "b", "c"}, {"1", "2", "3"}, {"4", "5", "ʤ"}}},
      {"location_coordinates",
       "Contact Phone Number,Location Coordinates,Cities\n2,\"37°36'37.8\"\"N 121°2'17.9\"\"W\",\"Sunol, "
       "Livermore\"\n",
       {{"Contact Phone Number", "Location Coordinates", "Cities"},
        {"2", "37°36'37.8\"N 121°2'17.9\"W", "Sunol, Livermore"}}},
      {"no line end at the end", "a,b\n1,", {{"a", "b"}, {"1", ""}}},
      {"a quote at the very end", "a,b\n1,\"\"", {{"a", "b"}, {"1", ""}}},
      {"CR alone", "a,b\r1,2\r\"x\ry\",3\r", {{"a", "b"}, {"1", "2"}, {"x\ry", "3"}}},
      {"blank lines are skipped, lines of delimiters are not",
       "\n\r\na,b\n\n\r\n,\n\"\"\n",
       {{"a", "b"}, {"", ""}, {""}}},
      {"ragged records", "a,b\n1\n1,2,3\n", {{"a", "b"}, {"1"}, {"1", "2", "3"}}},
      {"quotes inside an unquoted field", "a,b\n5\" pipe,x\"\"y\n", {{"a", "b"}, {"5\" pipe", "x\"\"y"}}},
      {"text after a closing quote", "a,b\n\"Al\"ex,\"x\"y\"z\"\n", {{"a", "b"}, {"Alex", "xy\"z\""}}},
      {"blanks are kept", "a, b \n \"x\" ,y\n", {{"a", " b "}, {" \"x\" ", "y"}}},
      {"byte order mark", "\xEF\xBB\xBF\"a\",b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"byte order mark alone", "\xEF\xBB\xBF", {}},
      {"nothing", "", {}},
      {"only line ends", "\r\n\n\r", {}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(read(c.text) == c.want);
  }
}

// A record may be torn at any byte between two reads, so each text also follows a run that fills the buffer.
TEST_CASE("records that straddle reads come out whole") {
  const std::string tail = "x,\"a \"\"b\"\"\r\nc\"\r\ny,\"\"\rz,w";
  const Rows want{{"x", "a \"b\"\r\nc"}, {"y", ""}, {"z", "w"}};
  for (std::size_t gap = 0; gap < 24; ++gap) {
    CAPTURE(gap);
    std::string text;
    while (text.size() < 256 * 1024 - 32) text += "aaaaaaa,bbbbbbb\n";
    text += std::string(gap, 'p') + ",q\n";
    Rows rows = read(text + tail);
    REQUIRE(rows.size() > 3);
    CHECK(Rows(rows.end() - 3, rows.end()) == want);
    rows = read(text.substr(text.size() - 64 * 1024 - gap) + tail, {}, 7);
    CHECK(Rows(rows.end() - 3, rows.end()) == want);
  }
}

TEST_CASE("a record larger than the first buffer is read") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += (i ? ",\"" : "\"") + std::string(20000, 'x') + "\"";
  const Rows rows = read(text + "\na,b\n", {}, 1000);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].size() == 40);
  CHECK(rows[0][39] == std::string(20000, 'x'));
  CHECK(rows[1] == Row{"a", "b"});
}

TEST_CASE("a record knows the line it begins on") {
  CHECK(lines_of("a\n\"x\ny\r\nz\"\r\n\n\nb\rc") == std::vector<std::int64_t>{1, 2, 7, 8});
}

TEST_CASE("the delimiter is detected, or taken as told") {
  CHECK(read("a;b\n\"1,5\";2,5\n") == Rows{{"a", "b"}, {"1,5", "2,5"}});
  CHECK(read("a\tb\n1\t2\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(read("a|b\n1|2\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(read("phone\n+1 415\n") == Rows{{"phone"}, {"+1 415"}});
  CHECK(read("a;b,c\n", {.delimiter = ','}) == Rows{{"a;b", "c"}});
  CHECK(detect_csv_delimiter("name,tags|groups,phone\nx,a|b|c,1\ny,,2\n") == ',');
  CHECK(detect_csv_delimiter("name;address\nx;\"1, 2, 3\"\ny;4, 5\n") == ';');
  CHECK(detect_csv_delimiter("") == ',');
  CHECK_THROWS_AS(read("a", {.delimiter = '"'}), Error);
}

TEST_CASE("what cannot be read is refused with its line") {
  CHECK(error_of("a,b\n1,\"x\ny\n") == "line 2: the quote opened there is never closed");
  CHECK(error_of("a,b\n\"p\nq\",\"x\n\n") == "line 3: the quote opened there is never closed");
  CHECK(error_of("a\n" + std::string("b\0c", 3)) == "line 2: a NUL byte; is the file UTF-16 and not UTF-8?");
  CHECK(error_of("a\n\"x\n" + std::string("b\0c", 3) + "\"\n") ==
        "line 3: a NUL byte; is the file UTF-16 and not UTF-8?");
  const CsvOptions small{.max_field = 5, .max_columns = 3};
  CHECK(error_of("12345,\"12345\",\n", small) == "");
  CHECK(error_of("a\n123456\n", small) == "line 2: a field is over 5 bytes");
  CHECK(error_of("a\n\"123456\"\n", small) == "line 2: a field is over 5 bytes");
  CHECK(error_of("a\n1,2,3,4\n", small) == "line 2: over 3 columns");
  CHECK(error_of("a\n\"" + std::string(70000, 'x')) ==
        "line 2: the field is over 65536 bytes; is a quote left open there?");
}

TEST_CASE("written rows read back as they were") {
  const Rows rows{{"a", "b"}, {"x,y", "say \"hi\""}, {"two\nlines", "cr\r"}, {""},
                  {"", ""},   {" é ", "+1415"}};
  std::string text;
  for (const auto& row : rows) format_csv_row(text, row);
  CHECK(read(text) == rows);
  CHECK(text.starts_with("a,b\r\n\"x,y\",\"say \"\"hi\"\"\"\r\n"));
  std::string views;
  const std::string_view fields[] = {"a", "b"};
  format_csv_row(views, fields);
  CHECK(views == "a,b\r\n");
}
