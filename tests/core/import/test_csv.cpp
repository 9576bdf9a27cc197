#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/import/csv.hpp"
#include "tests/support/bytes.hpp"

using namespace smscrm;

namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

constexpr std::size_t all = 1 << 20;

Rows read(const std::string& text, CsvOptions options = {}, std::size_t step = all) {
  CsvReader reader{bytes_of(text, step), options};
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  CHECK_FALSE(reader.next());
  return rows;
}

// The same when a read ends behind the first `cut` bytes: two rows before them fill the sample of 64 KiB,
// until which the reader reads on anyway.
Rows read_cut(const std::string& text, std::size_t cut) {
  const std::string row(33'000, 'x');
  std::vector<std::string> pieces{row + "\n" + row + "\n" + text.substr(0, cut), text.substr(cut), ""};
  CsvReader reader{[&, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
                     while (at + 1 < pieces.size() && pieces[at].empty()) ++at;
                     const auto count = std::min(size, pieces[at].size());
                     std::memcpy(buffer, pieces[at].data(), count);
                     pieces[at].erase(0, count);
                     return count;
                   },
                   {.delimiter = ','}};
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  REQUIRE(rows.size() >= 2);
  rows.erase(rows.begin(), rows.begin() + 2);
  return rows;
}

std::vector<std::int64_t> lines_of(const std::string& text) {
  CsvReader reader{bytes_of(text, all)};
  std::vector<std::int64_t> lines;
  while (reader.next()) lines.push_back(reader.line());
  return lines;
}

std::string error_of(const std::string& text, CsvOptions options = {}) {
  return invalid_words([&] { read(text, options); });
}

}  // namespace

// The shapes of the csv-spectrum collection by their names there, with data of our own, and then more.
TEST_CASE("every shape that readers are known to stumble over, cut at any byte") {
  struct Case {
    std::string what, text;
    Rows want;
  };
  const Case cases[] = {
      {"comma_in_quotes",
       "name,street,town,zip\nAnn,5 Elm Rd.,\"Bath, Somerset\",0123\n",
       {{"name", "street", "town", "zip"}, {"Ann", "5 Elm Rd.", "Bath, Somerset", "0123"}}},
      {"empty", "x,y,z\n7,\"\",\"\"\n8,9,0\n", {{"x", "y", "z"}, {"7", "", ""}, {"8", "9", "0"}}},
      {"empty_crlf", "x,y,z\r\n7,\"\",\"\"\r\n8,9,0\r\n", {{"x", "y", "z"}, {"7", "", ""}, {"8", "9", "0"}}},
      {"escaped_quotes",
       "x,y\n7,\"she \"\"said\"\" so\"\n8,9\n",
       {{"x", "y"}, {"7", "she \"said\" so"}, {"8", "9"}}},
      {"json",
       "id,object\n7,\"{\"\"kind\"\": \"\"Cup\"\", \"\"sizes\"\": [8, 12.5]}\"\n",
       {{"id", "object"}, {"7", "{\"kind\": \"Cup\", \"sizes\": [8, 12.5]}"}}},
      {"newlines",
       "x,y,z\n7,8,9\n\"Two \nlines\",5,6\n1,2,3\n",
       {{"x", "y", "z"}, {"7", "8", "9"}, {"Two \nlines", "5", "6"}, {"1", "2", "3"}}},
      {"newlines_crlf",
       "x,y,z\r\n7,8,9\r\n\"Two \r\nlines\",5,6\r\n1,2,3\r\n",
       {{"x", "y", "z"}, {"7", "8", "9"}, {"Two \r\nlines", "5", "6"}, {"1", "2", "3"}}},
      {"quotes_and_newlines",
       "x,y\n7,\"she \n\"\"said\"\" \nso\"\n8,9\n",
       {{"x", "y"}, {"7", "she \n\"said\" \nso"}, {"8", "9"}}},
      {"simple", "x,y,z\n7,8,9\n", {{"x", "y", "z"}, {"7", "8", "9"}}},
      {"simple_crlf", "x,y,z\r\n7,8,9\r\n", {{"x", "y", "z"}, {"7", "8", "9"}}},
      {"utf8", "x,y,z\n7,8,9\n4,é,𝄞\n", {{"x", "y", "z"}, {"7", "8", "9"}, {"4", "é", "𝄞"}}},
      {"location_coordinates",
       "Number,Place,Towns\n7,\"51°22'54.3\"\"N 2°21'39.1\"\"W\",\"Bath, Wells\"\n",
       {{"Number", "Place", "Towns"}, {"7", "51°22'54.3\"N 2°21'39.1\"W", "Bath, Wells"}}},
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
    if (c.text.starts_with('\xEF')) continue;  // the mark must come first
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) CHECK(read_cut(c.text, cut) == c.want);
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

TEST_CASE("the delimiter is that of the first 64 KiB, however much is read at once") {
  std::string text = "a;b,c\n";
  for (int i = 0; i < 3; ++i) text += std::string(22 * 1024, 'x') + ";2\n";
  for (int i = 0; i < 40; ++i) text += "1,2\n";
  for (const std::size_t step : {std::size_t{100}, all}) {
    CAPTURE(step);
    CHECK(CsvReader(bytes_of(text, step)).delimiter() == ';');
  }
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
  const CsvOptions short_rows{.max_row = 8};
  CHECK(error_of("abc,defg\n\"a\",bcde\nabc,defg", short_rows) == "");
  CHECK(error_of("a\nabc,defgh\n", short_rows) == "line 2: a row is over 8 bytes");
  CHECK(error_of("a,b\n" + std::string(1'500'000, ',') + "\n", {.max_columns = 2'000'000}) ==
        "line 2: a row is over 1048576 bytes");
  CHECK(error_of("a\n\"" + std::string(70000, 'x')) ==
        "line 2: the field is over 65536 bytes; is a quote left open there?");
}

TEST_CASE("written rows read back as they were") {
  const Rows rows{{"a", "b"}, {"x,y", "say \"hi\""}, {"two\nlines", "cr\r"}, {""},
                  {"", ""},   {" é ", "+1415"}};
  std::string text, mark;
  format_csv_row(mark, Row{"\xEF\xBB\xBFx"});
  CHECK(read(mark) == Rows{{"\xEF\xBB\xBFx"}});
  for (const auto& row : rows) format_csv_row(text, row);
  CHECK(read(text) == rows);
  CHECK(text.starts_with("a,b\r\n\"x,y\",\"say \"\"hi\"\"\"\r\n"));
  std::string views;
  const std::string_view fields[] = {"a", "b"};
  format_csv_row(views, fields);
  CHECK(views == "a,b\r\n");
}

TEST_CASE("a first line of sep= says what the delimiter is, and is no record") {
  for (const char* line : {"sep=;\n", "SEP=;\r\n", "sep=;;;\n", "\xEF\xBB\xBFsep=;\r"}) {
    CAPTURE(line);
    CsvReader reader{bytes_of(std::string{line} + "a,b;c\n1;2\n")};
    CHECK(reader.delimiter() == ';');
    REQUIRE(reader.next());
    CHECK(reader.line() == 2);
    CHECK(reader.fields()[0] == "a,b");
  }
  CsvReader tab{bytes_of("sep=\t\na\tb\n")};
  CHECK(tab.delimiter() == '\t');
  CsvReader name{bytes_of("sep=x;y\n1;2\n")};
  REQUIRE(name.next());
  CHECK(name.fields()[0] == "sep=x");
  CsvOptions told;
  told.delimiter = ',';
  CsvReader goes_first{bytes_of("sep=;\na,b\n"), told};
  REQUIRE(goes_first.next());
  CHECK(goes_first.fields().size() == 2);
}
