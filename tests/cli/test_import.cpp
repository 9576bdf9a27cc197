#include <filesystem>
#include <fstream>
#include <sstream>

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
  std::string path(const std::string& name) const { return dir.path() + "/" + name; }
  CommandResult operator()(std::vector<std::string> words, const std::string& stdin_text = "") const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, stdin_text, {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", "acme"}});
  }
};

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

constexpr auto messy =
    "Phone;First Name;Notes\n"
    "(415) 555-2671;Ann;likes tea\n"
    "415-555-2671;Ann again;\n"
    "12;Bob;\n"
    "4155552673;Cy;\n";

}  // namespace

TEST_CASE("import FILE is import run FILE, and a word import elsewhere is a word") {
  Cli cli;
  const auto file = cli.file("contacts.csv", "phone\n+14155550101\n");
  CHECK(cli({"import", file}).err.find("taken as \"smscrm import run") != std::string::npos);
  CHECK(cli({"--output", "json", "import", file}).json()["unchanged"] == 1);
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"inbox", "reply", "import", file}, {"apikey", "create", "import", file}, {"import", "list"}})
    CHECK(cli(words).err.find("taken as") == std::string::npos);
}

TEST_CASE("import run accounts for every row in JSON and ends with 3 when some were rejected") {
  Cli cli;
  const auto rejects = cli.path("bad.csv");
  const auto result = cli({"import", "run", cli.file("contacts.csv", messy), "--list", "spring", "--rejects",
                           rejects, "-o", "json"});
  CHECK(result.status == 3);
  const auto json = result.json();
  CHECK(json["status"] == "done");
  CHECK(json["rows"] == 4);
  CHECK(json["created"] == 2);
  CHECK(json["updated"] == 0);
  CHECK(json["unchanged"] == 0);
  CHECK(json["duplicate"] == 1);
  CHECK(json["rejected"] == 1);
  CHECK(json["opted_out_kept"] == 0);
  CHECK(json["reasons"].dump() == R"({"phone_invalid":1})");
  CHECK(json["rejects_file"] == rejects);
  CHECK(json["dry_run"] == false);
  CHECK(json["seconds"].is_number());
  CHECK(
      read(rejects) ==
      "reject_line,reject_reason,reject_column,Phone,First Name,Notes\r\n4,phone_invalid,Phone,12,Bob,\r\n");
  CHECK(result.err.find("1 of 4 rows were rejected (phone_invalid 1); they are in " + rejects) !=
        std::string::npos);

  const auto id = json["import"].dump();
  CHECK(cli({"import", "show", id, "-o", "json"}).json()["created"] == 2);
  CHECK(cli({"import", "list", "-o", "json"}).json()[0]["import"].dump() == id);
  CHECK(cli({"import", "rejects", id, "-o", "csv"}).out == read(rejects));
  CHECK(cli({"import", "rejects", id, "-o", "json"}).json()[0]["fields"][1] == "Bob");
}

TEST_CASE("an import says how its file was written, or takes it as told") {
  Cli cli;
  const std::string csv = "phone;name\n4155552671;Zo\xEB\n";
  const auto json = cli({"import", "run", cli.file("old.csv", csv), "-o", "json"}).json();
  CHECK(json["encoding"] == "cp1252");
  CHECK(json["compression"] == "none");
  CHECK(json["delimiter"] == ";");
  CHECK(cli({"contact", "show", "4155552671", "-o", "json"}).json()["first_name"] == "Zoë");
  CHECK(cli({"import", "show", json["import"].dump(), "-o", "json"}).json()["encoding"] == "cp1252");
  const auto refused = cli({"import", "run", cli.path("old.csv"), "--encoding", "utf-8", "--rejects",
                            cli.path("bad.csv"), "-o", "json"});
  CHECK(refused.json()["reasons"].dump() == R"({"not_utf8":1})");
  CHECK(cli({"import", "run", "-"}, "\x1F\x8B\x08").err.find("the gzip data is cut short") !=
        std::string::npos);
}

TEST_CASE("a clean import writes no rejects and is silent with -q") {
  Cli cli;
  const auto rejects = cli.path("bad.csv");
  const auto result = cli({"import", "run", "-", "--rejects", rejects, "-q"}, "phone\n4155552671\n");
  CHECK(result.status == 0);
  CHECK(result.out == "");
  CHECK(result.err == "");
  CHECK_FALSE(std::filesystem::exists(rejects));
}

TEST_CASE("people see the facts that there are") {
  Cli cli;
  const auto shown = cli({"import", "run", "-"}, "phone\n4155552671\n").out;
  CHECK(shown.find("created      1\n") != std::string::npos);
  CHECK(shown.find("error") == std::string::npos);
}

TEST_CASE("a dry run says so and changes nothing") {
  Cli cli;
  const auto result = cli({"import", "run", "-", "--dry-run", "-o", "json"}, "phone\n4155552671\n");
  CHECK(result.status == 0);
  CHECK(result.json()["dry_run"] == true);
  CHECK(result.json()["import"].is_null());
  CHECK(result.json()["created"] == 1);
  CHECK(result.err.find("nothing was changed") != std::string::npos);
  CHECK(cli({"import", "list", "-o", "json"}).out == "[]\n");
}

TEST_CASE("a preset is saved from flags and used again; attributes stay the text that they are") {
  Cli cli;
  const auto preset = cli.path("crm.toml");
  const std::string csv = "Nr|Office|Zip|Score\n020 7946 0958|x|01234|7.50\n";
  CHECK(cli({"import", "run", "-", "--map", "Nr=phone", "--ignore", "Office", "--region", "GB", "--delimiter",
             "|", "--save-preset", preset},
            csv)
            .status == 0);
  const auto again = cli({"import", "run", "-", "--preset", preset, "-o", "json"}, csv);
  CHECK(again.status == 0);
  CHECK(again.json()["unchanged"] == 1);
  CHECK(cli.db.run([](Tx& tx) {
    return exec(tx, "SELECT msisdn || attributes FROM contact").front()[0].as<std::string>();
  }) == R"(+442079460958{"zip": "01234", "score": "7.50"})");
  CHECK(cli({"import", "run", "-", "--preset", "salesforce"}, csv).status == 2);
}

TEST_CASE("the same key returns the first result") {
  Cli cli;
  const auto first = cli({"import", "run", "-", "--key", "n7", "-o", "json"}, "phone\n4155552671\n");
  const auto second =
      cli({"import", "run", "-", "--key", "n7", "-o", "json"}, "phone\n4155552671\n4155552672\n");
  CHECK(second.status == 0);
  CHECK(second.json()["import"] == first.json()["import"]);
  CHECK(second.json()["rows"] == 1);
  CHECK(second.json()["replayed"] == true);
  CHECK(second.err.find("replayed") == 0);
}

TEST_CASE("undo asks, and reports what it did") {
  Cli cli;
  const auto id = cli({"import", "run", "-", "-o", "json"}, "phone\n4155552671\n").json()["import"].dump();
  CHECK(cli({"import", "undo", id}).status == 2);
  const auto undone = cli({"import", "undo", id, "--yes", "-o", "json"});
  CHECK(undone.status == 0);
  CHECK(undone.json()["deleted"] == 1);
  CHECK(cli({"import", "undo", id, "--yes"}).status == 6);
  CHECK(cli({"import", "show", id, "-o", "json"}).json()["status"] == "undone");
}

TEST_CASE("undo says what it left, and why") {
  Cli cli;
  cli({"import", "run", "-"}, "phone,name\n4155552671,Ann\n");
  cli({"consent", "opt-in", "4155552673", "--source", "letter"});
  const auto id = cli({"import", "run", "-", "--consent-source", "shop", "-o", "json"},
                      "phone,name\n4155552671,Anna\n4155552672,Bob\n4155552673,Cy\n")
                      .json()["import"]
                      .dump();
  cli({"contact", "update", "+14155552671", "--email", "a@x.example"});
  cli({"contact", "update", "+14155552672", "--email", "b@x.example"});
  const auto undone = cli({"import", "undo", id, "--yes", "-o", "json"});
  CHECK(undone.status == 0);
  CHECK(undone.json()["deleted"] == 1);
  CHECK(undone.json()["restored"] == 0);
  CHECK(undone.json()["kept_created"] == 1);
  CHECK(undone.json()["kept_changed"] == 1);
  CHECK(undone.json()["consents_withdrawn"] == 2);
  CHECK(undone.json()["kept_consents"] == 1);
  for (const char* says : {"1 contacts that it created stay", "1 contacts that it changed stay",
                           "took back the consent of 2 numbers", "1 numbers stay opted in"})
    CHECK(undone.err.find(says) != std::string::npos);
  CHECK(cli({"contact", "show", "4155552671", "-o", "json"}).json()["first_name"] == "Anna");
}

TEST_CASE("an import says how it read the columns, and who may not be texted") {
  Cli cli;
  const auto run = cli({"import", "run", "-"}, "Mobile,last_nme,Favourite Drink\n4155552671,Hara,tea\n");
  CHECK(run.status == 0);
  for (const char* says :
       {"columns: Mobile -> phone, last_nme -> attribute last_nme, Favourite Drink -> attribute "
        "favourite_drink",
        "column \"last_nme\" was taken for an attribute; if it is the last_name, say so with --map "
        "'last_nme=last_name'",
        "1 contacts have no recorded consent and will not be texted"})
    CHECK_MESSAGE(run.err.find(says) != std::string::npos, run.err);
  const auto shown = cli({"import", "show", "1", "-o", "json"}).json();
  CHECK(shown["no_consent"] == 1);
  CHECK(shown["columns"][2]["attribute"] == "favourite_drink");
  CHECK(shown["columns"][1]["near"] == "last_name");
  // Whoever may be texted already is none of them, nor who is opted out.
  cli({"consent", "opt-in", "4155552671", "--source", "letter"});
  cli({"consent", "opt-out", "4155552672"});
  const std::string csv = "phone\n4155552671\n4155552672\n4155552673\n";
  CHECK(cli({"import", "run", "-", "--dry-run", "-o", "json"}, csv).json()["no_consent"] == 1);
  CHECK(cli({"import", "run", "-", "-o", "json"}, csv).json()["no_consent"] == 1);
  CHECK(cli({"import", "run", "-", "--consent-source", "form", "-o", "json"}, csv).json()["no_consent"] == 0);
  // People see what there is, and not how an ordinary file is written.
  CHECK(run.out.find("encoding") == std::string::npos);
  CHECK(run.out.find("opted_out_kept") == std::string::npos);
  CHECK(run.out.find("csv, utf-8") != std::string::npos);
}

TEST_CASE("a dry run uses up no number, and a file without rows is not passed over in silence") {
  Cli cli;
  for (int i = 0; i < 3; ++i)
    CHECK(cli({"import", "run", "-", "--dry-run"}, "phone\n4155552671\n").status == 0);
  const auto empty = cli({"import", "run", "-", "-o", "json"}, "phone,name\n");
  CHECK(empty.status == 0);
  CHECK(empty.json()["import"] == 1);
  CHECK(empty.err.find("standard input has no rows: nobody was imported") != std::string::npos);
}

TEST_CASE("import FILE means import run FILE, and rejects may be allowed") {
  Cli cli;
  const std::string csv = "phone\n4155552671\nhello\n";
  const auto run = cli({"import", "-", "-o", "json"}, csv);
  CHECK(run.status == 3);
  CHECK(run.json()["created"] == 1);
  CHECK(run.err.find("taken as \"smscrm import run -\"") != std::string::npos);
  CHECK(cli({"import", "/nonexistent/a.csv"}).status == 5);
  CHECK(cli({"import", "contacts"}).status == 2);  // no file: a verb that there is not
  const auto allowed = cli({"import", "run", "-", "--allow-rejects", "-o", "json"}, csv);
  CHECK(allowed.status == 0);
  CHECK(allowed.json()["rejected"] == 1);
  CHECK(cli({"import", "run", "-", "--allow-rejects", "--max-rejects", "0"}, csv).status == 8);
}

TEST_CASE("consent that an import offers to who opted out is left out, counted and said") {
  Cli cli;
  cli({"consent", "opt-out", "4155552671", "--source", "a call"});
  cli({"dnc", "add", "4155552672"});
  const auto result =
      cli({"import", "run", "-", "--consent-source", "shop", "--consent-at", "2030-01-01", "-o", "json"},
          "phone\n4155552671\n4155552672\n4155552673\n");
  CHECK(result.status == 0);
  CHECK(result.json()["opted_out_kept"] == 2);
  CHECK(result.err.find(
            "2 rows offered consent for numbers that are opted out or on the do-not-contact list") !=
        std::string::npos);
  CHECK(cli({"consent", "show", "4155552671", "-o", "json"}).json()["consent"] == "opted_out");
}

TEST_CASE("--on-conflict says what becomes of contacts that are there; empty cells erase in no case") {
  Cli cli;
  const auto names = [&](const char* mode) {
    cli({"import", "run", "-"}, "phone,first name,last name,email\n4155552671,Ann,,a@x.example\n");
    const auto run = cli({"import", "run", "-", "--on-conflict", mode, "-o", "json"},
                         "phone,first name,last name,email\n4155552671,Anna,O'Hara,\n");
    const auto shown = cli({"contact", "show", "4155552671", "-o", "json"}).json();
    cli({"contact", "delete", "4155552671", "--yes"});
    return fmt::format("{} {}|{}|{}", run.json()["updated"].dump(), shown["first_name"].get<std::string>(),
                       shown["last_name"].get<std::string>(), shown["email"].get<std::string>());
  };
  CHECK(names("update") == "1 Anna|O'Hara|a@x.example");
  CHECK(names("fill") == "1 Ann|O'Hara|a@x.example");
  CHECK(names("skip") == "0 Ann||a@x.example");
}

TEST_CASE("mistakes have a status and a way out") {
  Cli cli;
  struct Case {
    std::vector<std::string> words;
    int status;
    std::string says;
  };
  const Case cases[] = {
      {{"import", "run", cli.path("absent.csv")}, 5, "cannot read"},
      {{"import", "run", "-"}, 2, "no column of the file is a phone number; its columns are name"},
      {{"import", "run", "-", "--map", "name"}, 2, "maps no column"},
      {{"import", "run", "-", "--map", "nam=phone"}, 2, "did you mean \"name\"?"},
      {{"import", "run", "-", "--map", "name=phone", "--max-rejects", "0"}, 8, "nothing was changed"},
      {{"import", "run", "-", "--delimiter", "ab"}, 2, "is no delimiter"},
      {{"import", "run", "-", "--map", "name=phone", "--region", "United"}, 2, "is no region"},
      {{"import", "show", "99"}, 5, "no import 99"},
      {{"import", "show", "x"}, 2, "they go by their number"},
  };
  for (const auto& c : cases) {
    auto words = c.words;
    if (words[1] == "run") words.insert(words.end(), {"--rejects", cli.path("bad.csv")});
    const auto result = cli(words, "name\nAnn\n");
    CAPTURE(c.says);
    CAPTURE(result.err);
    CHECK(result.status == c.status);
    CHECK(result.err.find(c.says) != std::string::npos);
  }
}

}  // namespace smscrm
