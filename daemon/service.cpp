#include "daemon/service.hpp"

#include <optional>

#include <unistd.h>

#include "core/base/log.hpp"
#include "core/db/migrate.hpp"
#include "core/db/roles.hpp"
#include "core/fence/watch.hpp"
#include "core/net/redis.hpp"
#include "daemon/api/api.hpp"
#include "daemon/asset.hpp"
#include "daemon/edge/directory.hpp"
#include "daemon/edge/event_writers.hpp"
#include "daemon/edge/redirect.hpp"
#include "daemon/edge/webhook.hpp"
#include "daemon/http/server.hpp"
#include "daemon/metrics.hpp"
#include "daemon/process_metrics.hpp"
#include "daemon/sending/deliverer.hpp"
#include "daemon/sending/eraser.hpp"
#include "daemon/sending/heartbeat.hpp"
#include "daemon/sending/launcher.hpp"
#include "daemon/sending/reconciler.hpp"
#include "daemon/sending/scheduler.hpp"
#include "daemon/sending/sender.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

constexpr auto drain_deadline = std::chrono::seconds{10};

// Its daemon id is unique for as long as leases matter: host, process and moment of start.
SenderOptions sender_options(const Config& config) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  SenderOptions options;
  options.host = host;
  options.resolve_grace = config.sender.absence_grace;
  options.daemon_id = fmt::format("{}-{}-{}", host, ::getpid(), now().time_since_epoch().count());
  return options;
}

// Daemons keep to counters of their own, as far as there are any: four for their writers.
CounterSlot webhook_slot_of_this_process() {
  return static_cast<CounterSlot>(webhook_slot + 4 * (::getpid() % 2));
}

void check_schema(const std::string& database_url) {
  auto connection = connect_as_worker(database_url, "smscrmd");
  if (const auto pending = list_pending_migrations(connection); !pending.empty())
    throw Error(Errc::usage, "the database needs {} migration{}, {} first", pending.size(),
                pending.size() == 1 ? "" : "s", pending.front())
        .with_hint("run \"smscrm migrate\"");
}

}  // namespace

struct Service::Parts {
  Parts(const Config& settings, const std::string& console_folder)
      : config(settings),
        running(settings),
        database_url(config.database.url),
        secret((check_schema(database_url), read_key_file(config.secrets.key_file))),
        directory(database_url, secret, config.http.public_url),
        writers(database_url, config.webhook.commit_interval, webhook_slot_of_this_process()),
        webhook(config.http.public_url, directory, writers.texts, writers.receipts),
        redirect(directory, writers.clicks, writers.gate),
        options(sender_options(config)),
        sender(config, secret, options),
        deliverer(config, secret, options.daemon_id),
        scheduler(config, secret),
        launcher(config, [this] { sender.wake(); }),
        reconciler(config, secret, webhook_slot_of_this_process()),
        eraser(config, secret),
        wake(config.redis.url, [this] { sender.wake(); }),
        api(config, secret, [this] { sender.wake(); }),
        console(console_folder, config.http.public_url),
        http(http_options(config, config.http.listen), HttpRoutes{routes()}) {
    if (!config.http.admin_listen.empty())
      admin.emplace(http_options(config, config.http.admin_listen), HttpRoutes{state_routes()});
  }

  static HttpOptions http_options(const Config& config, const std::vector<std::string>& listen) {
    HttpOptions options;
    options.listen = listen;
    options.trusted_proxies = config.http.trusted_proxies;
    options.max_connections_of_peer = 256;
    return options;
  }

  static HttpRoute health_route() {
    return {"health", "GET, HEAD", "/healthz", 0, [](const HttpRequest&, HttpReply reply) {
              reply.send({200, "text/plain", "ok\n", {}});
            }};
  }

  // For whoever watches over the daemon: of no interest to strangers.
  std::vector<HttpRoute> state_routes() {
    return {health_route(),
            {"ready", "GET, HEAD", "/readyz", 0,
             [this](const HttpRequest&, HttpReply reply) {
               if (!writers.healthy()) return reply.send({503, "text/plain", "the database is away\n", {}});
               // Webhooks of new tenants, and with new tokens, would be refused.
               if (!directory.is_fresh())
                 return reply.send({503, "text/plain", "tenants and links cannot be reloaded\n", {}});
               reply.send({200, "text/plain", "ready\n", {}});
             }},
            {"metrics", "GET, HEAD", "/metrics", 0, [this](const HttpRequest&, HttpReply reply) {
               reply.send({200, "text/plain; version=0.0.4", metrics(), {}});
             }}};
  }

  // Who answers what.
  std::vector<HttpRoute> routes() {
    auto all = config.http.admin_listen.empty() ? state_routes() : std::vector<HttpRoute>{health_route()};
    for (auto&& more : {webhook.routes(), redirect.routes()}) all.insert(all.end(), more.begin(), more.end());
    if (config.api.enabled)
      for (auto&& more : {api.routes(), console.routes()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string metrics() const {
    auto sets = http.metrics();
    for (const auto* writer : writers.all()) sets.push_back(&writer->counts().metrics);
    for (const auto* set :
         {&webhook.metrics(), &directory.metrics(), &writers.gate.metrics(), &sender.stats().metrics,
          &scheduler.metrics(), &launcher.metrics(), &reconciler.counts().metrics, &eraser.counts().metrics,
          &deliverer.counts().metrics, &process.metrics})
      sets.push_back(set);
    return format_metrics(sets);
  }

  const ProcessMetrics process{SMSCRM_VERSION};
  const Config config;  // of the start
  Config running;
  const std::string database_url;
  const SecretKey secret;
  Directory directory;
  EventWriters writers;
  TwilioWebhook webhook;
  Redirect redirect;
  const SenderOptions options;
  SendPipeline sender;
  Deliverer deliverer;
  Scheduler scheduler;
  Launcher launcher;
  Reconciler reconciler;
  Eraser eraser;
  WakeListener wake;
  Api api;
  Console console;
  HttpServer http;  // last: its handler uses all the others
  std::optional<HttpServer> admin;
  std::vector<std::unique_ptr<Worker>> workers;  // in the order of start
};

Service::Service(const Config& config, const std::string& console_folder)
    : parts_(std::make_unique<Parts>(config, console_folder)) {}
Service::~Service() = default;

void Service::start() {
  auto& parts = *parts_;
  {
    // Before anything is sent: what Redis remembers of the database.
    auto db = connect_watched(parts.database_url, "smscrmd");
    Heartbeat{parts.config.redis.url}.beat(db);
  }
  const auto add = [&](const char* name, auto work) {
    parts.workers.push_back(std::make_unique<Worker>(name, std::move(work)));
  };
  add("directory", [&](std::stop_token stop) { parts.directory.run(stop); });
  add("writer", [&](std::stop_token stop) { parts.writers.texts.run(stop); });
  add("receipts", [&](std::stop_token stop) { parts.writers.receipts.run(stop); });
  add("receipts-2", [&](std::stop_token stop) { parts.writers.receipts_2.run(stop); });
  add("clicks", [&](std::stop_token stop) { parts.writers.clicks.run(stop); });
  if (parts.config.sender.enabled) {
    add("sender", [&](std::stop_token stop) { parts.sender.run(stop); });
    if (!parts.config.redis.url.empty()) add("wake", [&](std::stop_token stop) { parts.wake.run(stop); });
  }
  if (parts.config.scheduler.enabled)
    add("scheduler", [&](std::stop_token stop) { parts.scheduler.run(stop); });
  if (parts.config.scheduler.enabled)
    add("launcher", [&](std::stop_token stop) { parts.launcher.run(stop); });
  if (parts.config.scheduler.enabled)
    add("reconciler", [&](std::stop_token stop) { parts.reconciler.run(stop); });
  if (parts.config.scheduler.enabled) add("eraser", [&](std::stop_token stop) { parts.eraser.run(stop); });
  if (parts.config.webhook.deliver)
    add("deliverer", [&](std::stop_token stop) { parts.deliverer.run(stop); });
  if (parts.config.api.enabled)
    for (int i = 1; i <= parts.config.database.pool_size; ++i)
      add(fmt::format("api-{}", i).c_str(), [&](std::stop_token stop) { parts.api.run(stop); });
  if (parts.config.api.enabled) add("events", [&](std::stop_token stop) { parts.api.run_events(stop); });
  if (parts.config.api.enabled)
    for (int i = 1; i <= Api::password_threads; ++i)
      add(fmt::format("password-{}", i).c_str(),
          [&](std::stop_token stop) { parts.api.run_passwords(stop); });
  parts.http.start();
  for (const auto& address : parts.http.addresses()) log_info("listening", {{"address", address}});
  if (!parts.admin) return;
  parts.admin->start();
  for (const auto& address : parts.admin->addresses())
    log_info("listening for whoever watches", {{"address", address}});
}

Reload Service::reload(const Config& next) {
  auto& parts = *parts_;
  auto reload = plan_reload(parts.running, next);
  parts.running = reload.running;
  parts.sender.reconfigure(parts.running);
  parts.reconciler.reconfigure(parts.running);
  parts.deliverer.reconfigure(parts.running);
  parts.writers.set_interval(parts.running.webhook.commit_interval);
  return reload;
}

std::optional<std::string> Service::find_stuck(std::chrono::steady_clock::duration work,
                                               std::chrono::steady_clock::duration wait) const {
  const auto at = std::chrono::steady_clock::now();
  if (at - parts_->http.turned_at() > work) return "http";
  for (const auto& worker : parts_->workers)
    if (worker->pulse().is_stuck(at, work, wait)) return worker->name();
  if (parts_->sender.database_pulse().is_stuck(at, work, wait)) return "sender database";
  return std::nullopt;
}

void Service::stop() {
  auto& parts = *parts_;
  // Nothing is claimed while the edge waits for its last clients.
  for (const auto& worker : parts.workers)
    if (worker->name() == "sender") worker->ask_to_stop();
  parts.http.drain(drain_deadline);
  if (parts.admin) parts.admin->drain(std::chrono::seconds{1});
  while (!parts.workers.empty()) {
    parts.workers.back()->stop();
    parts.workers.pop_back();
  }
}

}  // namespace smscrm
