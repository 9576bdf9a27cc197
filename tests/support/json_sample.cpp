#include "tests/support/json_sample.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <doctest/doctest.h>
#include <unistd.h>

namespace smscrm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_rows = 3;

fs::path directory() {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");  // set by ctest
  REQUIRE(source != nullptr);
  return fs::path{source} / "tests/data/json";
}

std::string host_name() {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return host;
}

// Integers under these are ids, under those milliseconds; a number of seconds is a float.
const std::set<std::string> ids{"id",       "contact", "message", "import",    "inbound",       "answer",
                                "delivery", "user",    "session", "key",       "entry",         "position",
                                "size",     "export",  "bytes",   "smscrm_id", "database_bytes"};
const std::set<std::string> digests{"hash", "line", "cursor"};
const std::set<std::string> lengths{"milliseconds", "took_ms", "p50_ms", "p95_ms"};

Json clean_under(const std::string& key, const Json& value) {
  if (value.is_string() && digests.contains(key)) return value.get<std::string>().empty() ? "" : "…";
  if (value.is_string()) return smscrm::without_chance(value.get<std::string>());
  if (value.is_number_integer() && (ids.contains(key) || lengths.contains(key))) return 1;
  if (value.is_number_float() && (key == "seconds" || key == "restore_seconds" || key == "cost")) return 0.5;
  if (!value.is_structured()) return value;
  auto clean = value.is_array() ? Json::array() : Json::object();
  if (value.is_array())
    for (const auto& element : value) clean.push_back(clean_under("", element));
  else
    for (const auto& [name, element] : value.items()) clean[name] = clean_under(name, element);
  // Receipts come in any order.
  if (value.is_array() && key == "events")
    std::sort(clean.begin(), clean.end(), [](const Json& a, const Json& b) { return a.dump() < b.dump(); });
  return clean;
}

// As a shell would need it.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" '\"$&|<>*?;{}()\n") == std::string::npos;
  return plain ? word : "'" + word + "'";
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

}  // namespace

std::string without_chance(std::string text) {
  static const std::pair<std::regex, const char*> chances[] = {
      {std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00))"}, "2026-01-01T00:00:00Z"},
      {std::regex{R"(\b\d{4}-\d\d-\d\d\b(?!T))"}, "2026-01-01"},
      {std::regex{R"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"}, "00000000-0000-0000-0000-000000000000"},
      {std::regex{"[0-9a-f]{64}"}, "0000000000000000000000000000000000000000000000000000000000000000"},
      {std::regex{"[0-9a-f]{32}"}, "00000000000000000000000000000000"},
      {std::regex{"[0-9a-f]{16}"}, "0000000000000000"},
      {std::regex{"smscrm_[0-9a-zA-Z]+_[0-9a-zA-Z]{38}"},
       "smscrm_0000_00000000000000000000000000000000000000"},
      {std::regex{"[0-9A-Za-z_-]{43}$"}, "0000000000000000000000000000000000000000000"},
      {std::regex{"whsec_[A-Za-z0-9+/=]+"}, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
      {std::regex{R"(127\.0\.0\.1:\d+)"}, "127.0.0.1:1"},
      {std::regex{"port=\\d+"}, "port=1"},
      {std::regex{R"(dbname=test_\d+_\d+)"}, "dbname=test"},
      {std::regex{"/r/[0-9A-Za-z]{11}"}, "/r/00000000000"},
      {std::regex{"/tmp/smscrm-[^/ ]+"}, "/tmp/smscrm"},
      {std::regex{"%2Ftmp%2Fsmscrm-[^%]+"}, "%2Ftmp%2Fsmscrm"},
      {std::regex{R"(PostgreSQL \d[^,;]*)"}, "PostgreSQL 15"},
      {std::regex{R"(\b\d+\.\d s from)"}, "0.0 s from"},
      {std::regex{R"(\b\d{8}T\d{6}Z)"}, "20260101T000000Z"},
      {std::regex{R"(\b\d+\.\d MB in \d+\.\d s)"}, "12.0 MB in 1.0 s"},
      {std::regex{R"(\b\d+\.\d MB as)"}, "1.0 MB as"},
      {std::regex{R"(\b\d+ (migrations,|entries in|verified$))"}, "60 $1"},
      {std::regex{R"(\w+@)" + std::regex_replace(host_name(), std::regex{R"([.])"}, R"(\.)")}, "user@host"},
  };
  for (const auto& [chance, placeholder] : chances) text = std::regex_replace(text, chance, placeholder);
  return text;
}

Json without_chance(const Json& value) { return clean_under("", value); }

void check_sample(const std::string& name, const std::vector<std::string>& words, int status,
                  const Json& output) {
  auto rows = output;
  if (rows.is_array() && rows.size() > most_rows) rows.erase(rows.begin() + most_rows, rows.end());
  std::string command = "smscrm";
  for (const auto& word : words) command += " " + quoted(without_chance(word));
  const auto sample =
      Json{{"command", command}, {"status", status}, {"output", without_chance(rows)}}.dump(2) + "\n";
  const auto file = directory() / (name + ".json");
  if (std::getenv("SMSCRM_WRITE_SAMPLES") != nullptr) {
    std::ofstream{file} << sample;
    return;
  }
  CAPTURE(file.string());
  CHECK(sample == read(file));
}

std::set<std::string> stored_samples() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{directory()}) names.insert(entry.path().stem().string());
  return names;
}

}  // namespace smscrm
