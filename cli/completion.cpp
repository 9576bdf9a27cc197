#include "cli/completion.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/time.h>
#include <unistd.h>

#include "cli/app.hpp"
#include "cli/command.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/help.hpp"
#include "core/access/scope.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/base/zones.hpp"
#include "core/tenant/live_name.hpp"
#include "core/webhook/webhook.hpp"

namespace smscrm {
namespace {

// The first sentence of a help text fits beside a candidate.
std::string summary_of(const std::string& help) {
  auto text = help.substr(0, help.find_first_of(".;\n"));
  return text;
}

bool is_completed_flag(const CLI::Option& option) { return !option.get_lnames().empty(); }

// Several with commas between: the last one is completed, and those that are named already are not offered.
void add_events(const std::string& prefix, const std::string& typed, std::vector<Candidate>& candidates) {
  const auto begin = typed.rfind(',') == std::string::npos ? 0 : typed.rfind(',') + 1;
  const auto named = split(typed.substr(0, begin), ',');
  auto patterns = webhook_event_patterns();
  if (begin == 0) patterns.emplace_back("*");
  for (const auto& pattern : patterns)
    if (pattern.starts_with(typed.substr(begin)) && std::ranges::find(named, pattern) == named.end())
      candidates.push_back({prefix + typed.substr(0, begin) + pattern, ""});
}

// What an option of a verb takes: its type, or less where the verb does something with part of them only.
std::string kind_of(const CLI::App& verb, const CLI::Option& option) {
  const auto type = type_of(option);
  const auto noun = verb.get_parent() == nullptr ? "" : verb.get_parent()->get_name();
  if (type == "ID" && noun == "inbox") return "INBOUND";
  if (type == "ID" && noun == "link") return "LINK";
  if (type == "CAMPAIGN" && noun == "campaign") {
    if (verb.get_name() == "launch" || verb.get_name() == "schedule") return "DRAFT_CAMPAIGN";
    if (verb.get_name() == "pause") return "RUNNING_CAMPAIGN";
    if (verb.get_name() == "resume") return "PAUSED_CAMPAIGN";
  }
  if (type == "CAMPAIGN" && noun == "schedule") return "SCHEDULED_CAMPAIGN";
  return type;
}

void add_values(const CLI::App& verb, const CLI::Option& option, Context& context, const std::string& prefix,
                const std::string& typed, std::vector<Candidate>& candidates) {
  const auto type = kind_of(verb, option);
  if (type == "FILE") {
    candidates.push_back({file_candidates, ""});
  } else if (type == "EVENTS") {
    add_events(prefix, typed, candidates);
  } else if (type == "ZONE") {
    for (const auto& zone : list_timezones())
      if (zone.starts_with(typed)) candidates.push_back({prefix + zone, ""});
  } else if (type == "RIGHT") {
    for (const auto& scope : scopes())
      if (scope.name.starts_with(typed))
        candidates.push_back({prefix + std::string{scope.name}, std::string{scope.about}});
  } else if (is_live_name_kind(type)) {
    const auto names =
        context.transaction([&](Tx& tx) { return list_live_names(tx, type, context.flags.tenant, typed); });
    for (const auto& name : names) candidates.push_back({prefix + name.name, name.description});
  } else if (type.find('|') != std::string::npos) {
    for (const auto& choice : split(type, '|'))
      if (choice.starts_with(typed) && choice == to_lower(choice))
        candidates.push_back({prefix + choice, ""});
  }
}

void add_flags(const CLI::App& app, const std::string& typed, std::vector<Candidate>& candidates) {
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options()) {
      if (!is_completed_flag(*option)) continue;
      const auto word = "--" + option->get_lnames().front();
      const bool known = std::ranges::find(candidates, word, &Candidate::word) != candidates.end();
      if (word.starts_with(typed) && !known)
        candidates.push_back({word, summary_of(option->get_description())});
    }
}

// The option that takes argument number `index`; the last one takes what is left when it takes several.
const CLI::Option* find_positional(const CLI::App& app, std::size_t index) {
  const CLI::Option* last = nullptr;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    if (index-- == 0) return option;
    last = option;
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;
}

const CLI::Option* find_named(const CLI::App& app, const std::string& name) {
  for (const auto* level = &app; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      if (option->check_name(name)) return option;
  return nullptr;
}

// The command line is not whole, so CLI11 cannot parse it; these two decide which names there are.
void read_global_flags(const std::vector<std::string>& words, GlobalFlags& flags) {
  if (const char* tenant = std::getenv("SMSCRM_TENANT"); tenant != nullptr && flags.tenant.empty())
    flags.tenant = tenant;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--tenant" && i + 2 < words.size()) flags.tenant = words[i + 1];
    if (words[i].starts_with("--tenant=")) flags.tenant = words[i].substr(9);
    if (words[i] == "--config" && i + 2 < words.size()) flags.config_file = words[i + 1];
    if (words[i].starts_with("--config=")) flags.config_file = words[i].substr(9);
  }
}

void end_silently(int) { ::_exit(0); }

}  // namespace

std::vector<Candidate> complete(CLI::App& root, Context& context, const std::vector<std::string>& words) {
  const auto typed = words.empty() ? std::string{} : words.back();
  read_global_flags(words, context.flags);
  std::vector<std::string> before{words.begin(), words.empty() ? words.end() : std::prev(words.end())};
  if (!before.empty() && before.front() == "help") before.erase(before.begin());
  const auto position = find_position(root, before);
  auto& app = *position.app;
  std::vector<Candidate> candidates;
  const auto equals = typed.find('=');
  if (!position.open_flag.empty()) {
    if (const auto* option = find_named(app, position.open_flag))
      add_values(app, *option, context, "", typed, candidates);
  } else if (typed.starts_with("--") && equals != std::string::npos) {
    if (const auto* option = find_named(app, typed.substr(0, equals)))
      add_values(app, *option, context, typed.substr(0, equals + 1), typed.substr(equals + 1), candidates);
  } else if (typed.starts_with("-")) {
    add_flags(app, typed, candidates);
  } else if (const auto subcommands = app.get_subcommands(nullptr); !subcommands.empty()) {
    for (const auto* sub : subcommands)
      if (position.arguments.empty() && sub->get_name().starts_with(typed))
        candidates.push_back({sub->get_name(), summary_of(sub->get_description())});
    if (&app == &root && position.arguments.empty() && std::string_view{"help"}.starts_with(typed))
      candidates.push_back({"help", "Help on a noun or a verb"});
  } else if (const auto* option = find_positional(app, position.arguments.size())) {
    add_values(app, *option, context, "", typed, candidates);
  }
  return candidates;
}

void run_complete(const std::vector<std::string>& words) {
  std::signal(SIGALRM, end_silently);
  itimerval budget{};
  budget.it_value.tv_usec = 300'000;
  ::setitimer(ITIMER_REAL, &budget, nullptr);
  try {
    Context context;
    context.flags.log_level = "off";
    const auto root = make_app(context);
    std::string lines;
    for (const auto& candidate : complete(*root, context, words)) {
      lines += printable(candidate.word);
      if (!candidate.description.empty())
        lines += "\t" + printable(join(split(candidate.description, '\n'), " "));
      lines += '\n';
    }
    context.out().print_raw(lines);
    context.out().flush();
  } catch (const Error&) {
    return;
  }
}

void add_completion(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "completion", "Completion of commands, flags and names in your shell.",
                        "source <(smscrm completion bash)\n"
                        "smscrm completion zsh >~/.zfunc/_smscrm\n"
                        "smscrm completion fish >~/.config/fish/completions/smscrm.fish");
  add_verb(noun, "bash", "Print the script for bash.",
           [&context] { context.out().print_raw(bash_completion); });
  add_verb(noun, "zsh", "Print the script for zsh.", [&context] { context.out().print_raw(zsh_completion); });
  add_verb(noun, "fish", "Print the script for fish.",
           [&context] { context.out().print_raw(fish_completion); });
}

}  // namespace smscrm
