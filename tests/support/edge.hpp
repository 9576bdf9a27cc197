#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/log.hpp"
#include "daemon/edge/event_writers.hpp"
#include "daemon/edge/redirect.hpp"
#include "daemon/edge/webhook.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {

// The parts of the daemon that webhooks and redirects pass, with tenant "acme" and its account, on a database
// of their own. Logs are off.
struct Edge {
  inline static const std::string account_sid = "AC" + std::string(32, 'a');
  inline static const std::string token = "0123456789abcdef0123456789abcdef";
  inline static const std::string public_url = "https://sms.example.com";
  static constexpr CampaignId campaign{5};

  TestDb db;
  SecretKey secret = new_secret_key();
  Tenant tenant = add_test_tenant(db);
  std::unique_ptr<Directory> directory;
  std::unique_ptr<EventWriters> writers;
  std::unique_ptr<TwilioWebhook> webhook;
  std::unique_ptr<Redirect> redirect;
  std::unique_ptr<HttpServer> http;
  std::jthread directory_thread;
  std::vector<std::jthread> writer_threads;

  Edge();
  ~Edge() { stop(); }

  // Begins to listen, on a port of 127.0.0.1; the address as "HOST:PORT". `window`: see EventWriter.
  std::string start(std::chrono::milliseconds window);
  // In the order of smscrmd: what was accepted is stored.
  void stop();

  void give_account(const Tenant& owner, const std::string& auth_token);
};

}  // namespace smscrm
