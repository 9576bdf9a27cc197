// smscrmd(8) and the program say the same.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "daemon/sandbox/settings.hpp"
#include "tests/support/command.hpp"

namespace smscrm {
namespace {

std::string read_source(const std::string& path) {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file{std::filesystem::path{source} / path, std::ios::binary};
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> find_all(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  std::set<std::string> found;
  for (std::sregex_iterator match{text.begin(), text.end(), expression}; match != std::sregex_iterator{};
       ++match)
    found.insert(match->str());
  return found;
}

// The text below a heading, up to the next one.
std::string section_of(const std::string& page, const std::string& heading) {
  const auto begin = page.find("\n# " + heading + "\n");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find("\n# ", begin + 1) - begin);
}

bool mentions(const std::string& text, const std::string& word) {
  return text.find("*" + word + "*") != std::string::npos;
}

TEST_CASE("smscrmd(8) has every flag and no other") {
  const auto page = read_source("man/smscrmd.8.scd");
  struct Case {
    std::vector<std::string> command;
    std::string section;
  };
  const Case cases[] = {{{"smscrmd", "--help"}, "FLAGS"}, {{"smscrmd", "sandbox", "--help"}, "SANDBOX"}};
  for (const auto& c : cases) {
    CAPTURE(c.section);
    const auto help = run_command(c.command);
    REQUIRE(help.status == 0);
    const auto section = section_of(page, c.section);
    const auto flags = find_all(help.out, "--[a-z][a-z-]*");
    CHECK(flags.size() > 2);
    for (const auto& flag : flags) {
      CAPTURE(flag);
      CHECK((mentions(section, flag) || flag == "--help"));
    }
    for (const auto& flag : find_all(section, "\\*--[a-z-]+\\*")) {
      CAPTURE(flag);
      CHECK(flags.contains(flag.substr(1, flag.size() - 2)));
    }
  }
}

TEST_CASE("smscrmd(8) has every fault and setting of the sandbox") {
  const auto page = read_source("man/smscrmd.8.scd");
  const auto faults = to_json(SandboxFaults{}), settings = to_json(SandboxSettings{});
  for (const auto& [key, value] : faults.items()) {
    CAPTURE(key);
    CHECK(mentions(section_of(page, "SANDBOX FAULTS"), key));
  }
  for (const auto& [key, value] : settings.items()) {
    CAPTURE(key);
    CHECK(mentions(section_of(page, "SANDBOX SETTINGS"), key));
  }
}

TEST_CASE("smscrmd(8) has every metric that is declared and no other") {
  const auto section = section_of(read_source("man/smscrmd.8.scd"), "METRICS");
  std::set<std::string> metrics;
  const std::filesystem::path source{std::getenv("SMSCRM_TEST_SOURCE")};
  for (const auto& file : std::filesystem::recursive_directory_iterator{source / "daemon"})
    if (file.path().extension() == ".hpp" || file.path().extension() == ".cpp")
      metrics.merge(find_all(read_source(file.path().lexically_relative(source)), "\"smscrm_[a-z_]+\""));
  metrics.erase("\"smscrm_directory\"");  // the channel of its notices
  CHECK(metrics.size() > 2);
  for (const auto& quoted : metrics) {
    const auto name = quoted.substr(1, quoted.size() - 2);
    CAPTURE(name);
    CHECK(mentions(section, name));
  }
  for (const auto& starred : find_all(section, "\\*smscrm_[a-z_]+\\*")) {
    CAPTURE(starred);
    CHECK(metrics.contains("\"" + starred.substr(1, starred.size() - 2) + "\""));
  }
}

}  // namespace
}  // namespace smscrm
