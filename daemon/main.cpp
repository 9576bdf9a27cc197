#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <signal.h>
#include <sys/resource.h>

#include "core/base/descriptors.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/printable.hpp"
#include "core/base/private_memory.hpp"
#include "core/base/text.hpp"
#include "core/config.hpp"
#include "core/db/server_check.hpp"
#include "core/local.hpp"
#include "daemon/health.hpp"
#include "daemon/sandbox/command.hpp"
#include "daemon/service.hpp"
#include "daemon/service_manager.hpp"

namespace {

using namespace smscrm;

struct Flags {
  std::string config;
  std::string log_level;
  std::vector<std::string> listen;
  std::string console;
};

// The configuration, with the running `smscrm local` in place of what is not configured.
Config load(const Flags& flags) {
  auto sources = standard_config_sources(
      flags.config.empty() ? std::nullopt : std::optional<std::filesystem::path>{flags.config});
  if (!flags.log_level.empty()) sources.flags.emplace_back("log.level", flags.log_level);
  Config config = load_config(sources).config;
  if (!flags.listen.empty()) config.http.listen = flags.listen;
  use_local(config);
  if (config.database.url.empty())
    throw Error(Errc::usage, "no database is configured")
        .with_hint("set database.url, or start one with \"smscrm local start\"");
  if (config.secrets.key_file.empty())
    throw Error(Errc::usage, "no key file is configured").with_hint("set secrets.key_file");
  if (config.http.public_url.empty()) {
    config.http.public_url = "http://" + config.http.listen.front();
    log_warn("http.public_url is not set: no provider outside this machine can reach us",
             {{"using", config.http.public_url}});
  }
  return config;
}

// What no thread of ours would find out by itself, and each would suffer from.
void check_database(const Config& config) {
  Connection connection{config.database.url, "smscrmd check"};
  check_encoding(connection);
  check_session(connection, config.database.url);
}

// The soft limit is 1024 on most systems, and each connection takes a descriptor.
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The next signal; 0 when none came within `time`.
int wait_for_signal(const sigset_t& signals, std::chrono::microseconds time) {
  const timespec limit{std::chrono::floor<std::chrono::seconds>(time).count(),
                       time % std::chrono::seconds{1} / std::chrono::nanoseconds{1}};
  const int signal = ::sigtimedwait(&signals, nullptr, &limit);
  return signal > 0 ? signal : 0;
}

void reload(const Flags& flags, Service& service, const ServiceManager& manager) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  manager.tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now / std::chrono::microseconds{1}));
  std::string status = "serving";
  try {
    const auto done = service.reload(load(flags));
    set_log(done.running.log.level, done.running.log.format);
    log_info("configuration reloaded",
             {{"changed", join(done.changed, ",")}, {"kept_until_restart", join(done.kept, ",")}});
  } catch (const std::exception& e) {
    log_error("configuration refused, the old one stays", {{"error", e.what()}});
    status = "serving with the old configuration: the new one was refused";
  }
  manager.tell("READY=1\nSTATUS=" + status);
}

// Tells the service manager that all is well, while it is. `said`: the thread that was complained of.
void report_life(const Service& service, const ServiceManager& manager, std::string& said) {
  // Threads that wait for work turn every few seconds.
  const auto limit = std::max<std::chrono::microseconds>(*manager.patience() / 2, std::chrono::seconds{10});
  const auto stuck = service.find_stuck(limit);
  if (!stuck) manager.tell("WATCHDOG=1");
  if (stuck && *stuck != said) log_error("a thread makes no progress", {{"thread", *stuck}});
  said = stuck.value_or("");
}

int run(const Flags& flags) {
  // Before any thread exists, so that every thread leaves them to this one.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  allow_descriptors();

  const Config config = load(flags);
  set_log(config.log.level, config.log.format);
  check_database(config);
  const ServiceManager manager;
  Service service{config, flags.console};
  service.start();
  log_info("started", {{"version", SMSCRM_VERSION}, {"public_url", config.http.public_url}});
  manager.tell("READY=1\nSTATUS=serving");
  const auto pause = manager.patience().value_or(std::chrono::hours{1}) / 4;
  auto next_report = std::chrono::steady_clock::now();
  for (std::string complained_of;;) {
    const auto left = next_report - std::chrono::steady_clock::now();
    const int signal = wait_for_signal(
        signals, std::max(std::chrono::ceil<std::chrono::microseconds>(left), std::chrono::microseconds{0}));
    if (signal == SIGHUP) reload(flags, service, manager);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal != 0 || std::chrono::steady_clock::now() < next_report) continue;
    next_report += pause;
    if (manager.patience()) report_life(service, manager, complained_of);
  }
  manager.tell("STOPPING=1\nSTATUS=stopping");
  log_info("stopping");
  service.stop();
  log_info("stopped");
  return 0;
}

int check(const Flags& flags) {
  Config config = load(flags);
  set_log(LogLevel::warn, config.log.format);
  // systemd passes its sockets to the daemon alone, not to what is run before it.
  std::erase(config.http.listen, "fd://");
  check_database(config);
  const Service service{config};
  std::puts("ok: configuration, database, schema, key file and addresses are good");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int health(const Flags& flags, bool ready) {
  set_log(LogLevel::error, LogFormat::logfmt);
  const Config config = load(flags);
  const auto& http = config.http;
  const bool apart = ready && !http.admin_listen.empty() && flags.listen.empty();
  try {
    ask_health(apart ? http.admin_listen : http.listen, ready ? "/readyz" : "/healthz");
  } catch (const Error& error) {
    if (error.code() != Errc::unavailable) throw;
    std::fprintf(stderr, "smscrmd: %s\n", printable(error.what()).c_str());
    return 1;
  }
  std::puts("ok");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

void say_mistake(const std::string& text, const std::string& hint = "") {
  for (const auto& line : split(text, '\n')) std::fprintf(stderr, "smscrmd: %s\n", printable(line).c_str());
  if (!hint.empty()) std::fprintf(stderr, "  %s\n", printable(hint).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_descriptors();
  keep_memory_private();
  CLI::App app{"The daemon of smscrm: webhooks, short links, scheduler and sender.", "smscrmd"};
  app.set_help_flag("-h,--help", "Show this help.");
  app.set_version_flag("--version", "smscrmd " SMSCRM_VERSION, "Show the version.");
  Flags flags;
  app.add_option("--config", flags.config, "Read this configuration only; also SMSCRM_CONFIG.")
      ->type_name("FILE");
  app.add_option("--log-level", flags.log_level, "How much is logged on standard error.")
      ->type_name("debug|info|warn|error|off");
  app.add_option("--listen", flags.listen, "Listen here instead of at http.listen.")->type_name("ADDRESS");
  app.add_option("--console", flags.console, "Serve the console from this folder, for whoever works on it.")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.fallthrough();
  app.require_subcommand(0, 1);
  auto* run_command = app.add_subcommand("run", "Run the daemon; what happens without a verb, too.");
  auto* check_command =
      app.add_subcommand("check", "Check configuration, database, key file and addresses, and end.");
  auto* health_command = app.add_subcommand("health", "Ask the daemon that runs here whether it is well.");
  bool ready = false;
  health_command->add_flag("--ready", ready, "Ask whether it can store events, too: /readyz, not /healthz.");
  add_sandbox(app);
  app.footer("Manual: man smscrmd");

  try {
    app.parse(argc, argv);
    if (check_command->parsed()) return check(flags);
    if (health_command->parsed()) return health(flags, ready);
    if (run_command->parsed() || app.get_subcommands().empty()) return run(flags);
    return 0;  // the sandbox ran while its command was parsed
  } catch (const CLI::ParseError& e) {
    std::ostringstream said;
    const bool is_mistake = app.exit(e, std::cout, said) != 0;
    std::fputs(printable_lines(said.str()).c_str(), stderr);
    return is_mistake ? 2 : std::cout.flush() ? 0 : 1;
  } catch (const Error& e) {
    say_mistake(e.what(), e.hint());
    switch (e.code()) {
      case Errc::usage:
      case Errc::invalid:
        return 2;
      case Errc::unavailable:
        return 7;
      default:
        return 1;
    }
  } catch (const std::exception& e) {
    say_mistake(e.what());
    return 1;
  }
}
