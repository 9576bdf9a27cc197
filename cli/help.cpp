#include "cli/help.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "cli/screen.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

using Entry = std::pair<std::string, std::string>;

// Of verbs that their noun's examples leave out.
constexpr const char* more_examples[] = {
    "smscrm account show",
    "smscrm account pause",
    "smscrm account resume",
    "smscrm apikey show ci",
    "smscrm apikey revoke ci --yes",
    "smscrm audit checkpoint",
    "smscrm audit export -o ndjson",
    "smscrm backup create --full",
    "smscrm backup key /media/usb/secret.key",
    "smscrm backup list",
    "smscrm backup verify 20261201T030000Z",
    "smscrm backup status -o json",
    "smscrm campaign list --status running",
    "smscrm campaign show spring -o json",
    "smscrm campaign update spring --rate 20 --expires-after 12h",
    "smscrm campaign delete spring --yes",
    "smscrm campaign schedule spring --at '2026-12-24 09:00' --zone America/New_York",
    "smscrm campaign schedule spring --at 'today 9:00' --if-passed next-day",
    "smscrm campaign schedule weekly --cron '0 9 * * mon' --until 2027-06-30",
    "smscrm schedule next --cron '30 2 * * *' --zone Europe/Berlin",
    "smscrm campaign test spring --to +14155552671",
    "smscrm campaign pause spring",
    "smscrm campaign resume spring",
    "smscrm campaign cancel spring --yes",
    "smscrm campaign status spring",
    "smscrm campaign wait spring --timeout 30m",
    "smscrm campaign verify spring",
    "smscrm completion bash",
    "smscrm config check",
    "smscrm config path",
    "smscrm contact merge +14155552672 --into +14155552671",
    "smscrm contact update +14155552671 --first-name Anna --attribute city=Rome",
    "smscrm contact delete +14155552671 --yes",
    "smscrm contact export +14155552671 -f anna.zip",
    "smscrm contact erase +14155552671 --reason 'letter of 3 May'",
    "smscrm contact erasures",
    "smscrm contact untag vip +14155552671",
    "smscrm dnc remove +14155552671",
    "smscrm hours resume 3",
    "smscrm retention keep agents",
    "smscrm retention release 1",
    "smscrm retention holds",
    "smscrm export contacts --bom -f for-excel.csv",
    "smscrm import list",
    "smscrm import show 7",
    "smscrm inbox show 17",
    "smscrm inbox dismiss 18",
    "smscrm keyword update HOURS --reply 'We are open 10 to 4.'",
    "smscrm keyword delete HOURS",
    "smscrm link enable 3",
    "smscrm link reclassify",
    "smscrm list list",
    "smscrm list show spring",
    "smscrm list update spring --name 'Spring 2026'",
    "smscrm list remove spring +14155552671",
    "smscrm list delete spring --yes",
    "smscrm local stop",
    "smscrm local reset --yes",
    "smscrm message show 1842",
    "smscrm migrate up",
    "smscrm report timeline --campaign spring --step hour",
    "smscrm report links --since 7d",
    "smscrm report replies --by campaign",
    "smscrm report opt-outs --since 2026-11-01",
    "smscrm report senders",
    "smscrm report cost --by campaign -o csv",
    "smscrm report latency --by day",
    "smscrm report verify",
    "smscrm segment list",
    "smscrm segment show vips",
    "smscrm segment update vips --rule 'tag:vip and last_click < 90d'",
    "smscrm segment explain vips",
    "smscrm segment delete vips --yes",
    "smscrm sender list",
    "smscrm template list",
    "smscrm template show spring",
    "smscrm template update spring --body-file spring.txt",
    "smscrm template delete spring --yes",
    "smscrm tenant show acme",
    "smscrm tenant delete acme --yes",
    "smscrm user list",
    "smscrm user show ann@acme.example",
    "smscrm user disable bob@acme.example",
    "smscrm user enable bob@acme.example",
    "smscrm user passwd ann@acme.example --password-file secret.txt",
    "smscrm user totp ann@acme.example",
    "smscrm user sessions ann@acme.example",
    "smscrm webhook list",
    "smscrm webhook show crm",
    "smscrm webhook update crm --disable",
    "smscrm webhook remove crm --yes",
};

// What people also say for a verb, where the noun has no verb of that name.
constexpr std::pair<const char*, const char*> verb_synonyms[] = {
    {"create", "add"}, {"create", "new"},    {"add", "create"},    {"add", "new"},      {"delete", "remove"},
    {"delete", "rm"},  {"delete", "del"},    {"remove", "delete"}, {"remove", "rm"},    {"remove", "del"},
    {"list", "ls"},    {"show", "get"},      {"show", "view"},     {"launch", "start"}, {"launch", "send"},
    {"pause", "stop"}, {"update", "edit"},   {"update", "set"},    {"set", "update"},   {"cancel", "abort"},
    {"up", "run"},     {"status", "report"},
};

bool is_shown(const CLI::Option& option, const CLI::App& app) { return &option != app.get_help_ptr(); }

// "1 to 100" of CLI11's "INT in [1 - 100]".
std::string range_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find(" in ["), dash = type.find(" - ", begin), end = type.find(']', begin);
  if (begin == std::string::npos || dash == std::string::npos || end == std::string::npos) return "";
  const auto low = parse_integer(std::string_view{type}.substr(begin + 5, dash - begin - 5));
  const auto high = parse_integer(std::string_view{type}.substr(dash + 3, end - dash - 3));
  constexpr std::int64_t any = 1'000'000'000;
  return low && high && *high < any ? fmt::format("{} to {}", *low, *high) : "";
}

std::string default_of(const CLI::Option& option) {
  auto text = option.get_default_str();
  // Quotation marks and brackets are CLI11's; nothing, no and 0 are what one expects.
  std::erase_if(text, [](char c) { return c == '"' || c == '[' || c == ']' || c == '{' || c == '}'; });
  return text == "0" || text == "false" ? "" : text;
}

std::string describe(const CLI::Option& option) {
  std::vector<std::string> notes;
  if (option.get_required() && !option.get_positional()) notes.emplace_back("required");
  if (const auto range = range_of(option); !range.empty()) notes.push_back(range);
  if (const auto value = default_of(option); !value.empty()) notes.push_back("default: " + value);
  if (option.get_expected_max() > 1 && !option.get_positional())
    notes.emplace_back("may be given several times");
  auto text = option.get_description();
  if (!notes.empty()) text += " (" + join(notes, "; ") + ")";
  return text;
}

std::string name_of(const CLI::Option& option) {
  auto name = option.get_positional() ? type_of(option) : option.get_name(false, true);
  std::string spaced;
  // CLI11 adds what a flag without a value means, in braces.
  for (const auto& each : split(name, ','))
    spaced += (spaced.empty() ? "" : ", ") + each.substr(0, each.find('{'));
  if (!option.get_positional())
    if (const auto type = type_of(option); !type.empty()) spaced += " " + type;
  return spaced;
}

// "--status a|b|…", with a new line behind what fits.
std::string break_choices(const std::string& name, std::size_t width) {
  constexpr std::string_view indent = "      ";
  std::string text;
  std::size_t column = 2;
  const auto choices = split(name, '|');
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto word = choices[i] + (i + 1 < choices.size() ? "|" : "");
    if (column + word.size() > width) text += "\n" + std::string{indent}, column = indent.size();
    text += word, column += word.size();
  }
  return text;
}

std::string section(const std::string& title, const std::vector<Entry>& entries, std::size_t width) {
  if (entries.empty()) return "";
  constexpr std::size_t widest_name = 28;
  std::size_t names = 0;
  for (const auto& [name, text] : entries)
    if (display_width(name) <= widest_name) names = std::max(names, display_width(name));
  const std::string indent(names + 4, ' ');
  std::string text = "\n" + title + ":\n";
  for (const auto& [name, about] : entries) {
    const auto taken = display_width(name);
    // A name that is too long stands on a line of its own, or on several where it is a choice of many.
    text += "  " + (taken + 2 > width ? break_choices(name, width) : name) +
            (taken > names ? "\n" + indent : std::string(names - taken + 2, ' '));
    const auto room = width > indent.size() + 20 ? width - indent.size() : 20;
    std::string lines;
    for (const auto& line : split(about, '\n')) {
      if (!lines.empty()) lines += "\n" + indent;
      lines += join(wrap(line, room), "\n" + indent);
    }
    text += lines + "\n";
  }
  return text;
}

const CLI::App& noun_of(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr || parent->get_parent() == nullptr ? app : *parent;
}

std::vector<std::string> examples_of(const CLI::App& app) {
  std::vector<std::string> all, own;
  for (const auto& line : split(noun_of(app).get_footer(), '\n'))
    if (line.starts_with("  ")) all.emplace_back(trim(line));
  if (&noun_of(app) == &app) return all;
  for (const char* line : more_examples) all.emplace_back(line);
  const auto command = " " + noun_of(app).get_name() + " " + app.get_name();
  for (const auto& line : all) {
    const auto at = (line + " ").find(command + " ");
    if (at != std::string::npos && std::ranges::find(own, line) == own.end()) own.push_back(line);
  }
  return own;
}

std::string global_flags(const CLI::App& app, std::size_t width) {
  const auto* root = &app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  std::vector<std::string> names;
  for (const auto* option : root->get_options())
    if (is_shown(*option, *root) && option->get_name() != "--version") names.push_back(name_of(*option));
  std::string text = "\nGlobal flags:\n";
  for (const auto& line : wrap(fmt::format("{}; see \"smscrm --help\"", join(names, "; ")), width - 2))
    text += "  " + line + "\n";
  return text;
}

}  // namespace

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::string type_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return "";
  const auto type = option.get_type_name();
  // What follows a colon are the checks.
  return type.substr(0, type.find(':'));
}

std::string usage_of(const CLI::App& app) {
  auto text = path_of(app);
  bool has_flags = false;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) {
      has_flags = has_flags || is_shown(*option, app);
      continue;
    }
    auto name = type_of(*option) + (option->get_items_expected_max() > 1 ? "..." : "");
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  for (const auto* option : app.get_options())
    if (option->get_required() && !option->get_positional())
      text += " " + option->get_name() + " " + type_of(*option);
  const bool has_verbs = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (has_verbs)
    text += app.get_parent() == nullptr            ? " NOUN VERB"
            : app.get_require_subcommand_min() > 0 ? " VERB"
                                                   : " [VERB]";
  return has_flags ? text + " [FLAGS]" : text;
}

std::string help_of(const CLI::App& app, std::size_t width) {
  width = std::max<std::size_t>(width, 40);
  std::string text = join(wrap("Usage: " + usage_of(app), width), "\n         ") + "\n\n";
  for (const auto& line : wrap(app.get_description(), width)) text += line + "\n";
  std::vector<Entry> arguments, flags, commands;
  for (const auto* option : app.get_options())
    (option->get_positional() ? arguments : flags).emplace_back(name_of(*option), describe(*option));
  const bool is_root = app.get_parent() == nullptr;
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.emplace_back(sub->get_name(), sub->get_description());
  text += section("Arguments", arguments, width);
  text += section(is_root ? "Nouns" : "Verbs", commands, width);
  text += section(is_root ? "Global flags" : "Flags", flags, width);
  if (is_root) {
    text += "\n";
    for (const auto& line : wrap(app.get_footer(), width)) text += line + "\n";
    return text;
  }
  if (const auto examples = examples_of(app); !examples.empty()) {
    text += "\nExamples:\n";
    // A command that is to be copied is not broken.
    for (const auto& line : examples) text += "  " + line + "\n";
  }
  text += global_flags(app, width);
  return text + "\nManual: man smscrm-" + noun_of(app).get_name() + "\n";
}

void add_synonyms(CLI::App& root) {
  const auto nouns = root.get_subcommands([](CLI::App*) { return true; });
  const auto is_free = [](const CLI::App& parent, const std::string& name) {
    for (const auto* sub : parent.get_subcommands([](const CLI::App*) { return true; }))
      if (sub->check_name(name)) return false;
    return true;
  };
  for (auto* noun : nouns) {
    if (const auto plural = noun->get_name() + "s"; is_free(root, plural)) noun->alias(plural);
    // Of two that may be meant, "rm" for one, the table has the more likely first.
    for (const auto& [name, synonym] : verb_synonyms)
      for (auto* verb : noun->get_subcommands([](CLI::App*) { return true; }))
        if (verb->get_name() == name && is_free(*noun, synonym)) verb->alias(synonym);
  }
}

}  // namespace smscrm
