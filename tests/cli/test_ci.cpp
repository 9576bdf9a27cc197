// The pipelines of docs/ci.md do what they say, as far as a shell without GitHub or GitLab can tell.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

// The script in the example below a heading: the YAML block that begins with "|".
std::string script_below(const std::string& heading) {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");
  REQUIRE(source != nullptr);
  const auto page = read(std::string{source} + "/docs/ci.md");
  const auto begin = page.find("\n## " + heading + "\n");
  REQUIRE(begin != std::string::npos);
  const auto yaml = page.find("```yaml\n", begin);
  REQUIRE(yaml != std::string::npos);
  std::string script;
  std::size_t indent = 0;
  for (const auto& line : split(page.substr(yaml, page.find("\n```\n", yaml) - yaml), '\n')) {
    const auto depth = line.find_first_not_of(' ');
    if (indent == 0) {
      if (line.ends_with(" |")) indent = std::string::npos;
    } else {
      if (indent == std::string::npos) indent = depth;
      if (depth < indent) break;
      script += line.substr(indent) + "\n";
    }
  }
  return script;
}

struct Pipeline {
  TestDb db;
  TempDir dir;
  std::string script;
  explicit Pipeline(const std::string& heading) : script(script_below(heading)) { add_test_tenant(db); }

  // As both run it.
  int run(const std::string& number) const {
    const auto bin = std::filesystem::path{built_program("smscrm")}.parent_path().string();
    const auto result = run_command(
        {"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "cd " + dir.path() + "\n" + script}, "",
        {{"PATH", bin + ":" + std::getenv("PATH")},
         {"SMSCRM_DATABASE_URL", db.url()},
         {"SMSCRM_TENANT", "acme"},
         {"SMSCRM_OUTPUT", "json"},
         {"GITHUB_RUN_ID", number},
         {"GITHUB_STEP_SUMMARY", dir.path() + "/summary.md"},
         {"CI_PIPELINE_ID", number}});
    return result.status;
  }
  nlohmann::json import() const { return nlohmann::json::parse(read(dir.path() + "/import.json")); }
  bool has_rejects() const { return std::filesystem::exists(dir.path() + "/rejects.csv"); }
  std::string contacts() {
    return db.run(
        [](Tx& tx) { return exec(tx, "SELECT count(*) FROM contact").front()[0].as<std::string>(); });
  }
  void write(int good, int bad) const {
    std::string csv = "phone\n";
    for (int i = 0; i < good; ++i) csv += fmt::format("+1415555{:04}\n", 1000 + i);
    for (int i = 0; i < bad; ++i) csv += "12\n";
    dir.write("contacts.csv", csv);
  }
};

}  // namespace

TEST_CASE("the pipelines import once, go on with a few rejects and stop at many") {
  struct Case {
    std::string heading;
    int some_rejects;  // what the script ends with
  };
  for (const auto& c : {Case{"GitHub Actions", 0}, Case{"GitLab CI", 3}}) {
    CAPTURE(c.heading);
    Pipeline job{c.heading};
    REQUIRE(job.script.find("smscrm import run") != std::string::npos);
    job.write(200, 0);
    CHECK(job.run("1") == 0);
    CHECK(job.import()["created"] == 200);
    CHECK_FALSE(job.has_rejects());

    job.write(300, 0);
    CHECK(job.run("1") == 0);  // the same run again
    CHECK(job.import()["replayed"] == true);
    CHECK(job.contacts() == "200");

    job.write(300, 10);
    CHECK(job.run("2") == 8);
    CHECK(job.contacts() == "200");

    job.write(300, 2);
    CHECK(job.run("2") == c.some_rejects);  // the key of a failed import is free
    CHECK(job.import()["created"] == 100);
    CHECK(job.has_rejects());
    CHECK(job.run("3") == c.some_rejects);
    CHECK(job.import()["unchanged"] == 300);
  }
}

}  // namespace smscrm
