#include "cli/usage.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cli/app.hpp"
#include "cli/help.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : "";
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<const CLI::App*> children_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  for (const auto* app : apps)
    if (!app->get_group().empty()) names.push_back(app->get_name());
  return names;
}

// A verb where a noun is expected: which nouns have it.
std::string verbs_named(const CLI::App& root, const std::string& word) {
  std::vector<std::string> found;
  for (const auto* noun : children_of(root))
    for (const auto* verb : children_of(*noun))
      if (verb->check_name(word)) found.push_back(fmt::format("\"{}\"", path_of(*verb)));
  if (found.empty() || found.size() > 4) return "";
  return "; did you mean " + join(found, " or ") + "?";
}

Error unknown_command(CLI::App& root, const Position& position, const std::string& hint) {
  const auto& app = *position.app;
  const auto known = names_of(children_of(app));
  if (position.arguments.empty())
    return Error(Errc::usage, "{} what? one of: {}", path_of(app), join(known, ", ")).with_hint(hint);
  const auto& word = position.arguments.front();
  auto meant = did_you_mean(word, known);
  if (app.get_parent() == nullptr) {
    if (const auto verbs = verbs_named(root, word); !verbs.empty()) meant = verbs;
    return Error(Errc::usage, "no command \"{}\"{}", word, meant).with_hint(hint);
  }
  // "import contacts.csv"
  if (app.get_name() == "import" && (word == "-" || std::filesystem::exists(word)))
    meant = fmt::format("; did you mean \"smscrm import run {}\"?", word);
  return Error(Errc::usage, "no verb \"{}\" in {}{}", word, path_of(app), meant).with_hint(hint);
}

Error unknown_flag(const CLI::App& app, const std::string& name, const std::string& hint) {
  if (const auto* noun = app.get_parent())
    for (const auto* verb : children_of(*noun))
      for (const auto* option : verb->get_options())
        if (option->check_name(name))
          return Error(Errc::usage, "{} has no flag {}; \"{}\" has", path_of(app), name, path_of(*verb))
              .with_hint(hint);
  return Error(Errc::usage, "unknown flag {}{}", name, did_you_mean(name, flags_of(app))).with_hint(hint);
}

const CLI::Option* find_option(const CLI::App& app, const std::string& name) {
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      if (option->get_name() == name || option->check_name(name)) return option;
  return nullptr;
}

// As the operator gave it: the flag, the argument's type, or the variable it was taken from.
std::string label_of(const CLI::Option& option, const std::vector<std::string>& words) {
  if (option.get_positional()) return type_of(option);
  const auto is_given = [&](const std::string& word) {
    if (word.starts_with("--")) return option.check_name(word.substr(0, word.find('=')));
    return word.size() >= 2 && word[0] == '-' && option.check_name(word.substr(0, 2));
  };
  if (!option.get_envname().empty() && std::ranges::none_of(words, is_given)) return option.get_envname();
  return option.get_name();
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto begin = text.find(before);
  if (begin == std::string::npos) return "";
  const auto from = begin + before.size();
  const auto end = after.empty() ? text.size() : text.find(after, from);
  return end == std::string::npos ? "" : text.substr(from, end - from);
}

// "5 is too much; 1 to 100": of CLI11's ranges, whose ends may be those of a double.
std::string bad_number(const std::string& said) {
  const auto value = between(said, "Value ", " not in range");
  const auto low = between(said, "not in range ", " to "), high = between(said, " to ", "");
  const auto whole = [](const std::string& number) { return number.substr(0, number.find('.')); };
  if (whole(high).size() > 15)
    return fmt::format("{} is too little; a number {} {}", value, whole(low) == "0" ? "above" : "from",
                       whole(low));
  return fmt::format("{} is not a number from {} to {}", value, whole(low), whole(high));
}

std::string bad_choice(const CLI::Option& option, const std::string& said) {
  const auto value = said.substr(0, said.find(" not in {"));
  auto choices = split(between(said, " not in {", "}"), ',');
  return fmt::format("\"{}\" is none of {}{}", value, join(split(type_of(option), '|'), ", "),
                     did_you_mean(value, choices));
}

// What is left of CLI11's "NAME: words" about an option's value.
std::string bad_value(const CLI::Option& option, const std::string& said) {
  if (said.find(" not in range ") != std::string::npos) return bad_number(said);
  if (said.find(" not in {") != std::string::npos) return bad_choice(option, said);
  if (said.find("At Most") != std::string::npos) return "given more than once";
  if (said.find("missing") != std::string::npos || said.find("At least") != std::string::npos)
    return fmt::format("a value is missing: {} {}", option.get_name(), type_of(option));
  return said;
}

}  // namespace

const CLI::Option* find_flag(const CLI::App& app, const std::string& word) {
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      if (option->check_name(word)) return option;
  return nullptr;
}

const CLI::App& asked_about(CLI::App& root, const std::vector<std::string>& words) {
  const auto position = find_position(root, words);
  if (!position.arguments.empty() && !children_of(*position.app).empty())
    throw unknown_command(root, position, fmt::format("see \"{} --help\"", path_of(*position.app)));
  return *position.app;
}

Error usage_error(CLI::App& root, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const auto position = find_position(root, words);
  const auto& app = *position.app;
  const auto hint = fmt::format("see \"{} --help\"", path_of(app));
  std::string said = error.what();
  if (const auto end = said.find_last_not_of(" \n."); end != std::string::npos) said.resize(end + 1);
  for (const auto& word : words) {
    if (word == "--") break;
    const auto name = word.substr(0, word.find('='));
    if (name.size() > 1 && name[0] == '-' && find_flag(app, name) == nullptr &&
        (said.find(word) != std::string::npos || !children_of(app).empty()))
      return unknown_flag(app, name, hint);
  }
  if (!children_of(app).empty() && app.get_require_subcommand_min() > 0)
    return unknown_command(root, position, hint);

  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  // "--limit: …", "campaign: …"
  if (const auto colon = said.find(": "); colon != std::string::npos)
    if (const auto* option = find_option(app, said.substr(0, colon)))
      return Error(Errc::usage, "{}: {}", label_of(*option, words),
                   bad_value(*option, said.substr(colon + 2)))
          .with_hint(hint);
  switch (code) {
    case CLI::ExitCodes::RequiredError:
      if (const auto* option = find_option(app, between(said, "", " is required")))
        return Error(Errc::usage, "{}{} is missing: {}",
                     option->get_positional() ? type_of(*option) : option->get_name(),
                     option->get_positional() ? "" : " " + type_of(*option), usage_of(app))
            .with_hint(hint);
      break;
    case CLI::ExitCodes::ExtrasError:
      return Error(Errc::usage, "unexpected {}: {}", between(said, "expected: ", ""), usage_of(app))
          .with_hint(hint);
    case CLI::ExitCodes::ConversionError:
      // "Could not convert: --rate = fast": every value that CLI11 converts for us is a number.
      if (const auto value = said.find(" = "); value != std::string::npos) {
        const auto name = said.rfind(' ', value - 1) + 1;
        return Error(Errc::usage, "{}: \"{}\" is not a number", said.substr(name, value - name),
                     said.substr(value + 3))
            .with_hint(hint);
      }
      break;
    case CLI::ExitCodes::ExcludesError:
      return Error(Errc::usage, "{} and {} do not go together", between(said, "", " excludes "),
                   between(said, " excludes ", ""))
          .with_hint(hint);
    case CLI::ExitCodes::RequiresError:
      return Error(Errc::usage, "{} goes with {}", between(said, "", " requires "),
                   between(said, " requires ", ""))
          .with_hint(hint);
    default:
      break;
  }
  return Error(Errc::usage, "{}", said).with_hint(hint);
}

}  // namespace smscrm
