#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <signal.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/config.hpp"
#include "core/local.hpp"
#include "daemon/sandbox/command.hpp"
#include "daemon/service.hpp"

namespace {

using namespace smscrm;

struct Flags {
  std::string config;
  std::string log_level;
  std::vector<std::string> listen;
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

int run(const Flags& flags) {
  // Before any thread exists, so that every thread leaves them to this one.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const Config config = load(flags);
  set_log(config.log.level, config.log.format);
  Service service{config};
  service.start();
  log_info("started", {{"version", SMSCRM_VERSION}, {"public_url", config.http.public_url}});
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    log_info("SIGHUP: the configuration is read at start; restart to change it");
  }
  log_info("stopping");
  service.stop();
  log_info("stopped");
  return 0;
}

int check(const Flags& flags) {
  const Config config = load(flags);
  set_log(LogLevel::warn, config.log.format);
  const Service service{config};
  std::puts("ok: configuration, database, schema, key file and addresses are good");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The daemon of smscrm: webhooks, short links, scheduler and sender.", "smscrmd"};
  app.set_version_flag("--version", "smscrmd " SMSCRM_VERSION);
  Flags flags;
  app.add_option("--config", flags.config, "Read this file instead of the standard ones")->type_name("FILE");
  app.add_option("--log-level", flags.log_level, "debug, info, warn, error or off");
  app.add_option("--listen", flags.listen, "Listen here instead of http.listen")->type_name("ADDRESS");
  app.fallthrough();
  app.require_subcommand(0, 1);
  auto* run_command = app.add_subcommand("run", "Run the daemon (the default)");
  auto* check_command =
      app.add_subcommand("check", "Check configuration, database, key file and addresses, then exit");
  add_sandbox(app);

  try {
    app.parse(argc, argv);
    if (check_command->parsed()) return check(flags);
    if (run_command->parsed() || app.get_subcommands().empty()) return run(flags);
    return 0;  // the sandbox ran while its command was parsed
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const Error& e) {
    std::fprintf(stderr, "smscrmd: %s\n", e.what());
    if (!e.hint().empty()) std::fprintf(stderr, "  %s\n", e.hint().c_str());
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
    std::fprintf(stderr, "smscrmd: %s\n", e.what());
    return 1;
  }
}
