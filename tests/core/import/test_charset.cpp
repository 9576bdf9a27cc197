#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <iconv.h>

#include "core/base/error.hpp"
#include "core/import/charset.hpp"
#include "core/import/file_kind.hpp"
#include "core/import/input.hpp"
#include "tests/support/bytes.hpp"

using namespace smscrm;
using namespace std::string_literals;

namespace {

std::string encode(std::string text, const char* charset) {
  const auto handle = ::iconv_open(charset, "UTF-8");
  REQUIRE(handle != reinterpret_cast<iconv_t>(-1));
  std::string bytes(text.size() * 4 + 16, '\0');
  char *from = text.data(), *to = bytes.data();
  std::size_t left = text.size(), room = bytes.size();
  REQUIRE(::iconv(handle, &from, &left, &to, &room) == 0);
  ::iconv_close(handle);
  bytes.resize(bytes.size() - room);
  return bytes;
}

std::string file_of(const std::vector<std::string>& names) {
  std::string text = "phone,name\n";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += "+1415555" + std::to_string(1000 + i) + "," + names[i] + "\n";
  return text;
}

std::vector<std::string> guesses(const std::string& bytes) {
  std::vector<std::string> names;
  for (const auto& reading : guess_charset(bytes)) names.push_back(reading.name);
  return names;
}

std::string read(ImportInput& input) {
  std::string text;
  char buffer[7];
  while (const auto got = input.read(buffer, sizeof buffer)) text.append(buffer, got);
  return text;
}

}  // namespace

TEST_CASE("short lists of names are told by their letters, and read as they were written") {
  struct Case {
    const char *charset, *name;
    std::vector<std::string> names;
  };
  const std::vector<std::string> russian{"Иван Петров", "Москва", "Анна Смирнова", "Ольга"};
  const std::vector<std::string> western{"José Muñoz", "Zoë",    "Müller",     "François",
                                         "Åsa",        "García", "Jürgen Weiß"};
  const std::vector<std::string> slavic{"Jiří Dvořák", "Łukasz Żółć", "Čapek", "Małgorzata Wiśniewska",
                                        "Šimek"};
  const Case cases[] = {
      {"SHIFT_JIS", "shift_jis", {"山田 花子", "札幌市", "佐藤 太郎", "ヤマダ", "高橋"}},
      {"GB18030", "gb18030", {"王小明", "北京市", "李娜", "张伟"}},
      {"BIG5", "big5", {"王小明", "台北市", "陳美玲", "張偉"}},
      {"EUC-KR", "euc-kr", {"김철수", "서울", "이영희", "박지민"}},
      {"CP1251", "windows-1251", russian},
      {"KOI8-R", "koi8-r", russian},
      {"IBM866", "ibm866", russian},
      {"ISO-8859-5", "iso-8859-5", russian},
      {"MAC-CYRILLIC", "mac-cyrillic", russian},
      {"CP1250", "windows-1250", slavic},
      {"ISO-8859-2", "iso-8859-2", slavic},
      {"CP1253", "windows-1253", {"Γιώργος Παπαδόπουλος", "Αθήνα", "Μαρία"}},
      {"CP1254", "windows-1254", {"Ayşe Yılmaz", "Gökhan Doğan", "İbrahim Çelik", "Işık"}},
      {"CP1255", "windows-1255", {"יוסי כהן", "תל אביב"}},
      {"CP1256", "windows-1256", {"محمد علي", "القاهرة", "فاطمة"}},
      {"CP1257", "windows-1257", {"Jānis Bērziņš", "Žydrūnas", "Rūta Kazlauskienė"}},
      {"CP874", "windows-874", {"สมชาย ใจดี", "กรุงเทพ"}},
      {"MACINTOSH", "macintosh", western},
      {"IBM850", "ibm850", western},
      {"CP1252", "cp1252", western},
      {"CP1252", "cp1252", {"Zoë"}},
      {"CP1252", "cp1252", {"O’Hara", "Château “Rêve”", "5 € – 10 €", "Straße 7 ½"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.names.front());
    const auto text = file_of(c.names), bytes = encode(text, c.charset);
    CHECK(guesses(bytes) == std::vector<std::string>{c.name});
    ImportInput input{bytes_of(bytes, 3)};
    CHECK(input.encoding() == c.name);
    CHECK(input.guessed_from() == c.names.front());
    CHECK(read(input) == text);
  }
}

TEST_CASE("one name alone is read right or asked about, and never in silence as something else") {
  struct Case {
    const char *charset, *name;
    std::vector<std::string> names;
  };
  const Case cases[] = {
      {"SHIFT_JIS", "shift_jis", {"山田 花子", "札幌市", "佐藤 太郎", "ヤマダ", "高橋"}},
      {"EUC-JP", "euc-jp", {"山田 花子", "札幌市", "佐藤 太郎"}},
      {"GB18030", "gb18030", {"王小明", "北京市", "李娜", "张伟"}},
      {"BIG5", "big5", {"王小明", "台北市", "陳美玲", "張偉"}},
      {"EUC-KR", "euc-kr", {"김철수", "서울", "이영희", "박지민"}},
      {"CP1251", "windows-1251", {"Иван Петров", "Москва", "Ольга", "Ян"}},
      {"KOI8-R", "koi8-r", {"Иван Петров", "Москва", "Ольга"}},
      {"IBM866", "ibm866", {"Иван Петров", "Москва", "Ольга"}},
      {"CP1253", "windows-1253", {"Αθήνα", "Μαρία"}},
      {"CP1256", "windows-1256", {"محمد علي", "فاطمة"}},
      {"MACINTOSH", "macintosh", {"Zoë", "Müller", "François", "Åsa", "García"}},
      {"IBM850", "ibm850", {"Zoë", "Müller", "François", "Åsa", "García"}},
      {"CP1250", "windows-1250", {"Jiří Dvořák", "Łukasz", "Čapek"}},
      {"CP1254", "windows-1254", {"Ayşe Yılmaz", "Doğan", "Işık"}},
  };
  for (const auto& c : cases)
    for (const auto& name : c.names) {
      CAPTURE(c.name);
      CAPTURE(name);
      const auto names = guesses(encode(file_of({name}), c.charset));
      if (names.size() == 1) CHECK(names.front() == c.name);
    }
}

TEST_CASE("what cannot be told is refused with what it may be") {
  const auto bytes = encode(file_of({"서울"}), "EUC-KR");
  try {
    ImportInput input{bytes_of(bytes)};
    FAIL("a guess");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::invalid);
    CHECK(std::string{error.what()}.find("\"서울\" as euc-kr") != std::string::npos);
    CHECK(error.hint().find("--encoding") != std::string::npos);
  }
  ImportInput told{bytes_of(bytes), "EUC-KR"};
  CHECK(told.guessed_from() == "");
  CHECK(read(told) == file_of({"서울"}));
}

TEST_CASE(
    "an encoding is taken by the names that iconv knows, and bytes that it lacks spoil their row alone") {
  CHECK(normalize_encoding("Shift_JIS") == "shift_jis");
  CHECK(normalize_encoding("UTF8") == "utf-8");
  CHECK(normalize_encoding("Windows-1252") == "cp1252");
  CHECK(normalize_encoding("ISO-8859-1") == "latin1");
  for (const char* name : {"shift-it", "", "utf-8//IGNORE", "a b"})
    CHECK_THROWS_AS(normalize_encoding(name), Error);
  ImportInput input{bytes_of("a\x81\xFF"
                             "b\n\x82\xA0\n"),
                    "shift_jis"};
  const auto text = read(input);
  CHECK(text.ends_with("b\nあ\n"));
  CHECK(text.find('\xFF') != std::string::npos);
  ImportInput cut{bytes_of("a\x82"), "shift_jis"};
  CHECK(read(cut) == "a\xFF");
}

TEST_CASE("what is no table of text is told by its first bytes, with the way out") {
  const std::string office = "PK\x03\x04\x14\0\0\0\x08\0"s;
  struct Case {
    std::string bytes, says;
  };
  for (const auto& [bytes, says] :
       {Case{office + "[Content_Types].xml ... xl/workbook.xml", "an Excel workbook (.xlsx)"},
        Case{office + "[Content_Types].xml ... word/document.xml", "a Word document"},
        Case{office + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
             "an OpenDocument spreadsheet"},
        Case{office + "contacts.csv", "a ZIP archive"},
        Case{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel workbook"},
        Case{"\xFD\x37zXZ\0"s, "compressed with xz"}, Case{"BZh91AY&SY...", "compressed with bzip2"},
        Case{"%PDF-1.7\n", "a PDF document"},
        Case{"\xEF\xBB\xBF"
             "BEGIN:VCARD\r\nVERSION:3.0",
             "a file of vCards"},
        Case{"\n<!DOCTYPE html><html>", "a web page"}, Case{"<html><table>", "a web page"},
        Case{"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>", "an Excel workbook (XML)"},
        Case{"<?xml version=\"1.0\"?><contacts>", "an XML file"},
        Case{"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"},
        Case{std::string(257, '\0') + "ustar", "a tar archive"},
        Case{"SQLite format 3\0"s, "an SQLite database"}}) {
    CAPTURE(says);
    const auto kind = tell_file_kind(bytes);
    REQUIRE(kind);
    CHECK(kind->name.starts_with(says));
    CHECK_FALSE(kind->way_out.empty());
    CHECK_THROWS_AS(ImportInput(bytes_of(bytes)), Error);
  }
  for (const char* text : {"", "phone,name\n", "{\"phone\": 1}\n", "sep=;\nphone;name\n",
                           "BZhang,+14155550101\n", "PKs,phone\n", "LINE,phone\n"})
    CHECK_FALSE(tell_file_kind(text));
}
