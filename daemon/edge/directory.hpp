// What webhooks and redirects need to know of tenants and links, kept in memory: no request waits for a
// query, and links work while PostgreSQL is away.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/base/queue.hpp"
#include "core/link/link.hpp"
#include "core/tenant/tenant.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

struct WebhookTenant {
  Tenant tenant;
  std::string account_sid;
  std::vector<std::string> tokens;  // each signs; two while they rotate
};

struct LiveLink {
  TenantId tenant;
  std::optional<CampaignId> campaign;
  std::string target_url;
  MessageId first_message, last_message;
  std::optional<Timestamp> expires_at;
};

// Thread "directory": owns one connection, reloads tenants every few seconds and links as they are made.
// All but run may be called from any thread.
class Directory {
 public:
  // Called on the directory's thread; false when the database could not be asked.
  using Reloaded = std::function<void(bool)>;

  // Loads once, in the caller's thread. Throws as Connection and get_link_key.
  Directory(std::string database_url, const SecretKey& secret);

  void run(std::stop_token stop);

  // By slug or alias; null: none.
  std::shared_ptr<const WebhookTenant> find_tenant(const std::string& slug) const;
  std::optional<LiveLink> find_link(LinkId id) const;
  const LinkKey& link_key() const { return link_key_; }

  // Calls `then` after a reload that began after this call: for a slug, token or link that is newer than what
  // is in memory. Calls it with false at once when too many wait.
  void reload(Reloaded then);

  // The same for whoever is probably wrong, a forged signature say: what they cause begins no sooner than
  // `doubt_every` after the last reload began. False when `most_in_doubt` wait already; `then` is dropped.
  [[nodiscard]] bool reload_in_doubt(Reloaded then);
  static constexpr std::chrono::milliseconds doubt_every{500};
  static constexpr std::size_t most_in_doubt = 2'000;

  std::uint64_t reloads() const { return reloads_; }  // that began, the first included
  const MetricSet& metrics() const { return metrics_; }

 private:
  struct Waiting {
    Reloaded then;
    bool in_doubt = false;
  };
  struct Snapshot {
    std::map<std::string, std::shared_ptr<const WebhookTenant>> tenants;
    std::unordered_map<LinkId, LiveLink> links;
    LinkId newest_link;
  };

  void load(Connection& connection);
  // Those that the next reload is for, once it may begin; none when its time has come anyway.
  std::vector<Waiting> gather(std::chrono::milliseconds timeout, std::stop_token stop);
  void answer(const std::vector<Waiting>& waiting, bool fresh);

  const std::string database_url_;
  const SecretKey secret_;
  const LinkKey link_key_;
  Guarded<Snapshot> snapshot_;
  Queue<Waiting> waiting_{10'000};
  std::atomic<std::size_t> in_doubt_{0};  // of waiting_, and of those that run() has taken from it
  MetricSet metrics_;
  Counter reloads_{metrics_, "smscrm_directory_reloads_total",
                   "Reloads of tenants, tokens and links into memory."};
  std::chrono::steady_clock::time_point began_{};  // the last reload; of the thread that runs
};

}  // namespace smscrm
