#include "core/config/user_config.hpp"

#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/config/config_key.hpp"

namespace smscrm {
namespace fs = std::filesystem;
namespace {

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    else
      quoted += c;
  }
  return quoted + '"';
}

bool is_bare(const std::string& value) {
  return value == "true" || value == "false" ||
         (!value.empty() && value.size() < 18 && (value == "0" || value[0] != '0') &&
          value.find_first_not_of("0123456789") == std::string::npos);
}

std::string format_value(const ConfigKey* key, const std::string& value) {
  if (key == nullptr || !key->is_list) return key != nullptr && is_bare(value) ? value : quote(value);
  std::vector<std::string> values;
  for (const auto& part : split(value, ','))
    if (!trim(part).empty()) values.push_back(quote(trim(part)));
  return "[" + join(values, ", ") + "]";
}

std::vector<std::string> read_lines(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream{file};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Error by_hand(const fs::path& file, const std::string& key, std::size_t line) {
  return Error(Errc::usage, "{}:{}: {} is written in a way that is left alone", file.string(), line, key)
      .with_hint("change it with an editor");
}

// The lines that hold the value, from 1; it has to have them for itself.
std::pair<std::size_t, std::size_t> lines_of(const toml::node& node, const std::vector<std::string>& lines,
                                             const fs::path& file, const std::string& key,
                                             const std::string& name) {
  const std::size_t first = node.source().begin.line, last = node.source().end.line;
  const auto text = first <= lines.size() ? trim(lines[first - 1]) : std::string_view{};
  const bool own = text.starts_with(name) && trim(text.substr(name.size())).starts_with('=');
  if (!own || last > lines.size() || last < first) throw by_hand(file, key, first);
  return {first, last};
}

void insert(const toml::table& table, std::vector<std::string>& lines, const fs::path& file,
            const std::string& key, const std::string& value) {
  const auto dot = key.find('.');
  const auto place = [&](std::size_t line) { return lines.begin() + static_cast<std::ptrdiff_t>(line); };
  if (dot == std::string::npos) {
    if (const auto* node = table.get(key)) {
      const auto [first, last] = lines_of(*node, lines, file, key, key);
      lines.erase(place(first - 1), place(last));
      lines.insert(place(first - 1), key + " = " + value);
    } else {
      lines.insert(lines.begin(), key + " = " + value);
    }
    return;
  }
  const auto section = key.substr(0, dot), name = key.substr(dot + 1);
  const auto* node = table.get(section);
  if (node == nullptr) {
    if (!lines.empty() && !trim(lines.back()).empty()) lines.emplace_back();
    lines.push_back("[" + section + "]");
    lines.push_back(name + " = " + value);
    return;
  }
  const auto* keys = node->as_table();
  if (keys == nullptr) throw by_hand(file, key, node->source().begin.line);
  if (const auto* old = keys->get(name)) {
    const auto [first, last] = lines_of(*old, lines, file, key, name);
    lines.erase(place(first - 1), place(last));
    lines.insert(place(first - 1), name + " = " + value);
    return;
  }
  const std::size_t header = node->source().begin.line;
  if (header == 0 || header > lines.size() || !trim(lines[header - 1]).starts_with('['))
    throw by_hand(file, key, header);
  lines.insert(place(header), name + " = " + value);
}

}  // namespace

fs::path user_config_file(const ConfigSources& sources) {
  if (sources.required_file) return *sources.required_file;
  if (sources.optional_files.size() < 2)
    throw Error(Errc::usage, "no place for a configuration of yours: HOME is not set")
        .with_hint("name a file with --config FILE");
  return sources.optional_files.back();
}

void set_in_config_file(const fs::path& file, const std::string& key, const std::string& value) {
  const auto* known = find_config_key(key);
  if (known == nullptr && key != tenant_key) {
    auto names = list_config_keys();
    names.emplace_back(tenant_key);
    const auto near = nearest(key, names);
    throw Error(Errc::usage, "there is no setting \"{}\"{}", key,
                near ? fmt::format("; did you mean \"{}\"?", *near) : "")
        .with_hint("\"smscrm config show\" lists all");
  }
  auto lines = read_lines(file);
  toml::table table;
  try {
    if (fs::exists(file)) table = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    throw Error(Errc::usage, "{}:{}: {}", file.string(), error.source().begin.line, error.description());
  }
  insert(table, lines, file, key, format_value(known, value));

  std::error_code failed;
  const auto real = fs::exists(file) ? fs::canonical(file) : file;
  fs::create_directories(fs::absolute(real).parent_path(), failed);
  const fs::path beside = real.string() + ".new";
  struct stat before {};
  const auto mode = ::stat(real.c_str(), &before) == 0 ? before.st_mode & 07777 : 0600;
  const auto mask = ::umask(0077);
  {
    std::ofstream stream{beside};
    for (const auto& line : lines) stream << line << '\n';
    stream.close();
    ::umask(mask);
    if (!stream) {
      fs::remove(beside, failed);
      throw Error(Errc::usage, "cannot write {}", file.string());
    }
  }
  try {
    load_config({.optional_files = {}, .required_file = beside, .environment = {}, .flags = {}});
  } catch (const Error& error) {
    fs::remove(beside, failed);
    auto what = std::string{error.what()};
    for (auto at = what.find(beside.string()); at != std::string::npos; at = what.find(beside.string()))
      what.replace(at, beside.string().size(), file.string());
    throw Error(error.code(), "{}", what);
  }
  ::chmod(beside.c_str(), mode);
  fs::rename(beside, real, failed);
  if (failed) {
    fs::remove(beside, failed);
    throw Error(Errc::usage, "cannot write {}", file.string());
  }
}

}  // namespace smscrm
