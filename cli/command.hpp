// How commands are put into the tree. A noun is one file with one function, `void add_contact(CLI::App& root,
// Context& context)`, listed in cli/app.cpp:
//
//   struct ShowFlags { std::string msisdn; };
//
//   void add_contact(CLI::App& root, Context& context) {
//     auto& noun = add_noun(root, "contact", "People and what is known of them.", "smscrm contact show
//     +14155550123"); auto flags = std::make_shared<ShowFlags>(); auto& show = add_verb(noun, "show", "Show
//     one contact.", [=, &context] { show_contact(context, *flags); }); add_positional(show, "contact",
//     flags->msisdn, "CONTACT", "Its number or id.");
//   }
//
// The type name of an option is what completion goes by: TENANT, CAMPAIGN, LIST, TEMPLATE, SENDER, WEBHOOK,
// EVENTS, FILE (see cli/completion.cpp), or the values themselves as add_choice writes them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"

namespace smscrm {

// `examples`: lines as they are typed, shown below the help of the noun and its verbs.
inline CLI::App& add_noun(CLI::App& root, const std::string& name, const std::string& summary,
                          const std::string& examples) {
  auto* noun = root.add_subcommand(name, summary);
  noun->require_subcommand(1);
  std::string footer = "Examples:";
  for (const auto& line : CLI::detail::split(examples, '\n'))
    if (!line.empty()) footer += "\n  " + line;
  noun->footer(footer + "\n\nGlobal flags: smscrm --help. Manual: man smscrm-" + name);
  return *noun;
}

// `run` is called once the whole command line is known to be right.
inline CLI::App& add_verb(CLI::App& noun, const std::string& name, const std::string& summary,
                          std::function<void()> run) {
  auto* verb = noun.add_subcommand(name, summary);
  verb->callback(std::move(run));
  return *verb;
}

// A verb that changes what its flags name, and keeps what they do not. Without any it is refused, rather than
// said to have done something.
inline CLI::App& add_change(CLI::App& noun, const std::string& name, const std::string& summary,
                            std::function<void()> run) {
  auto& verb = add_verb(noun, name, summary, nullptr);
  verb.callback([&verb, run = std::move(run)] {
    std::vector<std::string> flags;
    for (const auto* option : verb.get_options()) {
      if (option->get_positional() || option == verb.get_help_ptr()) continue;
      if (option->count() > 0) return run();
      flags.push_back(option->get_name());
    }
    const auto last = flags.back();
    flags.pop_back();
    throw Error(Errc::usage, "nothing to change; give {} or {}", fmt::join(flags, ", "), last);
  });
  return verb;
}

// A required argument without a name of its own on the command line.
template <class T>
CLI::Option* add_positional(CLI::App& verb, const std::string& name, T& value, const std::string& type,
                            const std::string& help) {
  return verb.add_option(name, value, help)->required()->type_name(type);
}

// `--name VALUE`. CLI11's own: ->required(), ->capture_default_str(), count() tells whether it was given.
template <class T>
CLI::Option* add_flag(CLI::App& verb, const std::string& name, T& value, const std::string& type,
                      const std::string& help) {
  return verb.add_option(name, value, help)->type_name(type);
}

// `--name` alone.
inline CLI::Option* add_switch(CLI::App& verb, const std::string& name, bool& value,
                               const std::string& help) {
  return verb.add_flag(name, value, help);
}

// `--name a|b|c`, refused when it is none of them.
inline CLI::Option* add_choice(CLI::App& verb, const std::string& name, std::string& value,
                               const std::vector<std::string>& choices, const std::string& help) {
  return verb.add_option(name, value, help)
      ->check(CLI::IsMember(choices).description(""))
      ->type_name(CLI::detail::join(choices, "|"));
}

// A flag that may be given several times, one value each.
inline CLI::Option* add_repeated(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                                 const std::string& type, const std::string& help) {
  return verb.add_option(name, values, help)->type_name(type)->expected(1)->take_all();
}

}  // namespace smscrm
