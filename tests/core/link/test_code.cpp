#include <algorithm>
#include <cctype>
#include <set>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/link/code.hpp"

using namespace smscrm;

namespace {

const LinkKey key{SecretKey{std::string(32, 'k')}};
constexpr std::int64_t last_link = (std::int64_t{1} << 28) - 1;
constexpr std::int64_t last_message = (std::int64_t{1} << 36) - 1;

}  // namespace

TEST_CASE("a code leads back to its link and message") {
  for (const std::int64_t link : {std::int64_t{0}, std::int64_t{1}, std::int64_t{77}, last_link}) {
    for (const std::int64_t message :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{123456789}, last_message}) {
      const auto code = encode_link_code(key, {link}, {message});
      CHECK(code.size() == link_code_size);
      CHECK(std::all_of(code.begin(), code.end(), [](unsigned char c) { return std::isalnum(c); }));
      CHECK(decode_link_code(key, code) == LinkTarget{{link}, {message}});
    }
  }
}

// Codes live in people's phones for years, so the permutation may never change.
TEST_CASE("codes are the same in every version") {
  CHECK(encode_link_code(key, {1}, {1}) == "Cb8tFHowNzR");
  CHECK(encode_link_code(key, {last_link}, {last_message}) == "GfRQ2j31rSV");
}

TEST_CASE("neighbouring messages have unrelated codes") {
  std::set<std::string> codes;
  std::set<std::string> beginnings;
  for (std::int64_t message = 1; message <= 2000; ++message) {
    const auto code = encode_link_code(key, {5}, {message});
    codes.insert(code);
    beginnings.insert(code.substr(0, 5));
  }
  CHECK(codes.size() == 2000);
  CHECK(beginnings.size() > 1990);
}

TEST_CASE("another key reads something else") {
  const LinkKey other{SecretKey{std::string(32, 'o')}};
  CHECK(decode_link_code(other, encode_link_code(key, {5}, {6})) != LinkTarget{{5}, {6}});
}

TEST_CASE("what cannot be a code is nothing") {
  CHECK(decode_link_code(key, "LygHa16AHYF"));  // 2^64 - 1
  for (const char* code : {"", "0", "0000000000", "000000000000", "0000000000-", "000 0000000",
                           "0000000000\xff", "LygHa16AHYG", "zzzzzzzzzzz"}) {
    CAPTURE(code);
    CHECK_FALSE(decode_link_code(key, code));
  }
}

TEST_CASE("an id over its bits is our fault") {
  for (const auto& [link, message] : {std::pair{last_link + 1, std::int64_t{1}},
                                      {std::int64_t{1}, last_message + 1},
                                      {std::int64_t{-1}, std::int64_t{1}},
                                      {std::int64_t{1}, std::int64_t{-1}}})
    CHECK_THROWS_AS(encode_link_code(key, {link}, {message}), Error);
}

TEST_CASE("what handsets glue to a code is no part of it") {
  for (const char* end : {"",  ".",         ",",         "!",      ")",    ").",  "\"", "/",
                          ";", "%E2%80%9D", "%E3%80%82", "%C2%A0", "'",    "...", "*",  "\xe2\x80\x9d",
                          "%", "%4",        "%zz",       "/abc",   "-abc", "_1"}) {
    CAPTURE(end);
    CHECK(read_link_code("AbC0123xyZ9" + std::string{end}) == "AbC0123xyZ9");
  }
  CHECK_MESSAGE(read_link_code("%41bC0123xyZ9") == "AbC0123xyZ9", "encoded, it is the same digit");
  for (const char* more : {"A", "0", "abc", "%41"})
    CHECK(read_link_code("AbC0123xyZ9" + std::string{more}).size() > 11);
  CHECK(read_link_code("").empty());
  CHECK(read_link_code("/AbC").empty());
}
