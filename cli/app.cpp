#include "cli/app.hpp"

#include <csignal>
#include <cstring>

#include <unistd.h>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "cli/implied_verb.hpp"
#include "cli/screen.hpp"
#include "cli/usage.hpp"
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
void add_tag(CLI::App& root, Context& context);
void add_segment(CLI::App& root, Context& context);
void add_template(CLI::App& root, Context& context);
void add_campaign(CLI::App& root, Context& context);
void add_schedule(CLI::App& root, Context& context);
void add_retention(CLI::App& root, Context& context);
void add_backup(CLI::App& root, Context& context);
void add_hours(CLI::App& root, Context& context);
void add_message(CLI::App& root, Context& context);
void add_inbox(CLI::App& root, Context& context);
void add_keyword(CLI::App& root, Context& context);
void add_link(CLI::App& root, Context& context);
void add_report(CLI::App& root, Context& context);
void add_export(CLI::App& root, Context& context);
void add_webhook(CLI::App& root, Context& context);
void add_reconcile(CLI::App& root, Context& context);
void add_top(CLI::App& root, Context& context);
void add_user(CLI::App& root, Context& context);
void add_apikey(CLI::App& root, Context& context);
void add_audit(CLI::App& root, Context& context);
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
    add_tag,
    add_segment,
    add_template,
    add_campaign,
    add_schedule,
    add_hours,
    add_message,
    add_inbox,
    add_keyword,
    add_link,
    add_report,
    add_export,
    add_retention,
    add_webhook,
    add_reconcile,
    add_top,
    add_user,
    add_apikey,
    add_audit,
    add_backup,
    add_completion,
};
// clang-format on

// Whatever asks CLI11 for help gets ours.
class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_of(*app, terminal_columns(STDOUT_FILENO));
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
  root.add_option("--columns", flags.columns,
                  "Only these columns or keys, with commas between, in every form.")
      ->type_name("A,B");
  root.add_flag("--wide", flags.wide, "Tables as wide as they are; else they fit the terminal.");
  root.add_flag("--utc", flags.utc, "Times in UTC, read and shown; else by the tenant's clock.");
  add_choice(root, "--log-level", flags.log_level, {"debug", "info", "warn", "error", "off"},
             "How much is logged on standard error.");
}

CLI::App* find_subcommand(CLI::App& app, const std::string& name) {
  for (auto* sub : app.get_subcommands(nullptr))
    if (sub->check_name(name)) return sub;
  return nullptr;
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

// The words without the "help" before or after a noun, which is what --help is; nullopt without one.
std::optional<std::vector<std::string>> words_of_help(CLI::App& root, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto before = find_position(root, {words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i)});
    if (!before.open_flag.empty() || words[i].starts_with('-')) continue;
    if (words[i] != "help") {
      if (find_subcommand(*before.app, words[i]) == nullptr) return std::nullopt;
      continue;
    }
    if (find_subcommand(*before.app, "help") != nullptr || before.app->get_subcommands(nullptr).empty())
      return std::nullopt;
    auto rest = words;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    return rest;
  }
  return std::nullopt;
}

// What the words ask for; how it ended.
ExitStatus obey(CLI::App& app, Context& context, const std::vector<std::string>& words) {
  if (const auto asked = words_of_help(app, words)) {
    print_text(help_of(asked_about(app, *asked), terminal_columns(STDOUT_FILENO)));
    return ExitStatus::done;
  }
  try {
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    app.parse(reversed);
    context.out().flush();
    return context.status();
  } catch (const CLI::CallForHelp&) {
    print_text(help_of(*find_position(app, words).app, terminal_columns(STDOUT_FILENO)));
  } catch (const CLI::CallForVersion& version) {
    print_text(version.what());
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, words, error);
  }
  return ExitStatus::done;
}

int run_command(CLI::App& app, Context& context, const std::vector<std::string>& words) {
  const auto fail = [&](const Error& error) {
    const auto format = error_format(words);
    print_error(error, format, format == Format::table ? context.zone() : "UTC");
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
  // The help says what holds without a flag.
  root->option_defaults()->always_capture_default();
  add_global_flags(*root, context.flags);
  for (const auto add : nouns) add(*root, context);
  add_synonyms(*root);
  root->footer("Help on a command: smscrm help NOUN, smscrm help NOUN VERB. Manual: man smscrm");
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
