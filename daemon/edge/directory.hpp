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
#include <unordered_set>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/base/queue.hpp"
#include "core/db/each_row.hpp"
#include "core/db/notify.hpp"
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
  bool ended = false;    // by hand, or with its tenant
  bool foreign = false;  // to the host that it was asked for: one that another tenant's links have
};

// Thread "directory": owns one connection, reloads tenants every few seconds, links as they are made or
// changed, and all of it at once when the database says that something was changed (NOTIFY smscrm_directory).
// All but run may be called from any thread.
class Directory {
 public:
  // Called on the directory's thread; false when the database could not be asked.
  using Reloaded = std::function<void(bool)>;

  // Loads once, in the caller's thread. Throws as Connection and get_link_key. `public_url`: that of the
  // installation.
  Directory(std::string database_url, const SecretKey& secret, const std::string& public_url = {});

  void run(std::stop_token stop);

  // By slug or alias; null: none.
  std::shared_ptr<const WebhookTenant> find_tenant(const std::string& slug) const;
  // `host`: what the request says that it is for, with or without a port. That of a tenant's own links is
  // theirs alone, unless it is the installation's, too.
  std::optional<LiveLink> find_link(LinkId id, std::string_view host) const;
  // Whether a link that find_link does not know may have been made since. Of a code that somebody made up it
  // hardly ever may.
  bool may_be_new(LinkId id) const;
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

  // Whether what is in memory is what the database said not long before `at`. What is not fresh lacks
  // tenants, tokens and links that others count on.
  bool is_fresh(std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now()) const;
  static constexpr std::chrono::seconds stale_after{30};

 private:
  struct Waiting {
    Reloaded then;
    bool in_doubt = false;
  };
  struct Snapshot {
    std::map<std::string, std::shared_ptr<const WebhookTenant>> tenants;
    std::unordered_map<LinkId, LiveLink> links;
    LinkId newest_link;
    Timestamp newest_change{};  // of a link, by the database's clock
    std::unordered_set<TenantId> deleted;
    std::unordered_map<std::string, std::unordered_set<TenantId>> hosts;  // of tenants' links
  };

  void load(Connection& connection);
  // For "smscrm doctor"; seldom, unless something has changed. `failure`: of the load, empty when it
  // succeeded.
  void tell_load(Connection& connection, const std::string& failure);
  // Adds those that the next reload is for, and returns once it may begin. Throws when the database is lost.
  void gather(std::vector<Waiting>& waiting, std::chrono::milliseconds timeout, std::stop_token stop,
              Notifications* told);
  void answer(const std::vector<Waiting>& waiting, bool fresh);

  const std::string database_url_;
  const SecretKey secret_;
  const LinkKey link_key_;
  const std::string public_host_;
  Guarded<Snapshot> snapshot_;
  Queue<Waiting> waiting_{10'000};
  std::atomic<std::size_t> in_doubt_{0};  // of waiting_, and of those that run() has taken from it
  MetricSet metrics_;
  Counter reloads_{metrics_, "smscrm_directory_reloads_total",
                   "Reloads of tenants, tokens and links into memory."};
  std::atomic<std::chrono::steady_clock::time_point>
      loaded_at_{};  // when the last reload that succeeded began
  // Of the thread that runs:
  std::chrono::steady_clock::time_point began_{};  // the last reload
  LeftOut left_out_;                               // by the last that succeeded
  struct {
    std::chrono::steady_clock::time_point at;
    std::string words;
  } told_;
};

}  // namespace smscrm
