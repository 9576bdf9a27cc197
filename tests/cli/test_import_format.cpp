// Files of every format and in every disorder, through the whole program.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

using Words = std::vector<std::string>;

struct Cli {
  TestDb db;
  TempDir dir;
  Cli() { add_test_tenant(db); }

  std::string path(const std::string& name) const { return dir.path() + "/" + name; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path(name)}.rdbuf();
    return text.str();
  }
  // `import run NAME flags…` of a file of that content.
  CommandResult run(const std::string& name, const std::string& content, const Words& flags = {}) const {
    Words words{"smscrm", "import", "run", dir.write(name, content), "-o", "json"};
    if (std::ranges::find(flags, "--rejects") == flags.end())
      words.insert(words.end(), {"--rejects", path("bad.csv")});
    words.insert(words.end(), flags.begin(), flags.end());
    return run_command(words, "", {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", "acme"}});
  }
  std::string contact(const std::string& msisdn) {
    return db.run([&](Tx& tx) {
      return exec(tx,
                  "SELECT concat_ws('|', first_name, email, attributes, array_to_string(tags, ','))"
                  "  FROM contact WHERE msisdn = $1",
                  msisdn)
          .front()[0]
          .as<std::string>();
    });
  }
};

}  // namespace

TEST_CASE("odd files have a decided end") {
  struct Case {
    std::string what, text;
    Words flags;
    std::string want;  // "ROWS/CREATED REASONS", or a part of the error
  };
  const auto nul = std::string("phone\n41555526\0", 15) + "71\n";
  const Case cases[] = {
      {"line ends of all kinds", "phone,name\r4155552671,A\n4155552672,B\r\n4155552673,C", {}, "3/3 {}"},
      {"blank lines", "\n\r\nphone\n\n\n4155552671\n\n", {}, "1/1 {}"},
      {"a header alone", "phone,name\n", {}, "0/0 {}"},
      {"a header alone without a line end", "phone", {}, "0/0 {}"},
      {"nothing", "", {}, "the file is empty"},
      {"only line ends", "\n\n", {}, "the file is empty"},
      {"a byte order mark alone", "\xEF\xBB\xBF", {}, "the file is empty"},
      {"data in the first line",
       "Ann,(415) 555-2671\nBob,4155552672\n",
       {},
       "line 1 looks like data and not like the names of columns: its field 2 is a phone number"},
      {"data in the first line, the same twice", "\n4155552671,x,x\n", {}, "line 2 looks like data"},
      {"data without a number", "Ann,x\n", {}, "no column of the file is a phone number"},
      {"data, and its columns told",
       "Ann,(415) 555-2671,x\nBob,12,y\n",
       {"--columns", "name, Cell Phone,,"},
       "2/0 {\"field_count\":2}"},
      {"names told",
       "Ann,(415) 555-2671,x\nBob,12,y\n",
       {"--columns", "name,Cell Phone,"},
       "2/1 {\"phone_invalid\":1}"},
      {"names told of nothing", "", {"--columns", "phone"}, "0/0 {}"},
      {"names told, no phone", "1,2\n", {"--columns", "a,b"}, "no column of the file is a phone number"},
      {"a number as a name, but a phone column, too", "phone,4155552671\n4155552671,x\n", {}, "1/1 {}"},
      {"an empty header", "phone,,name, \n4155552671,x,Ann,y\n", {}, "1/1 {}"},
      {"a header twice", "phone,Drink,drink\n4155552671,a,b\n", {}, "mean the same"},
      {"a header twice, left out", "phone,Drink,drink\n4155552671,a,b\n", {"--ignore", "drink"}, "1/1 {}"},
      {"two phones", "phone,mobile\n4155552671,\n", {}, "mean the same"},
      {"two phones, one chosen", "phone,mobile\n4155552671,\n", {"--map", "phone=phone"}, "1/1 {}"},
      {"ragged rows",
       "phone,name\n4155552671\n4155552672,a,b\n4155552673,c\n",
       {},
       "3/1 {\"field_count\":2}"},
      {"quotes", "phone,note\n4155552671,\"a \"\"b\"\",\nc\"\n\"4155552672\",5\" pipe\n", {}, "2/2 {}"},
      {"a quote left open",
       "phone,note\n4155552671,\"a\n4155552672,b\n",
       {},
       "line 2: the quote opened there is never closed"},
      {"a quote left open over much",
       "phone,note\n4155552671,\"a\n" + std::string(70'000, 'x'),
       {},
       "line 2: the field is over 65536 bytes; is a quote left open there?"},
      {"NUL", nul, {}, "line 2: a NUL byte"},
      {"bytes that are no UTF-8",
       "phone,name\n4155552671,é\n4155552672,ü\n4155552673,\xE9\n",
       {},
       "3/2 {\"not_utf8\":1}"},
      {"a field too large",
       "phone,note\n4155552671," + std::string(70'000, 'x') + "\n",
       {},
       "line 2: a field is over 65536 bytes"},
      {"a row too large",
       "phone,a\n4155552671" + std::string(1'100'000, ',') + "\n",
       {},
       "line 2: over 512 columns"},
      {"too many columns", "phone" + std::string(512, ',') + "\n", {}, "line 1: over 512 columns"},
      {"too many rows", "phone\n4155552671\n4155552672\n", {"--max-rows", "1"}, "line 3: over 1 rows"},
      {"as many rows as may be", "phone\n4155552671\n4155552672\n", {"--max-rows", "2"}, "2/2 {}"},
      {"UTF-16 as Excel writes it",
       std::string("\xFF\xFEp\0h\0o\0n\0e\0\t\0x\0\r\0\n\0", 20) + std::string("1\0\t\0", 4),
       {},
       "1/0 {\"phone_invalid\":1}"},
      {"NDJSON", "{\"phone\":\"4155552671\"}\n{\"phone\":4155552672}\r\n", {}, "2/2 {}"},
      {"NDJSON with bad lines",
       "{\"phone\":\"4155552671\"}\n{\"phone\"\n\n[]\n{\"phone\":{\"a\":1}}\n",
       {},
       "4/1 {\"nested_value\":1,\"not_json\":2}"},
      {"NDJSON with a faulty key",
       "{\"phone\":1}\n{\"phone\":1,\"phone\":2}\n{\"phone\":\"\\u0000\"}\n",
       {},
       "3/0 {\"duplicate_key\":1,\"nul\":1,\"phone_invalid\":1}"},
      {"NDJSON without a phone",
       "{\"a\":1}\n",
       {},
       "no column of the file is a phone number; its columns are a"},
      {"NDJSON and names", "{\"phone\":1}\n", {"--columns", "phone"}, "each line of which names its columns"},
      {"NDJSON taken for CSV",
       "{\"phone\":1}\n",
       {"--format", "csv"},
       "no column of the file is a phone number"},
      {"CSV taken for NDJSON",
       "phone\n1\n",
       {"--format", "ndjson"},
       "none of the first lines is a JSON object"},
      {"a JSON array", "[{\"phone\":1}]\n", {}, "the file is a JSON array and not NDJSON"},
      {"nothing, as NDJSON", "\n", {"--format", "ndjson"}, "the file is empty"},
      {"NDJSON with a line too large",
       "{\"phone\":1}\n{\"a\":\"" + std::string(1'100'000, 'x') + "\"}\n",
       {},
       "line 2: a row is over 1048576 bytes"},
  };
  Cli cli;
  for (const auto& c : cases) {
    auto flags = c.flags;
    flags.push_back("--dry-run");
    const auto result = cli.run("contacts.txt", c.text, flags);
    CAPTURE(c.what);
    CAPTURE(result.err);
    if (c.want.find("/") == std::string::npos) {
      CHECK(result.status == 2);
      CHECK(result.err.find(c.want) != std::string::npos);
      continue;
    }
    REQUIRE((result.status == 0 || result.status == 3));
    const auto json = result.json();
    CHECK(fmt::format("{}/{} {}", json["rows"].get<int>(), json["created"].get<int>(),
                      json["reasons"].dump()) == c.want);
  }
}

TEST_CASE("delimiters are detected, shown, and taken as told") {
  struct Case {
    std::string text;
    Words flags;
    std::string shown, attributes;
  };
  const Case cases[] = {
      {"phone,note\n4155552671,a;b\n", {}, ",", R"({"note": "a;b"})"},
      {"phone\tnote\n4155552671\ta,b\n", {}, "tab", R"({"note": "a,b"})"},
      {"phone;note\n4155552671;a,b\n", {}, ";", R"({"note": "a,b"})"},
      {"phone|note\n4155552671|\"a|b\"\n", {}, "|", R"({"note": "a|b"})"},
      {"phone|a,b,c,d\n4155552671|x,1,2,3\n", {"--delimiter", "|"}, "|", R"({"a,b,c,d": "x,1,2,3"})"},
      {"phone\ta,b,c,d\n4155552671\tx,1,2,3\n", {"--delimiter", "tab"}, "tab", R"({"a,b,c,d": "x,1,2,3"})"},
      {"phone~note\n4155552671~a,b\n", {"--delimiter", "~"}, "~", R"({"note": "a,b"})"},
  };
  for (const auto& c : cases) {
    Cli cli;
    CAPTURE(c.text);
    const auto result = cli.run("contacts.csv", c.text, c.flags);
    CAPTURE(result.err);
    CHECK(result.json()["format"] == "csv");
    CHECK(result.json()["delimiter"] == c.shown);
    CHECK(cli.contact("+14155552671") == "||" + c.attributes + "|");
  }
}

TEST_CASE("a file without headers is imported with its columns told, and its rejects have them") {
  Cli cli;
  const auto first = cli.run(
      "plain.csv", "Ann;4155552671;x;tea\nBob;12;y;milk\n",
      {"--columns", "name,Handy,,Drink", "--map", "Handy=phone", "--save-preset", cli.path("crm.toml")});
  CHECK(first.status == 3);
  CHECK(cli.contact("+14155552671") == R"(Ann||{"drink": "tea"}|)");
  CHECK(
      cli.read("bad.csv") ==
      "reject_line,reject_reason,reject_column,name,Handy,,Drink\r\n2,phone_invalid,Handy,Bob,12,y,milk\r\n");
  auto mended = cli.read("bad.csv");
  mended.replace(mended.find(",12,"), 4, ",4155552672,");
  CHECK(cli.run("mended.csv", mended, {"--map", "Handy=phone"}).json()["created"] == 1);
  CHECK(cli.contact("+14155552672") == R"(Bob||{"drink": "milk"}|)");
  CHECK(cli.run("again.csv", "Ann;4155552671;x;tea\n", {"--preset", cli.path("crm.toml")})
            .json()["unchanged"] == 1);
}

TEST_CASE("without room for a copy a limit of rejects fails, and says where it looked") {
  Cli cli;
  const auto result = run_command(
      {"smscrm", "import", "run", "-", "--max-rejects", "0"}, "phone\n4155552671\n",
      {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}, {"TMPDIR", cli.path("absent")}});
  CHECK(result.status == 7);
  CHECK(result.err.find("cannot keep a copy of the file in " + cli.path("absent")) != std::string::npos);
  CHECK(result.err.find("TMPDIR=FOLDER") != std::string::npos);
  CHECK(cli.run("contacts.csv", "phone\n", {"--max-rows", "0"}).status == 2);
}

TEST_CASE("NDJSON is imported, its rejects are NDJSON, and import after mending") {
  Cli cli;
  const std::string lines =
      "{\"Phone\":\"(415) "
      "555-2671\",\"tags\":[\"VIP\",\"new\"],\"score\":7.50,\"address\":{\"zip\":\"01234\"}}\n"
      "{\"Phone\":\"12\",\"score\":1.10,\"late\":\"x\"}\n"
      "{\"Phone\":\"4155552672\", oops}\n"
      "{\"first name\":\"Cy\",\"Phone\":4155552673,\"e-mail\":null}\n";
  const auto first = cli.run("crm.jsonl", lines, {"--rejects", cli.path("bad.ndjson")});
  CHECK(first.status == 3);
  CHECK(first.json()["format"] == "ndjson");
  CHECK(first.json()["delimiter"].is_null());
  CHECK(first.json()["created"] == 2);
  CHECK(cli.contact("+14155552671") == R"(||{"score": "7.50", "address": "{\"zip\":\"01234\"}"}|new,vip)");
  CHECK(cli.contact("+14155552673") == "Cy||{}|");
  CHECK(cli.read("bad.ndjson") ==
        "{\"reject_line\":2,\"reject_reason\":\"phone_invalid\",\"reject_column\":\"Phone\","
        "\"Phone\":\"12\",\"score\":1.10,\"late\":\"x\"}\n"
        "{\"reject_line\":3,\"reject_reason\":\"not_json\",\"reject_column\":\"\","
        "\"reject_text\":\"{\\\"Phone\\\":\\\"4155552672\\\", oops}\"}\n");
  CHECK(cli.run("crm.jsonl", lines, {"--rejects", cli.path("bad.ndjson")}).json()["unchanged"] == 2);

  // Rejected again, it has the new reason only; then it is mended.
  auto mended = cli.read("bad.ndjson");
  CHECK(cli.run("again.ndjson", mended, {"--rejects", cli.path("worse.ndjson")}).json()["reasons"].dump() ==
        R"({"phone_invalid":1,"phone_missing":1})");
  CHECK(cli.read("worse.ndjson").starts_with("{\"reject_line\":1,\"reject_reason\":\"phone_invalid\","));
  mended.replace(mended.find("\"12\""), 4, "\"4155552674\"");
  CHECK(cli.run("mended.ndjson", mended).json()["created"] == 1);
  CHECK(cli.contact("+14155552674") == R"(||{"late": "x", "score": "1.10"}|)");
}

}  // namespace smscrm
