// The manual and the program say the same.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <doctest/doctest.h>

#include "cli/app.hpp"
#include "cli/command.hpp"
#include "core/base/text.hpp"
#include "core/config.hpp"

namespace smscrm {
namespace {

std::filesystem::path man_directory() {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");
  REQUIRE(source != nullptr);
  return std::filesystem::path{source} / "man";
}

// Empty when there is no such page.
std::string read_page(const std::string& name) {
  std::ifstream file{man_directory() / name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The text below a heading, up to the next of its level or above; empty when there is no such heading.
std::string section_of(const std::string& page, const std::string& heading) {
  const auto begin = page.find("\n" + heading + "\n");
  if (begin == std::string::npos) return {};
  const auto text = begin + heading.size() + 2;
  std::size_t end = page.find("\n# ", text);
  if (heading.starts_with("## ")) end = std::min(end, page.find("\n## ", text));
  return page.substr(text, end == std::string::npos ? end : end - text);
}

bool mentions(const std::string& text, const std::string& flag) {
  return text.find("*" + flag + "*") != std::string::npos;
}

std::set<std::string> flags_of(const CLI::App& app) {
  std::set<std::string> flags;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) flags.insert("--" + name);
  return flags;
}

// Those that a line begins with: "*--name* _TEXT_", "*--list* _LIST_, *--all*".
std::set<std::string> described_flags(const std::string& section) {
  std::set<std::string> flags;
  for (const auto& line : split(section, '\n')) {
    if (!line.starts_with("*--")) continue;
    for (std::size_t begin = 0; begin != std::string::npos; begin = line.find("*--", begin + 1)) {
      const auto end = line.find('*', begin + 1);
      REQUIRE(end != std::string::npos);
      flags.insert(line.substr(begin + 1, end - begin - 1));
      begin = end;
    }
  }
  return flags;
}

TEST_CASE("every noun has a page, every verb a section, every flag a word") {
  Context context;
  const auto root = make_app(context);
  const auto overview = read_page("smscrm.1.scd");
  for (const auto& flag : flags_of(*root)) {
    CAPTURE(flag);
    CHECK(mentions(section_of(overview, "# GLOBAL FLAGS"), flag));
  }
  for (const auto* noun : root->get_subcommands(nullptr)) {
    CAPTURE(noun->get_name());
    CHECK(mentions(section_of(overview, "# NOUNS"), noun->get_name()));
    CHECK(mentions(section_of(overview, "# SEE ALSO"), "smscrm-" + noun->get_name()));
    const auto page = read_page("smscrm-" + noun->get_name() + ".1.scd");
    REQUIRE(page.starts_with("smscrm-" + noun->get_name() + "(1)\n"));
    for (const char* heading : {"# NAME", "# SYNOPSIS", "# EXAMPLES", "# EXIT STATUS", "# SEE ALSO"}) {
      CAPTURE(heading);
      CHECK(section_of(page, heading) != "");
    }
    for (const auto* verb : noun->get_subcommands(nullptr)) {
      CAPTURE(verb->get_name());
      const auto section = section_of(page, "## " + verb->get_name());
      REQUIRE(section != "");
      auto flags = flags_of(*verb);
      flags.erase("--help");
      for (const auto& flag : flags) {
        CAPTURE(flag);
        CHECK(mentions(section, flag));
      }
    }
  }
}

TEST_CASE("the manual promises nothing that the program has not") {
  Context context;
  const auto root = make_app(context);
  std::size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator{man_directory()}) {
    const auto file = entry.path().filename().string();
    if (!file.starts_with("smscrm-") || !file.ends_with(".1.scd")) continue;
    ++pages;
    CAPTURE(file);
    const auto name = file.substr(7, file.size() - 13);
    const CLI::App* noun = nullptr;
    for (const auto* each : root->get_subcommands(nullptr))
      if (each->get_name() == name) noun = each;
    REQUIRE(noun != nullptr);
    const auto page = read_page(file);
    for (const auto& line : split(section_of(page, "# VERBS"), '\n')) {
      if (!line.starts_with("## ")) continue;
      const std::string verb_name{line.substr(3)};
      CAPTURE(verb_name);
      const auto verbs = noun->get_subcommands(nullptr);
      const auto verb = std::ranges::find(verbs, verb_name, [](const CLI::App* v) { return v->get_name(); });
      REQUIRE(verb != verbs.end());
      const auto flags = flags_of(**verb);
      for (const auto& flag : described_flags(section_of(page, "## " + verb_name))) {
        CAPTURE(flag);
        CHECK(flags.contains(flag));
      }
    }
  }
  CHECK(pages > 0);
}

TEST_CASE("every setting is in smscrm.toml(5) with its default and its variable") {
  const auto page = read_page("smscrm.toml.5.scd");
  for (const auto& setting : load_config({}).settings) {
    CAPTURE(setting.key);
    const auto begin = page.find("\n*" + setting.key + "*\n");
    REQUIRE(begin != std::string::npos);
    const auto entry = page.substr(begin, page.find("\n\n", begin) - begin);
    std::string variable = "SMSCRM_" + setting.key;
    for (char& c : variable)
      c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(entry.find(" " + variable + ".") != std::string::npos);
    const auto value = setting.value.empty() ? std::string{"empty"} : setting.value;
    CHECK((entry.find("Default: " + value + ".") != std::string::npos ||
           entry.find("Default: " + value + ",") != std::string::npos));
  }
}

TEST_CASE("smscrm(1) has the exit statuses of cli/exit_status.hpp") {
  const auto section = section_of(read_page("smscrm.1.scd"), "# EXIT STATUS");
  for (const auto status : {ExitStatus::done, ExitStatus::failed, ExitStatus::usage, ExitStatus::partly,
                            ExitStatus::denied, ExitStatus::not_found, ExitStatus::conflict,
                            ExitStatus::unavailable, ExitStatus::refused, ExitStatus::interrupted}) {
    const auto number = fmt::format("{}", static_cast<int>(status));
    CAPTURE(number);
    CHECK(section.find("\n*" + number + "*\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace smscrm
