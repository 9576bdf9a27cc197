// smscrm local …: a private PostgreSQL, and Redis where it is installed, without any configuration.
#include "cli/command.hpp"
#include "cli/local_server.hpp"
#include "core/base/secret.hpp"
#include "core/local/local_json.hpp"

namespace smscrm {
namespace {

Json describe(const Local& local, bool running) {
  const auto directory = local_directory();
  return to_json(local, directory, running, is_local_redis_running(directory));
}

void start(Context& context, const LocalPorts& ports) {
  const auto directory = local_directory();
  const auto started = start_local(directory, ports);
  auto& out = context.out();
  if (started.was_running)
    out.note("already running in " + directory.string());
  else
    out.note((started.made_cluster ? "made a database and started it in " : "started the database in ") +
             directory.string());
  if (out.format() != Format::table) return out.print_record(describe(started.local, true));
  out.note("database  " + started.local.database_url);
  out.note("Redis     " + (started.local.redis_url.empty() ? "none: redis-server is not installed"
                                                           : mask_url(started.local.redis_url)));
  out.note("key file  " + started.local.key_file.string());
  if (started.made_cluster) out.note("next: smscrm migrate");
  if (!context.config().database.url.empty() && !context.uses_local())
    out.warn("database.url is set, so commands go there and not to this database");
}

void stop(Context& context) {
  context.out().note(stop_local(local_directory()) ? "stopped" : "nothing was running");
}

void status(Context& context) {
  const auto directory = local_directory();
  const auto local = read_local(directory);
  if (!local)
    throw Error(Errc::not_found, "there is no local database in {}", directory.string())
        .with_hint("make one with \"smscrm local start\"");
  context.out().print_record(describe(*local, is_local_running(directory)));
}

void reset(Context& context) {
  const auto directory = local_directory();
  if (!read_local(directory) && !std::filesystem::exists(directory / "pg"))
    return context.out().note("there is no local database in " + directory.string());
  context.out().confirm("destroy the local database in " + directory.string() + " with all its data");
  reset_local(directory);
  context.out().note("destroyed the local database in " + directory.string());
}

}  // namespace

void add_local(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "local",
                        "A private PostgreSQL (and Redis) for this user, used while none is configured.",
                        "smscrm local start\n"
                        "smscrm local start --pg-port 5440 --redis-port 6390\n"
                        "smscrm local status -o json");
  auto ports = std::make_shared<LocalPorts>();
  auto& start_verb = add_verb(noun, "start", "Start it; makes it the first time.",
                              [=, &context] { start(context, *ports); });
  add_flag(start_verb, "--pg-port", ports->pg, "PORT",
           "PostgreSQL's port on 127.0.0.1; as the last time by default, at first 5433; also "
           "SMSCRM_LOCAL_PG_PORT.")
      ->envname("SMSCRM_LOCAL_PG_PORT")
      ->check(CLI::Range(1, 65535).description(""));
  add_flag(
      start_verb, "--redis-port", ports->redis, "PORT",
      "A port on 127.0.0.1 for Redis, with a password, besides its socket; also SMSCRM_LOCAL_REDIS_PORT.")
      ->envname("SMSCRM_LOCAL_REDIS_PORT")
      ->check(CLI::Range(1, 65535).description(""));
  add_verb(noun, "stop", "Stop it; the data stays.", [&context] { stop(context); });
  add_verb(noun, "status", "Show whether it runs, and where.", [&context] { status(context); });
  add_verb(noun, "reset", "Stop it and destroy its data.", [&context] { reset(context); });
}

}  // namespace smscrm
