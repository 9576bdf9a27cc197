#include "daemon/service.hpp"

#include <unistd.h>

#include "core/base/log.hpp"
#include "core/db/migrate.hpp"
#include "core/net/redis.hpp"
#include "daemon/edge/directory.hpp"
#include "daemon/edge/event_writers.hpp"
#include "daemon/edge/redirect.hpp"
#include "daemon/edge/webhook.hpp"
#include "daemon/http/server.hpp"
#include "daemon/metrics.hpp"
#include "daemon/sending/deliverer.hpp"
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

// Daemons keep to counters of their own, as far as there are any: three for their writers.
CounterSlot webhook_slot_of_this_process() {
  return static_cast<CounterSlot>(webhook_slot + 3 * (::getpid() % 2));
}

void check_schema(const std::string& database_url) {
  Connection connection{database_url, "smscrmd"};
  if (const auto pending = list_pending_migrations(connection); !pending.empty())
    throw Error(Errc::usage, "the database needs {} migration{}, {} first", pending.size(),
                pending.size() == 1 ? "" : "s", pending.front())
        .with_hint("run \"smscrm migrate\"");
}

}  // namespace

struct Service::Parts {
  explicit Parts(const Config& settings)
      : config(settings),
        running(settings),
        database_url(config.database.url),
        secret((check_schema(database_url), read_key_file(config.secrets.key_file))),
        directory(database_url, secret),
        writers(database_url, config.webhook.commit_interval, webhook_slot_of_this_process()),
        webhook(config.http.public_url, directory, writers.texts, writers.receipts),
        redirect(directory, writers.texts),
        options(sender_options(config)),
        sender(config, secret, options),
        deliverer(config, secret, options.daemon_id),
        scheduler(config),
        reconciler(config, secret, webhook_slot_of_this_process()),
        wake(config.redis.url, [this] { sender.wake(); }),
        http(http_options(config),
             [this](HttpRequest request, HttpReply reply) { route(std::move(request), std::move(reply)); }) {}

  static HttpOptions http_options(const Config& config) {
    HttpOptions options;
    options.listen = config.http.listen;
    options.trusted_proxies = config.http.trusted_proxies;
    return options;
  }

  void route(HttpRequest request, HttpReply reply) {
    const std::string_view path = request.path;
    if (path.starts_with(TwilioWebhook::prefix)) return webhook.handle(std::move(request), std::move(reply));
    if (path.starts_with(Redirect::prefix)) return redirect.handle(std::move(request), std::move(reply));
    if (path == "/healthz") return reply.send({200, "text/plain", "ok\n", {}});
    if (path == "/readyz") {
      const bool ready = writers.healthy();
      return reply.send({ready ? 200 : 503, "text/plain", ready ? "ready\n" : "the database is away\n", {}});
    }
    if (path == "/metrics") return reply.send({200, "text/plain; version=0.0.4", metrics(), {}});
    reply.send({404, "text/plain", "nothing here\n", {}});
  }

  std::string metrics() {
    MetricsText text;
    const auto http_counts = http.counts();
    text.begin("smscrm_http_responses_total", "counter", "HTTP responses by class.");
    for (std::size_t i = 2; i < http_counts.responses.size(); ++i)
      text.sample(http_counts.responses[i], fmt::format("class=\"{}xx\"", i));
    text.gauge("smscrm_http_connections", "Open HTTP connections.", http_counts.open_connections);
    text.gauge("smscrm_http_requests_in_flight", "Requests that wait for an answer.", http_counts.in_flight);
    text.begin("smscrm_receipts_total", "counter", "Status webhooks stored, by what they did.");
    text.sample(writers.count(&WriterCounts::receipts), "effect=\"raised\"");
    text.sample(writers.count(&WriterCounts::receipts_repeated), "effect=\"repeated\"");
    text.sample(writers.count(&WriterCounts::receipts_stray), "effect=\"stray\"");
    text.sample(writers.count(&WriterCounts::receipts_foreign), "effect=\"foreign\"");
    text.counter("smscrm_inbound_total", "Inbound texts stored.", writers.count(&WriterCounts::inbound));
    text.counter("smscrm_opt_outs_total", "Opt-outs by text.", writers.count(&WriterCounts::opt_outs));
    text.counter("smscrm_clicks_total", "Hits on short links stored.", writers.count(&WriterCounts::clicks));
    text.counter("smscrm_clicks_lost_total", "Hits on short links that could not be stored.",
                 writers.count(&WriterCounts::clicks_lost));
    text.counter("smscrm_webhook_commits_total", "Transactions of the writers.",
                 writers.count(&WriterCounts::commits));
    text.counter("smscrm_webhook_failures_total", "Transactions of the writers that failed.",
                 writers.count(&WriterCounts::failures));
    text.counter("smscrm_webhooks_rejected_total", "Webhooks refused: not signed for the tenant.",
                 webhook.rejected());
    text.counter("smscrm_directory_reloads_total", "Reloads of tenants, tokens and links into memory.",
                 directory.reloads());
    const auto& sends = sender.stats();
    text.begin("smscrm_sends_total", "counter", "Requests to send, by what became of them.");
    text.sample(sends.accepted.load(), "outcome=\"accepted\"");
    text.sample(sends.failed.load(), "outcome=\"failed\"");
    text.sample(sends.unknown.load(), "outcome=\"unknown\"");
    text.sample(sends.returned.load(), "outcome=\"returned\"");
    text.counter("smscrm_sends_resolved_total", "Unknown outcomes that were found out.",
                 sends.resolved.load());
    text.gauge("smscrm_sends_in_flight", "Requests to the provider under way.", sends.in_flight.load());
    text.gauge("smscrm_lanes", "Lanes leased to this daemon.", sends.lanes.load());
    text.begin("smscrm_lanes_paused", "gauge",
               "Those of them that an error of the account paused, by its code.");
    sends.paused.with([&](const auto& lanes) {
      for (const auto& [code, count] : lanes) text.sample(count, fmt::format("code=\"{}\"", code));
    });
    text.gauge("smscrm_lanes_failing", "Those for which the provider fails: one request at a time tries.",
               sends.open.load());
    text.gauge("smscrm_opt_out_reviews", "Texts that may be opt-outs and that nobody has read.",
               scheduler.reviews());
    text.gauge("smscrm_opt_out_review_due_seconds",
               "Until the first of them must be decided; negative: late.", scheduler.seconds_to_review());
    const auto& asked = reconciler.counts();
    text.counter("smscrm_reconcile_requests_total", "Questions about overdue receipts.",
                 asked.requests.load());
    text.begin("smscrm_reconcile_receipts_total", "counter", "Answers to them, by what they did.");
    text.sample(asked.raised.load(), "effect=\"raised\"");
    text.sample(asked.unchanged.load(), "effect=\"unchanged\"");
    text.sample(asked.missing.load(), "effect=\"missing\"");
    text.counter("smscrm_reconcile_failures_total", "Sweeps that the provider did not answer.",
                 asked.failures.load());
    const auto& hooks = deliverer.counts();
    text.begin("smscrm_webhook_deliveries_total", "counter",
               "Attempts to deliver an event to a tenant's endpoint, by what became of it.");
    text.sample(hooks.delivered.load(), "outcome=\"delivered\"");
    text.sample(hooks.retried.load(), "outcome=\"retried\"");
    text.sample(hooks.failed.load(), "outcome=\"failed\"");
    text.gauge("smscrm_webhook_in_flight", "Deliveries under way.", hooks.in_flight.load());
    text.gauge("smscrm_webhook_endpoints", "Endpoints that this daemon delivers to.", hooks.webhooks.load());
    text.gauge("smscrm_webhook_endpoints_failing", "Those of them whose last attempt failed.",
               hooks.failing.load());
    text.counter("smscrm_webhook_disabled_total", "Endpoints disabled after long failure, or by 410.",
                 hooks.disabled.load());
    return text.take();
  }

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
  Reconciler reconciler;
  WakeListener wake;
  HttpServer http;                               // last: its handler uses all the others
  std::vector<std::unique_ptr<Worker>> workers;  // in the order of start
};

Service::Service(const Config& config) : parts_(std::make_unique<Parts>(config)) {}
Service::~Service() = default;

void Service::start() {
  auto& parts = *parts_;
  const auto add = [&](const char* name, auto work) {
    parts.workers.push_back(std::make_unique<Worker>(name, std::move(work)));
  };
  add("directory", [&](std::stop_token stop) { parts.directory.run(stop); });
  add("writer", [&](std::stop_token stop) { parts.writers.texts.run(stop); });
  add("receipts", [&](std::stop_token stop) { parts.writers.receipts.run(stop); });
  add("receipts-2", [&](std::stop_token stop) { parts.writers.receipts_2.run(stop); });
  if (parts.config.sender.enabled) {
    add("sender", [&](std::stop_token stop) { parts.sender.run(stop); });
    if (!parts.config.redis.url.empty()) add("wake", [&](std::stop_token stop) { parts.wake.run(stop); });
  }
  if (parts.config.scheduler.enabled)
    add("scheduler", [&](std::stop_token stop) { parts.scheduler.run(stop); });
  if (parts.config.scheduler.enabled)
    add("reconciler", [&](std::stop_token stop) { parts.reconciler.run(stop); });
  if (parts.config.webhook.deliver)
    add("deliverer", [&](std::stop_token stop) { parts.deliverer.run(stop); });
  parts.http.start();
  for (const auto& address : parts.http.addresses()) log_info("listening", {{"address", address}});
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
  while (!parts.workers.empty()) {
    parts.workers.back()->stop();
    parts.workers.pop_back();
  }
}

}  // namespace smscrm
