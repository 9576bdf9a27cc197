#include "daemon/sandbox/command.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "daemon/sandbox/sandbox.hpp"

namespace smscrm {
namespace {

struct Arguments {
  std::vector<std::string> listen{"127.0.0.1:8010"};
  int threads = 1;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> accounts, test_accounts, api_keys;
  std::string file, inbound_url, account_file;
  bool exposed = false;
};

std::pair<std::string, std::string> split_pair(const std::string& text, const char* flag) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw Error(Errc::usage, "{} wants SID:SECRET", flag);
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// Lines of SID:TOKEN; empty ones and those that begin with # are left out.
std::vector<std::string> read_accounts(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw Error(Errc::usage, "cannot read {}", path);
  std::vector<std::string> accounts;
  for (std::string line; std::getline(file, line);)
    if (const auto text = trim(line); !text.empty() && text.front() != '#') accounts.emplace_back(text);
  return accounts;
}

// /sandbox/* asks for no password, and calls whatever address it is told.
void check_exposure(const std::string& address) {
  for (const char* inside : {"127.", "localhost:", "[::1]:", "unix:", "fd://"})
    if (address.starts_with(inside)) return;
  throw Error(Errc::usage, "{} can be reached from outside, and the sandbox asks for no password", address)
      .with_hint("listen on 127.0.0.1, or say --expose where nobody but you can reach it");
}

SandboxOptions read_options(const Arguments& arguments) {
  SandboxOptions options;
  if (!arguments.exposed) std::for_each(arguments.listen.begin(), arguments.listen.end(), check_exposure);
  options.listen = arguments.listen;
  options.threads = arguments.threads;
  options.seed = arguments.seed ? *arguments.seed : std::random_device{}();
  auto accounts = arguments.accounts;
  if (!arguments.account_file.empty())
    for (auto& account : read_accounts(arguments.account_file)) accounts.push_back(std::move(account));
  for (const auto& text : accounts) {
    auto [sid, token] = split_pair(text, "--account");
    options.accounts.push_back({std::move(sid), std::move(token), false});
  }
  if (options.accounts.empty()) options.accounts.push_back({demo_account_sid, demo_account_token, false});
  for (const auto& text : arguments.test_accounts) {
    auto [sid, token] = split_pair(text, "--test-account");
    options.accounts.push_back({std::move(sid), std::move(token), true});
  }
  for (const auto& text : arguments.api_keys) options.api_keys.push_back(split_pair(text, "--api-key"));
  if (!arguments.file.empty()) read_sandbox_file(arguments.file, options.settings, options.faults);
  if (!arguments.inbound_url.empty()) options.settings.inbound_url = arguments.inbound_url;
  return options;
}

void run(const Arguments& arguments) {
  // Blocked before there are threads, so that all of them leave the signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto options = read_options(arguments);
  Sandbox sandbox{options};
  sandbox.start();
  const auto& account = options.accounts.front();
  fmt::print(
      "Twilio sandbox listening on {0}, seed {1}\n"
      "account {2}, token {3}\n"
      "\n"
      "  curl -u {2}:{3} {0}/2010-04-01/Accounts/{2}/Messages.json \\\n"
      "    -d To=%2B14155550123 -d From=%2B15005550006 -d Body=Hello\n"
      "  curl {0}/sandbox/ledger\n"
      "  curl {0}/sandbox/counts\n"
      "\n",
      sandbox.url(), options.seed, account.sid, account.token);
  std::fflush(stdout);
  int caught = 0;
  sigwait(&signals, &caught);
  // Whatever hangs, and whoever sends the signal again: it ends.
  std::signal(SIGALRM, [](int) { ::_exit(1); });
  ::alarm(10);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  sandbox.stop();
}

}  // namespace

void add_sandbox(CLI::App& app) {
  auto* command =
      app.add_subcommand("sandbox", "Answer as Twilio's Messages API would, for demos and tests.");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--listen", arguments->listen, "Listen here: 127.0.0.1:8010 or unix:/path.")
      ->type_name("ADDRESS");
  command->add_option("--threads", arguments->threads, "How many threads answer, 1 to 64.")
      ->check(CLI::Range(1, 64).description(""))
      ->type_name("N");
  command
      ->add_option("--seed", arguments->seed,
                   "Of all chance: the same seed, the same outcomes. Any by default.")
      ->type_name("N");
  command->add_flag("--expose", arguments->exposed, "Listen beyond this machine, without any password.");
  command
      ->add_option("--account", arguments->accounts,
                   "An account; one for demos by default. Also SMSCRM_SANDBOX_ACCOUNT.")
      ->type_name("SID:TOKEN")
      ->envname("SMSCRM_SANDBOX_ACCOUNT");
  command
      ->add_option("--account-file", arguments->account_file,
                   "A file of SID:TOKEN lines: what stands on the command line anybody sees.")
      ->type_name("FILE");
  command->add_option("--test-account", arguments->test_accounts, "Test credentials.")
      ->type_name("SID:TOKEN");
  command->add_option("--api-key", arguments->api_keys, "An API key, good for every account.")
      ->type_name("SID:SECRET");
  command->add_option("--faults", arguments->file, "TOML or JSON with the tables faults and settings.")
      ->type_name("FILE");
  command->add_option("--inbound-url", arguments->inbound_url, "Where inbound messages are posted.")
      ->type_name("URL");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace smscrm
