#include "tests/support/edge.hpp"

#include "core/tenant/account.hpp"

namespace smscrm {

Edge::Edge() {
  set_log(LogLevel::off, LogFormat::logfmt);
  give_account(tenant, token);
}

std::string Edge::start(std::chrono::milliseconds window) {
  directory = std::make_unique<Directory>(db.url(), secret, public_url);
  writers = std::make_unique<EventWriters>(db.url(), window, webhook_slot);
  webhook = std::make_unique<TwilioWebhook>(public_url, *directory, writers->texts, writers->receipts);
  redirect = std::make_unique<Redirect>(*directory, writers->clicks, writers->gate);
  HttpOptions options;
  options.listen = {"127.0.0.1:0"};
  auto routes = webhook->routes();
  for (auto& route : redirect->routes()) routes.push_back(std::move(route));
  http = std::make_unique<HttpServer>(options, HttpRoutes{std::move(routes)});
  directory_thread = std::jthread{[this](std::stop_token stopping) { directory->run(stopping); }};
  for (auto* writer : writers->all())
    writer_threads.emplace_back([writer](std::stop_token stopping) { writer->run(stopping); });
  http->start();
  return http->addresses().front();
}

void Edge::stop() {
  if (!http) return;
  http->drain(std::chrono::seconds{5});
  writer_threads.clear();
  directory_thread = {};
  http.reset();
}

void Edge::give_account(const Tenant& owner, const std::string& auth_token) {
  db.run([&](Tx& tx) {
    AccountChange account;
    account.sid = account_sid;
    account.auth_token = auth_token;
    set_account(tx, secret, owner.id, account, now());
  });
}

}  // namespace smscrm
