#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/error.hpp"
#include "core/import/input.hpp"
#include "tests/support/bytes.hpp"

using namespace smscrm;
using namespace std::string_literals;

namespace {

struct Read {
  std::string text, encoding, compression;
};

Read read(const std::string& bytes, std::string_view encoding = {}, std::size_t step = 1 << 20) {
  ImportInput input{bytes_of(bytes, step), encoding};
  Read result{{}, input.encoding(), input.compression()};
  char buffer[1000];
  while (const auto got = input.read(buffer, sizeof buffer)) result.text.append(buffer, got);
  return result;
}

std::string error_of(const std::string& bytes, std::string_view encoding = {}) {
  return invalid_words([&] { read(bytes, encoding); });
}

std::string gzip(std::string text) {
  std::string out(text.size() + 1000, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// More than a block, and hard to compress.
std::string long_text() {
  std::string text = "phone,name\n";
  std::uint32_t state = 1;
  for (int i = 0; i < 30'000; ++i) {
    state = state * 1664525 + 1013904223;
    text += std::to_string(state) + ",Zoë\n";
  }
  return text;
}

std::string utf16(std::u16string_view text, bool big_endian) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  }
  return bytes;
}

}  // namespace

TEST_CASE("the encoding is told from the bytes, and the text comes out as UTF-8") {
  struct Case {
    std::string what, bytes, encoding, text;
  };
  const auto mixed = u"phone,name\n1,Zoë €\U0001F600\n";
  const auto text = "phone,name\n1,Zoë €😀\n"s;
  const Case cases[] = {
      {"nothing", "", "utf-8", ""},
      {"ASCII", "phone\n1\n", "utf-8", "phone\n1\n"},
      {"UTF-8", text, "utf-8", text},
      {"UTF-8 with a mark, which the parser skips", "\xEF\xBB\xBF" + text, "utf-8", "\xEF\xBB\xBF" + text},
      {"UTF-16LE with a mark", "\xFF\xFE" + utf16(mixed, false), "utf-16le", text},
      {"UTF-16BE with a mark", "\xFE\xFF" + utf16(mixed, true), "utf-16be", text},
      {"UTF-16LE without", utf16(mixed, false), "utf-16le", text},
      {"UTF-16BE without", utf16(mixed, true), "utf-16be", text},
      {"Windows-1252", "phone,name\n1,Zo\xEB \x80\x93\n", "cp1252", "phone,name\n1,Zoë €“\n"},
      {"UTF-8 with one bad byte stays", "é, ü, ö\n\xE9\n", "utf-8", "é, ü, ö\n\xE9\n"},
      {"a NUL alone is not UTF-16", "phone\n\0\n1234567890\n"s, "utf-8", "phone\n\0\n1234567890\n"s},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 20}) {
      const auto got = read(c.bytes, {}, step);
      CHECK(got.encoding == c.encoding);
      CHECK(got.text == c.text);
      CHECK(got.compression == "none");
    }
  }
}

TEST_CASE("an encoding that is given goes before what the bytes say") {
  CHECK(read("Zo\xC3\xAB", "latin1").text == "ZoÃ«");
  CHECK(read("\x80", "latin1").text == "\xC2\x80");
  CHECK(read("\x80", "cp1252").text == "€");
  CHECK(read("\xFE\xFF" + utf16(u"a", true), "utf-16").text == "a");
  CHECK(read(utf16(u"é", false), "utf-16").text == "é");
  CHECK(read("\xE9", "utf-8").text == "\xE9");
  CHECK_THROWS_AS(read("a", "ebcdic"), Error);
}

TEST_CASE("characters that blocks cut come out whole") {
  std::u16string units;
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    units += u"\U0001F600é";
    text += "😀é";
  }
  CHECK(read("\xFF\xFE" + utf16(units, false)).text == text);
  for (int shift = 0; shift < 4; ++shift)
    CHECK(read(std::string(std::size_t(shift), 'x') + text).encoding == "utf-8");
}

TEST_CASE("gzip and zstd are known by their first bytes, also in several pieces") {
  const auto text = long_text();
  for (const std::size_t step : {std::size_t{7}, std::size_t{1} << 20}) {
    CAPTURE(step);
    CHECK(read(gzip(text), {}, step).text == text);
    CHECK(read(zstd(text), {}, step).text == text);
    CHECK(read(gzip(text) + gzip("more\n"), {}, step).text == text + "more\n");
    CHECK(read(zstd(text) + zstd("more\n"), {}, step).text == text + "more\n");
  }
  CHECK(read(gzip("a")).compression == "gzip");
  CHECK(read(zstd("a")).compression == "zstd");
  CHECK(read(gzip("\xFF\xFE" + utf16(u"é", false))).text == "é");
  CHECK(read(gzip("")).text == "");
}

TEST_CASE("data that is cut short or damaged is refused") {
  const auto text = long_text();
  for (const auto& whole : {gzip(text), gzip("short"), zstd(text), zstd("short")})
    for (const auto part : {whole.size() - 1, whole.size() / 2, std::size_t{5}}) {
      CAPTURE(part);
      CHECK(error_of(whole.substr(0, part)).find("cut short") != std::string::npos);
    }
  auto damaged = gzip(text);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  CHECK(error_of(damaged).find("the gzip data is damaged") == 0);
  damaged = zstd(text);
  damaged[6] = static_cast<char>(damaged[6] ^ 0x55);
  CHECK(error_of(damaged).find("the zstd data is") == 0);
  CHECK(error_of(gzip("a") + "junk").find("the gzip data is damaged") == 0);
  CHECK(error_of("\xFF\xFE" + utf16(u"a", false) + "b") == "the file breaks off inside a UTF-16 character");
  CHECK(error_of("\xFF\xFE\x00\xDC"s).find("half a surrogate pair") != std::string::npos);
}
