// The file of rejects never costs another file, and never comes to light too late.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;
namespace fs = std::filesystem;

namespace {

constexpr const char* people = "phone,first_name\n+14155550001,Ann\nnobody,Bob\n";

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

struct Cli : TenantCli {
  std::string path(const std::string& name) const { return dir.path() + "/" + name; }
  CommandResult import(const std::string& file, const std::string& rejects,
                       std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"import", "run", file, "--rejects", rejects};
    words.insert(words.end(), more.begin(), more.end());
    return (*this)(words);
  }
  std::size_t contacts() const { return (*this)({"contact", "list", "-o", "json"}).json().size(); }
};

}  // namespace

TEST_CASE("the file that is imported is never written to, whatever it is called") {
  const Cli cli;
  const auto file = cli.dir.write("people.csv", people);
  fs::create_symlink(file, cli.path("link.csv"));
  fs::create_hard_link(file, cli.path("hard.csv"));
  for (const auto& name :
       {file, cli.dir.path() + "/./people.csv", cli.path("link.csv"), cli.path("hard.csv")})
    for (const bool forced : {false, true}) {
      CAPTURE(name);
      const auto result =
          cli.import(file, name, forced ? std::vector<std::string>{"--force"} : std::vector<std::string>{});
      CHECK(result.status == 2);
      CHECK(read(file) == people);
    }
  CHECK(cli.contacts() == 0);
}

TEST_CASE("a file that is there is replaced only where it has rejects, or by force") {
  const Cli cli;
  const auto file = cli.dir.write("people.csv", people);
  const auto other = cli.dir.write("other.txt", "precious");
  fs::create_symlink(other, cli.path("link.csv"));
  for (const auto& name : {other, cli.path("link.csv")}) {
    const auto result = cli.import(file, name);
    CHECK(result.status == 2);
    CHECK(result.err.find("--force") != std::string::npos);
    CHECK(read(other) == "precious");
  }
  CHECK(cli.contacts() == 0);

  const auto fresh = cli.path("bad.csv");
  CHECK(cli.import(file, fresh).status == 3);
  struct stat status {};
  REQUIRE(::stat(fresh.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto again = cli.import(file, fresh);
  CHECK(again.status == 3);
  CHECK(again.err.find("replaced " + fresh) != std::string::npos);

  // By force the link goes, and not what it leads to.
  CHECK(cli.import(file, cli.path("link.csv"), {"--force"}).status == 3);
  CHECK(read(other) == "precious");
  CHECK(read(cli.path("link.csv")) == read(fresh));
  CHECK(cli.import(file, other, {"--force"}).status == 3);
  CHECK(read(other) == read(fresh));
}

TEST_CASE("a clean import leaves what was there, and nothing of its own") {
  const Cli cli;
  const auto file = cli.dir.write("people.csv", "phone\n+14155550001\n");
  const auto bad =
      cli.dir.write("bad.csv", "reject_line,reject_reason,reject_column,phone\n2,phone_invalid,phone,x\n");
  const auto before = read(bad);
  CHECK(cli.import(file, bad).status == 0);
  CHECK(read(bad) == before);
  CHECK(cli.import(file, cli.path("none.csv")).status == 0);
  for (const auto& entry : fs::directory_iterator{cli.dir.path()}) {
    CAPTURE(entry.path().string());
    CHECK(entry.path().filename().string().find("none.csv") == std::string::npos);
    CHECK(entry.path().filename().string().find("bad.csv.") == std::string::npos);
  }
}

TEST_CASE("a place that cannot be is told before the first row, one without room with what was done") {
  const Cli cli;
  const auto file = cli.dir.write("people.csv", people);
  CHECK(cli.import(file, cli.path("missing/bad.csv")).status == 2);
  CHECK(cli.import(file, cli.dir.path()).status == 2);
  CHECK(cli.contacts() == 0);
  const auto full = cli.import(file, "/dev/full");
  CHECK(full.status == 3);
  CHECK(full.err.find("cannot write the rejects to /dev/full") != std::string::npos);
  CHECK(cli.import(file, "/dev/null").status == 3);
  CHECK(cli.contacts() == 1);
}

TEST_CASE("where nobody chose the place, an import does without rather than not at all") {
  const Cli cli;
  const auto file = cli.dir.write("people.csv", people);
  const auto taken = cli.dir.write("people.rejects.csv", "precious");
  const auto result = run_command({"bash", "-c", "cd \"$1\" && \"$0\" import run people.csv -o json",
                                   built_program("smscrm"), cli.dir.path()},
                                  "", {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}});
  CHECK(result.status == 3);
  CHECK(read(taken) == "precious");
  CHECK(result.json()["rejects_file"].is_null());
  CHECK(result.err.find("smscrm import rejects") != std::string::npos);
}
