// Endpoints of a tenant's own in a test: what is written for them, and one that takes events.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/base/guarded.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
#include "core/webhook/queue.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm::test {

inline Webhook add_test_webhook(TestDb& db, const SecretKey& key, TenantId tenant, const std::string& slug,
                                const std::vector<std::string>& events,
                                const std::string& url = "https://crm.example/hooks",
                                const std::string& secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") {
  return db.run([&](Tx& tx) { return add_webhook(tx, key, tenant, {slug, url, events}, secret, now()); });
}

// What waits for the tenant's endpoints, oldest first: "SLUG TYPE KEY".
inline std::vector<std::string> written_events(TestDb& db, TenantId tenant) {
  return db.run([&](Tx& tx) {
    std::vector<std::string> events;
    for (const auto& row : exec(tx,
                                "SELECT w.slug || ' ' || d.type || ' ' || d.order_key FROM webhook_delivery d"
                                "  JOIN webhook w ON w.tenant_id = d.tenant_id AND w.id = d.webhook_id"
                                " WHERE d.tenant_id = $1 ORDER BY d.id",
                                tenant))
      events.push_back(row[0].as<std::string>());
    return events;
  });
}

// The data of the newest event of that type.
inline nlohmann::json event_data(TestDb& db, TenantId tenant, const std::string& type) {
  return db.run([&](Tx& tx) {
    const auto rows = exec(tx,
                           "SELECT data FROM webhook_delivery WHERE tenant_id = $1 AND type = $2"
                           " ORDER BY id DESC LIMIT 1",
                           tenant, type);
    return rows.empty() ? nlohmann::json{} : nlohmann::json::parse(rows.front()[0].as<std::string>());
  });
}

// Writes deliveries straight into the table, due at once: keys in order, data {"n": 0}, {"n": 1} …
inline void add_test_deliveries(TestDb& db, TenantId tenant, WebhookId webhook,
                                const std::vector<std::string>& keys, Timestamp at) {
  db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at)"
         " SELECT $1::bigint, $2::bigint, 'inbound', u.key, json_build_object('n', u.n - 1), $4, $4"
         "   FROM unnest($3::text[]) WITH ORDINALITY AS u(key, n) ORDER BY u.n",
         tenant, webhook, keys, at);
  });
}

// An endpoint that remembers what it was sent, and checks each signature by itself.
class HookReceiver {
 public:
  struct Arrival {
    std::string id;
    nlohmann::json event;
    bool is_signed = false;
  };
  using Answer = std::function<RawReply(const Arrival&)>;

  explicit HookReceiver(Answer answer = [](const Arrival&) { return RawReply{http_reply(200, "")}; })
      : answer_(std::move(answer)), peer_([this](const RawRequest& request) { return take(request); }) {}

  std::string url() const { return peer_.url() + "/hooks"; }
  void expect_secret(const std::string& secret) {
    secret_.with([&](auto& current) { current = secret; });
  }
  std::vector<Arrival> arrivals() const {
    return arrivals_.with([](const auto& all) { return all; });
  }
  std::size_t count() const {
    return arrivals_.with([](const auto& all) { return all.size(); });
  }

 private:
  static std::string header(const RawRequest& request, const std::string& name) {
    const auto at = request.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return request.head.substr(begin, request.head.find("\r\n", begin) - begin);
  }

  RawReply take(const RawRequest& request) {
    Arrival arrival{header(request, "webhook-id"), nlohmann::json::parse(request.body)};
    const auto secret = secret_.with([](const auto& current) { return current; });
    const auto key = base64_decode(secret.substr(std::min<std::size_t>(6, secret.size()))).value_or("");
    const auto signed_text = arrival.id + "." + header(request, "webhook-timestamp") + "." + request.body;
    arrival.is_signed =
        header(request, "webhook-signature") == "v1," + base64_encode(hmac_sha256(key, signed_text));
    const auto reply = answer_(arrival);
    arrivals_.with([&](auto& all) { all.push_back(std::move(arrival)); });
    return reply;
  }

  Guarded<std::string> secret_{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  Guarded<std::vector<Arrival>> arrivals_;
  Answer answer_;
  RawPeer peer_;  // last: its threads use the others
};

}  // namespace smscrm::test
