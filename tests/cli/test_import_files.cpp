// Files as people have them: what is in them, and what a command says that could not read one to its end.
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

struct Cli {
  TestDb db;
  TempDir dir;
  Cli() { add_test_tenant(db); }

  std::string file(const std::string& name, const std::string& content) const {
    return dir.write(name, content);
  }
  CommandResult operator()(std::vector<std::string> words, const std::string& stdin_text = "") const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, stdin_text, {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", "acme"}});
  }
  CommandResult import(const std::string& content, std::vector<std::string> flags = {}) const {
    std::vector<std::string> words{
        "import", "run", file("in.csv", content), "--rejects", dir.path() + "/bad.csv", "-o", "json"};
    words.insert(words.end(), flags.begin(), flags.end());
    return (*this)(words);
  }
  std::string may_be_texted(const std::string& number) const {
    return (*this)({"consent", "show", number, "-o", "json"}).json()["may_be_texted"].dump();
  }
  nlohmann::json contact(const std::string& number) const {
    return (*this)({"contact", "show", number, "-o", "json"}).json();
  }
};

}  // namespace

TEST_CASE("a shop's column of consent is heard, and said to have been") {
  Cli cli;
  const auto run = cli.import(
      "Customer ID,First Name,Phone,Accepts Email Marketing,Accepts SMS Marketing,Tags\n"
      "'7001,Maya,'+15185550112,yes,yes,\n'7002,Ben,'+15185550114,yes,no,\n",
      {"--consent-source", "shop export of March"});
  CHECK(run.status == 0);
  CHECK(run.json()["opt_outs"] == 1);
  CHECK(run.err.find("1 rows say no to texts") != std::string::npos);
  CHECK(cli.may_be_texted("+15185550112") == "true");
  CHECK(cli.may_be_texted("+15185550114") == "false");
}

TEST_CASE("a withdrawal in a rejected row is recorded") {
  Cli cli;
  cli.import("phone,consent\n+14155550101,yes\n+14155550102,yes\n");
  const auto run =
      cli.import("phone,consent,consent_at\n+14155550101,Opted-Out,01/02/2026\n+14155550102,no,\n");
  CHECK(run.status == 3);
  CHECK(run.json()["reasons"].dump() == R"({"consent_at_invalid":1})");
  CHECK(run.json()["opt_outs"] == 2);
  CHECK(cli.may_be_texted("+14155550101") == "false");
  CHECK(cli.may_be_texted("+14155550102") == "false");
}

TEST_CASE("of several columns of one field each row has the first that it fills") {
  Cli cli;
  const std::string csv =
      "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number\n"
      "101,Ida,Berg,ida@example.org,(415) 555-0161,(415) 555-0162\n"
      "102,Noa,Stein,noa@example.org,(415) 555-0163,\n"
      "103,Uma,Falk,uma@example.org,(415) 555-0164,none\n";
  CHECK(cli.import(csv, {"--preset", "hubspot"}).status == 0);
  CHECK(cli.contact("+14155550162")["attributes"]["phone_number"] == "(415) 555-0161");
  CHECK(cli.contact("+14155550163")["first_name"] == "Noa");
  CHECK_FALSE(cli.contact("+14155550163")["attributes"].contains("phone_number"));
  CHECK(cli.contact("+14155550164")["attributes"]["mobile_phone_number"] == "none");
  const auto mapped = cli.import(csv, {"--map", "Phone Number=phone", "--map", "Mobile Phone Number=phone"});
  CHECK(mapped.status == 0);
  CHECK(cli.contact("+14155550161")["first_name"] == "Ida");
  const auto emails = cli.import(
      "phone,Work,Home,Nick,Given\n4155550165,,h@example.org,,Al\n4155550166,w@x.example,,Bo,Bob\n",
      {"--map", "Work=email", "--map", "Home=email", "--map", "Nick=first_name", "--map",
       "Given=first_name"});
  CHECK(emails.status == 0);
  CHECK(cli.contact("4155550165")["email"] == "h@example.org");
  CHECK(cli.contact("4155550165")["first_name"] == "Al");
  CHECK(cli.contact("4155550166")["attributes"]["given"] == "Bob");
  // Two that are alike by their names alone are asked about.
  CHECK(cli.import("phone,mobile\n4155550165,\n").err.find("--map 'phone=phone' --map 'mobile=phone'") !=
        std::string::npos);
}

TEST_CASE("an encoding that is guessed is said, with a value as it was read, and another can be told") {
  Cli cli;
  const std::string names =
      "name,phone,city\n\x8E\x52\x93\x63 \x89\xD4\x8E\x71,+819012345601,\x8E\x44\x96\x79\x8E\x73\n";
  const auto guessed = cli.import(names, {"-q"});
  CHECK(guessed.status == 0);
  CHECK(guessed.json()["encoding"] == "shift_jis");
  CHECK(guessed.json()["encoding_guessed_from"] == "山田 花子");
  CHECK(guessed.json()["warnings"]["encoding_guessed"] == 1);
  CHECK(guessed.err.find("\"山田 花子\"") != std::string::npos);
  CHECK(guessed.err.find("--encoding") != std::string::npos);
  CHECK(cli.contact("+819012345601")["first_name"] == "山田");
  const auto told = cli.import(names, {"--encoding", "Shift_JIS"});
  CHECK(told.json()["encoding_guessed_from"].is_null());
  CHECK(told.json()["unchanged"] == 1);
  CHECK(told.err.find("--encoding") == std::string::npos);
  // Nothing hangs on it where all is ASCII, or where it is known.
  CHECK(cli.import("phone,name\n4155550101,Zoë\n").err.find("guess") == std::string::npos);
  CHECK(cli.import("phone\n4155550101\n", {"--encoding", "shift-it"}).status == 2);
}

TEST_CASE("a file that breaks off says what is in, with a status that admits it, and the way on and back") {
  Cli cli;
  std::string rows = "name,phone\n";
  for (int i = 0; i < 31'000; ++i) rows += fmt::format("A,+1415{}\n", 2'000'000 + i);
  for (const auto& [what, end] : {std::pair<std::string, std::string>{"never closed", "\"B,+14155550171\n"},
                                  {"a NUL byte", std::string{"B\0,+14155550171\n", 17}}}) {
    CAPTURE(what);
    const auto broken = cli.import(rows + end, {"--list", "l"});
    CHECK(broken.status == 3);
    const auto json = broken.json();
    CHECK(json["status"] == "failed");
    CHECK(json["rows"] == 30'000);
    const auto id = json["import"].dump();
    for (const auto& says :
         {what, std::string{"30000 rows are in"}, "import resume " + id, "import undo " + id})
      CHECK(broken.err.find(says) != std::string::npos);
    CHECK(cli({"import", "show", id}).err.find("import undo " + id) != std::string::npos);
    CHECK(cli({"import", "undo", id, "--yes"}).status == 0);
  }
  // Before anything is in it is a mistake like any other, and leaves nothing, not even a list.
  const auto early = cli.import("name,phone\n\"B,+14155550171\n", {"--list", "none"});
  CHECK(early.status == 2);
  CHECK(early.out == "");
  CHECK(cli({"list", "show", "none"}).status == 5);
  // And it can be mended and gone on with.
  const auto broken = cli.import(rows + "\"B,+14155550171\n");
  const auto id = broken.json()["import"].dump();
  const auto mended =
      cli({"import", "resume", id, cli.file("mended.csv", rows + "B,+14155550171\n"), "-o", "json"});
  CHECK(mended.status == 0);
  CHECK(mended.json()["rows"] == 31'001);
}

TEST_CASE(
    "a place where the rejects cannot be is known before anything is imported, and a full disk is told") {
  Cli cli;
  const auto missing =
      cli({"import", "run", "-", "--rejects", "missing/rejects.csv"}, "phone\n4155550101\nno\n");
  CHECK(missing.status == 2);
  CHECK(cli({"contact", "show", "4155550101"}).status == 5);
  const auto full =
      cli({"import", "run", "-", "--rejects", "/dev/full", "-o", "json"}, "phone\n4155550101\nno\n");
  CHECK(full.status == 3);
  const auto id = full.json()["import"].dump();
  CHECK(full.err.find("import " + id) != std::string::npos);
  CHECK(cli({"import", "rejects", id, "-o", "json"}).json().size() == 1);
  CHECK(cli({"contact", "show", "4155550101"}).status == 0);
}

TEST_CASE("tags come as shops and newsletters write them, and only such as commands can name") {
  Cli cli;
  const auto run =
      cli.import(fmt::format("phone;tags\n4155550153;vip, autumn\n4155550154;\"[\"\"News\"\",\"\"B\"\"]\"\n"
                             "4155550155;ok|{}\n",
                             std::string(100, 'x')));
  CHECK(run.status == 0);
  CHECK(run.json()["warnings"]["tag_invalid"] == 1);
  CHECK(cli({"contact", "list", "--tag", "vip", "-o", "json"}).json().size() == 1);
  CHECK(cli.contact("4155550153")["tags"].dump() == R"(["autumn","vip"])");
  CHECK(cli.contact("4155550154")["tags"].dump() == R"(["b","news"])");
  CHECK(cli.contact("4155550155")["tags"].dump() == R"(["ok"])");
  CHECK(cli({"contact", "untag", "vip,autumn", "4155550153"}).status == 0);
  CHECK(cli.contact("4155550153")["tags"].dump() == "[]");
  CHECK(cli.import("phone\n4155550153\n", {"--tag", std::string(65, 'x')}).status == 2);
  CHECK(cli.import("phone,email\n4155550153,nobody\n").json()["warnings"]["email_invalid"] == 1);
}

TEST_CASE("rows with nothing in them are no rows, with any delimiter") {
  Cli cli;
  for (const char* csv : {"name,phone,city\nAda,4155550154,Troy\n,,\n,,\n , ,\n",
                          "\n;;\nname;phone;city\n;;\nAda;4155550154;Troy\n \t;;\xC2\xA0\n",
                          "name\tphone\tcity\n\t\t\nAda\t4155550154\tTroy\n",
                          "sep=|\nname|phone|city\nAda|4155550154|Troy\n||\n\"\"|\"\"|\"\"\n"}) {
    CAPTURE(csv);
    const auto run = cli.import(csv, {"--max-rejects", "0"});
    CHECK(run.status == 0);
    CHECK(run.json()["rows"] == 1);
  }
}

TEST_CASE("a workbook, an archive and a page are called by their names") {
  Cli cli;
  const auto run = cli.import(std::string{"PK\x03\x04\x14\0\0\0[Content_Types].xml xl/workbook.xml", 44});
  CHECK(run.status == 2);
  CHECK(run.err.find("in.csv is an Excel workbook (.xlsx)") != std::string::npos);
  CHECK(run.err.find("save it as CSV UTF-8") != std::string::npos);
  CHECK(cli.import("<!DOCTYPE html><html><body>Log in</body></html>").err.find("a web page") !=
        std::string::npos);
}

TEST_CASE("ten thousand bad rows are the wrong file, and no more of any file's are kept") {
  Cli cli;
  std::string bad = "phone\n";
  for (int i = 0; i < 12'000; ++i) bad += fmt::format("x{}\n", i);
  const auto stopped = cli.import(bad);
  CHECK(stopped.status == 8);
  CHECK(stopped.err.find("the first 10000 rows are all rejected") != std::string::npos);
  const auto allowed = cli.import(bad, {"--max-rejects", "100%"});
  CHECK(allowed.status == 3);
  CHECK(allowed.json()["rejected"] == 12'000);
  CHECK(cli.db.run([](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM import_reject").front()[0].as<std::int64_t>();
  }) == 10'000);
}

}  // namespace smscrm
