#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/import/ndjson.hpp"
#include "tests/support/bytes.hpp"

using namespace smscrm;

namespace {

// A line each: its number, then KEY=VALUE for every value, with ! behind nested ones; or its fault.
std::vector<std::string> read(const std::string& text, NdjsonOptions options = {},
                              std::size_t step = 1 << 20) {
  NdjsonReader reader{bytes_of(text, step), options};
  std::vector<std::string> rows;
  while (reader.next()) {
    std::string row = std::to_string(reader.line());
    const auto& fault = reader.fault();
    if (!fault.reason.empty()) row += fmt::format(" {} {}", fault.reason, fault.key);
    const auto nested = reader.nested();
    for (std::size_t i = 0; i < reader.fields().size(); ++i)
      if (!reader.fields()[i].empty())
        row += fmt::format(" {}={}{}", reader.keys()[i], reader.fields()[i],
                           std::ranges::find(nested, i) != nested.end() ? "!" : "");
    rows.push_back(std::move(row));
  }
  CHECK_FALSE(reader.next());
  return rows;
}

std::string error_of(const std::string& text, NdjsonOptions options = {}) {
  return invalid_words([&] { read(text, options); });
}

}  // namespace

TEST_CASE("values of every kind are text") {
  struct Case {
    std::string line, want;
  };
  const Case cases[] = {
      {R"({"a":"x y","b":""})", "1 a=x y"},
      {R"({"a":7.50,"b":-3,"c":18446744073709551615,"d":1e3,"e":123456789012345678901234567890})",
       "1 a=7.50 b=-3 c=18446744073709551615 d=1e3 e=123456789012345678901234567890"},
      {R"({"a":true,"b":false,"c":null})", "1 a=true b=false"},
      {R"({"a":"Zo\u00eb \ud83d\ude00 \"q\"\n"})", "1 a=Zoë 😀 \"q\"\n"},
      {R"({"a":["x",2,null,true],"b":[],"c":[null]})", "1 a=x;2;true"},
      {R"({"a":{ "b" : [1, {"c":"\"d"}], "e":null },"f":1})", R"(1 a={"b":[1,{"c":"\"d"}],"e":null}! f=1)"},
      {R"({"a":[ [1], "x" ],"b":[{}]})", R"(1 a=[[1],"x"]! b=[{}]!)"},
      {R"({})", "1"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.line);
    CHECK(read(R"({"0":null})"
               "\n" +
               c.line)
              .at(1) == "2" + c.want.substr(1));
  }
}

TEST_CASE("keys come in any order, and may come late") {
  const std::string text = "{\"a\":1,\"b\":2}\r\n\n  \n {\"b\":3,\"a\":4} \n{\"c\":5}\n{\"a\":6}";
  const std::vector<std::string> want{"1 a=1 b=2", "4 a=4 b=3", "5 c=5", "6 a=6"};
  for (std::size_t step = 1; step < 20; ++step) CHECK(read(text, {}, step) == want);
  CHECK(read("\xEF\xBB\xBF" + text) == want);

  NdjsonReader reader{bytes_of(text, 3)};
  CHECK(reader.keys() == std::vector<std::string>{"a", "b", "c"});
  NdjsonReader late{bytes_of("{\"a\":1}\n{\"a\":\"" + std::string(60'000, 'x') + "\"}\n{\"a\":\"" +
                                 std::string(60'000, 'x') + "\",\"b\":2}\n",
                             1000)};
  CHECK(late.keys() == std::vector<std::string>{"a"});
  CHECK((late.next() && late.next() && late.next()));
  CHECK(late.keys() == std::vector<std::string>{"a", "b"});
  CHECK(late.fields()[1] == "2");
}

TEST_CASE("a line that is broken has its fault, and the next one is read") {
  const std::string text =
      "{\"a\":1}\n{\"a\":2,\n[1]\n\"x\"\nnull\n{\"a\":1}{\"a\":2}\n{\"x\":1,\"a\":2,\"x\":3}\n{\"a\":"
      "\"\\u0000\"}\n"
      "{\"a\":\"\\ud800\"}\n{\"a\":\"\xE9\"}\n{\"a\\u0000\":1}\n{\"a\":[\"\\u0000\"]}\n" +
      std::string("{\"a\":\"\0\"}\n", 10) + "{\"a\":9}\n";
  CHECK(read(text) == std::vector<std::string>{"1 a=1", "2 not_json ", "3 not_json ", "4 not_json ",
                                               "5 not_json ", "6 not_json ", "7 duplicate_key x", "8 nul a",
                                               "9 not_json ", "10 not_utf8 ", "11 nul ", "12 nul a",
                                               "13 not_json ", "14 a=9"});
  CHECK(read("\"\\u0000\"\n{\"a\":1}\n") == std::vector<std::string>{"1 not_json ", "2 a=1"});
  NdjsonReader reader{bytes_of("{\"a\":1}\n {\"b\":1, \n", 100)};
  CHECK((reader.next() && reader.next()));
  CHECK(reader.text() == "{\"b\":1,");
  CHECK(reader.keys() == std::vector<std::string>{"a"});
}

TEST_CASE("what is no NDJSON, and what is over the limits, is refused") {
  CHECK(error_of("") == "");
  CHECK(error_of("\n \n") == "");
  CHECK(error_of("[\n{\"a\":1},\n{\"a\":2}\n]\n") ==
        "the file is a JSON array and not NDJSON, which has an object on each line");
  CHECK(error_of("{\n\"a\":1\n}\n") == "none of the first lines is a JSON object");
  CHECK(error_of("phone\n+1415\n") == "none of the first lines is a JSON object");
  const NdjsonOptions small{.max_field = 5, .max_row = 20, .max_columns = 2};
  CHECK(error_of("{\"a\":\"12345\"}\n", small) == "");
  CHECK(error_of("{\"a\":1}\n{\"a\":\"123456\"}\n", small) == "line 2: the value of \"a\" is over 5 bytes");
  CHECK(error_of("{\"a\":1}\n{\"a\":1,\"b\":2,  \"c\":3}", small) == "line 2: a row is over 20 bytes");
  CHECK(error_of("{\"a\":1}\n{\"b\":1}\n{\"c\":1}\n", small) == "line 1: over 2 different keys so far");
  CHECK(error_of("{\"a\":\"" + std::string(2'000'000, 'x')) == "line 1: a row is over 1048576 bytes");
}
