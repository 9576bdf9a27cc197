#include "cli/app.hpp"

#include <csignal>
#include <cstring>

#include <unistd.h>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/implied_verb.hpp"
#include "core/base/descriptors.hpp"
#include "core/base/text.hpp"

namespace smscrm {

// One line per noun, in the order of the help.
void add_local(CLI::App& root, Context& context);
void add_migrate(CLI::App& root, Context& context);
void add_config(CLI::App& root, Context& context);
void add_doctor(CLI::App& root, Context& context);
void add_tenant(CLI::App& root, Context& context);
void add_account(CLI::App& root, Context& context);
void add_sender(CLI::App& root, Context& context);
void add_contact(CLI::App& root, Context& context);
void add_consent(CLI::App& root, Context& context);
void add_dnc(CLI::App& root, Context& context);
void add_import(CLI::App& root, Context& context);
void add_list(CLI::App& root, Context& context);
void add_template(CLI::App& root, Context& context);
void add_campaign(CLI::App& root, Context& context);
void add_message(CLI::App& root, Context& context);
void add_inbox(CLI::App& root, Context& context);
void add_keyword(CLI::App& root, Context& context);
void add_link(CLI::App& root, Context& context);
void add_report(CLI::App& root, Context& context);
void add_webhook(CLI::App& root, Context& context);
void add_reconcile(CLI::App& root, Context& context);
void add_user(CLI::App& root, Context& context);
void add_apikey(CLI::App& root, Context& context);
void add_completion(CLI::App& root, Context& context);

namespace {

// clang-format off
constexpr void (*nouns[])(CLI::App&, Context&) = {
    add_local,
    add_migrate,
    add_config,
    add_doctor,
    add_tenant,
    add_account,
    add_sender,
    add_contact,
    add_consent,
    add_dnc,
    add_import,
    add_list,
    add_template,
    add_campaign,
    add_message,
    add_inbox,
    add_keyword,
    add_link,
    add_report,
    add_webhook,
    add_reconcile,
    add_user,
    add_apikey,
    add_completion,
};
// clang-format on

// CLI11's own, without the words that the manual has and a screen has no room for.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (option->get_type_size() != 0 && !option->get_type_name().empty())
      text = " " + option->get_type_name();
    if (option->get_expected_max() > 1) text += " ...";
    if (option->get_required() && !option->get_positional()) text += " (required)";
    return text;
  }
};

void add_global_flags(CLI::App& root, GlobalFlags& flags) {
  root.add_option("--config", flags.config_file, "Read this configuration only; also SMSCRM_CONFIG.")
      ->type_name("FILE");
  root.add_option("--tenant", flags.tenant, "The tenant to work on, by slug or id; also SMSCRM_TENANT.")
      ->type_name("TENANT")
      ->envname("SMSCRM_TENANT");
  add_choice(root, "-o,--output", flags.output, {"table", "json", "ndjson", "csv"},
             "The form of results; also SMSCRM_OUTPUT.")
      ->envname("SMSCRM_OUTPUT");
  root.add_flag("-q,--quiet", flags.quiet, "No notes and no progress: only results and errors.");
  root.add_flag("-y,--yes", flags.yes, "Answer every question with yes.");
  root.add_flag("--no-color", flags.no_color, "No colours; also NO_COLOR.");
  root.add_flag("--csv-raw", flags.csv_raw,
                "CSV cell by cell as it is: no ' before what a spreadsheet would run.");
  add_choice(root, "--log-level", flags.log_level, {"debug", "info", "warn", "error", "off"},
             "How much is logged on standard error.");
}

const CLI::Option* find_flag(const CLI::App& app, const std::string& word) {
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      if (option->check_name(word)) return option;
  return nullptr;
}

CLI::App* find_subcommand(CLI::App& app, const std::string& name) {
  for (auto* sub : app.get_subcommands(nullptr))
    if (sub->check_name(name)) return sub;
  return nullptr;
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

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

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands(nullptr))
    if (!sub->get_group().empty()) names.push_back(sub->get_name());
  return names;
}

// CLI11 says what it found; people want to know what they may have meant.
Error usage_error(CLI::App& root, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const auto position = find_position(root, words);
  const auto& app = *position.app;
  const auto hint = fmt::format("see \"{} --help\"", path_of(app));
  if (const auto known = subcommands_of(app); !known.empty()) {
    const bool is_root = app.get_parent() == nullptr;
    if (position.arguments.empty())
      return Error(Errc::usage, "{} what? one of: {}", path_of(app), join(known, ", ")).with_hint(hint);
    const auto& word = position.arguments.front();
    return Error(Errc::usage, "no {} \"{}\"{}{}", is_root ? "command" : "verb", word,
                 is_root ? "" : " in " + path_of(app), did_you_mean(word, known))
        .with_hint(hint);
  }
  for (const auto& word : words) {
    if (word == "--") break;
    const auto name = word.substr(0, word.find('='));
    if (name.size() > 1 && name[0] == '-' && find_flag(app, name) == nullptr &&
        std::string_view{error.what()}.find(word) != std::string_view::npos)
      return Error(Errc::usage, "unknown flag {}{}", name, did_you_mean(name, flags_of(app))).with_hint(hint);
  }
  std::string message = error.what();
  if (const auto end = message.find_last_not_of(" \n."); end != std::string::npos) message.resize(end + 1);
  // "Could not convert: --rate = fast": every value that CLI11 converts for us is a number.
  const auto value = message.find(" = ");
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ConversionError) &&
      value != std::string::npos) {
    const auto name = message.rfind(' ', value - 1) + 1;
    return Error(Errc::usage, "{}: \"{}\" is not a number", message.substr(name, value - name),
                 message.substr(value + 3))
        .with_hint(hint);
  }
  return Error(Errc::usage, "{}", message).with_hint(hint);
}

// Mistakes must come out in the form asked for, also when the command line could not be parsed.
Format error_format(const std::vector<std::string>& words) {
  const char* variable = std::getenv("SMSCRM_OUTPUT");
  std::string name = variable == nullptr ? "" : variable;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if ((words[i] == "-o" || words[i] == "--output") && i + 1 < words.size()) name = words[i + 1];
    if (words[i].starts_with("--output=")) name = words[i].substr(9);
    if (words[i].starts_with("-o") && words[i].size() > 2) name = words[i].substr(2);
  }
  return name == "json" || name == "ndjson" ? Format::json : Format::table;
}

void on_interrupt(int) { ::_exit(static_cast<int>(ExitStatus::interrupted)); }

void print_text(const std::string& text) {
  Output out{{}};
  out.print_raw(text.ends_with('\n') ? text : text + "\n");
  out.flush();
}

// What the words ask for; how it ended.
ExitStatus obey(CLI::App& app, Context& context, const std::vector<std::string>& words) {
  try {
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    app.parse(reversed);
    context.out().flush();
    return context.status();
  } catch (const CLI::CallForHelp&) {
    const auto* asked = find_position(app, words).app;
    print_text(asked->help(asked->get_parent() == nullptr ? "" : path_of(*asked->get_parent())));
  } catch (const CLI::CallForVersion& version) {
    print_text(version.what());
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, words, error);
  }
  return ExitStatus::done;
}

int run_command(CLI::App& app, Context& context, const std::vector<std::string>& words) {
  const auto fail = [&](const Error& error) {
    print_error(error, error_format(words));
    const auto status = exit_status(error.code());
    return status == ExitStatus::usage && context.has_changed() ? ExitStatus::failed : status;
  };
  const auto status = [&] {
    try {
      return obey(app, context, words);
    } catch (const Error& error) {
      return fail(error);
    } catch (const std::exception& error) {
      return fail(Error(Errc::internal, "{}", error.what()));
    }
  }();
  return static_cast<int>(status);
}

}  // namespace

std::shared_ptr<CLI::App> make_app(Context& context) {
  auto root = std::make_shared<CLI::App>("An SMS CRM for operations teams.", "smscrm");
  root->fallthrough();
  root->require_subcommand(1);
  root->set_help_flag("-h,--help", "Show this help.");
  root->set_version_flag("--version", "smscrm " SMSCRM_VERSION, "Show the version.");
  root->formatter(std::make_shared<HelpFormatter>());
  root->get_formatter()->column_width(34);
  add_global_flags(*root, context.flags);
  for (const auto add : nouns) add(*root, context);
  root->footer("Help on a command: smscrm NOUN --help, smscrm NOUN VERB --help. Manual: man smscrm");
  return root;
}

Position find_position(CLI::App& root, const std::vector<std::string>& words) {
  Position position{&root, {}, words.size(), ""};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--") {
      if (position.arguments.empty()) position.first_argument = i + 1;
      position.arguments.insert(position.arguments.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                words.end());
      break;
    }
    if (word.size() > 1 && word[0] == '-') {
      const auto* flag = find_flag(*position.app, word);
      if (flag != nullptr && flag->get_items_expected_max() > 0 && ++i == words.size())
        position.open_flag = word;
      continue;
    }
    auto* sub = position.arguments.empty() ? find_subcommand(*position.app, word) : nullptr;
    if (sub != nullptr) {
      position.app = sub;
      continue;
    }
    if (position.arguments.empty()) position.first_argument = i;
    position.arguments.push_back(word);
  }
  return position;
}

int run(int argc, char** argv) {
  keep_standard_descriptors();
  // Before anything is built: scripts ask for it often.
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::puts("smscrm " SMSCRM_VERSION);
    return static_cast<int>(std::fflush(stdout) == 0 ? ExitStatus::done : ExitStatus::failed);
  }
  if (argc >= 3 && std::strcmp(argv[1], "__complete") == 0) {
    run_complete({argv + 3, argv + argc});  // after "--"
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, on_interrupt);
  try {
    Context context;
    const auto app = make_app(context);
    std::vector<std::string> words{argv + 1, argv + argc};
    if (const auto taken = add_implied_verb(*app, words); !taken.empty())
      std::fprintf(stderr, "%s\n", taken.c_str());
    return run_command(*app, context, words);
  } catch (const OutputClosed&) {
    // Die as a program does that leaves SIGPIPE alone.
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
    return static_cast<int>(ExitStatus::failed);
  }
}

}  // namespace smscrm
