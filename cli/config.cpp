// smscrm config …: what is configured, and where that comes from.
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "core/base/text.hpp"
#include "core/config/config_json.hpp"
#include "core/config/user_config.hpp"

namespace smscrm {
namespace {

void show(Context& context) {
  std::vector<Json> rows;
  for (const auto& setting : context.settings()) rows.push_back(to_json(setting));
  context.out().print_list({"key", Column{"value"}.wrapped(), Column{"origin"}.wrapped()}, rows);
}

ConfigSources sources_of(const Context& context) {
  std::optional<std::filesystem::path> file;
  if (!context.flags.config_file.empty()) file = context.flags.config_file;
  return standard_config_sources(file);
}

void get(Context& context, const std::string& key) {
  std::vector<std::string> names;
  for (const auto& setting : context.settings()) {
    names.push_back(setting.key);
    if (setting.key != key) continue;
    if (context.out().format() != Format::table) return context.out().print_record(to_json(setting));
    return context.out().print_text(setting.value + "\n");
  }
  const auto near = nearest(key, names);
  throw Error(Errc::usage, "there is no setting \"{}\"{}", key,
              near ? fmt::format("; did you mean \"{}\"?", *near) : "")
      .with_hint("\"smscrm config show\" lists all");
}

void set(Context& context, const std::string& key, const std::string& value) {
  const auto sources = sources_of(context);
  const auto file = user_config_file(sources);
  set_in_config_file(file, key, value == "-" ? std::string{trim(read_input("-"))} : value);
  context.out().note(fmt::format("set {} in {}", key, file.string()));
  for (const auto& setting : load_config(sources).settings)
    if (setting.key == key && !setting.origin.starts_with(file.string() + ":"))
      context.out().warn(fmt::format("{} says otherwise, and goes first", setting.origin));
}

void path(Context& context) {
  const auto sources = sources_of(context);
  auto files = sources.optional_files;
  if (sources.required_file) files = {*sources.required_file};
  std::vector<Json> rows;
  std::error_code unknown;
  for (const auto& file : files)
    rows.push_back({{"file", file.string()}, {"exists", std::filesystem::exists(file, unknown)}});
  if (context.out().format() != Format::table) return context.out().print_list({"file", "exists"}, rows);
  for (const auto& row : rows) {
    context.out().print_text(row["file"].get<std::string>() + "\n");
    if (!row["exists"].get<bool>()) context.out().note(row["file"].get<std::string>() + " does not exist");
  }
}

// Whether the key file is another person's, smscrmd's most likely, so that this user cannot say what is in
// it.
bool is_anothers(const std::filesystem::path& key_file) {
  struct stat info {};
  return ::geteuid() != 0 && ::stat(key_file.c_str(), &info) == 0 && info.st_uid != ::geteuid() &&
         info.st_uid != 0;
}

// Values that are well formed, and yet cannot work.
void check(Context& context) {
  const auto& config = context.config();
  if (is_anothers(config.secrets.key_file))
    context.out().warn(
        fmt::format("the key file {} is another user's, who alone can check it", config.secrets.key_file));
  else if (!config.secrets.key_file.empty())
    context.secret_key();
  context.out().note("the configuration is right");
}

}  // namespace

void add_config(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "config", "The configuration as it is in force.",
                        "smscrm config show\n"
                        "smscrm config set http.public_url https://sms.example.com\n"
                        "smscrm config get database.url\n"
                        "smscrm --config staging.toml config check");
  add_verb(noun, "show", "List every setting with its value and origin; passwords are masked.",
           [&context] { show(context); });
  auto got = std::make_shared<std::string>();
  auto& get_verb = add_verb(noun, "get", "Print the value of one setting; passwords are masked.",
                            [=, &context] { get(context, *got); });
  add_positional(get_verb, "key", *got, "KEY", "Such as http.public_url, or tenant.");
  auto pair = std::make_shared<std::pair<std::string, std::string>>();
  auto& set_verb = add_verb(noun, "set", "Write one setting into your configuration file.",
                            [=, &context] { set(context, pair->first, pair->second); });
  add_positional(set_verb, "key", pair->first, "KEY", "Such as http.public_url, or tenant.");
  add_positional(set_verb, "value", pair->second, "VALUE",
                 "Its value; a list with commas between; - reads it from standard input.");
  add_verb(noun, "path", "Print the files that are read, the last one to be written.",
           [&context] { path(context); });
  add_verb(noun, "check", "Report every mistake, and whether the key file can be read.",
           [&context] { check(context); });
}

}  // namespace smscrm
