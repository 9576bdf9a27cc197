// What webhooks and redirects need to know of tenants and links, kept in memory: no request waits for a
// query, and links work while PostgreSQL is away.
#pragma once

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
#include "core/link.hpp"
#include "core/tenant.hpp"

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
// The find_ functions and reload may be called from any thread.
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

 private:
  struct Snapshot {
    std::map<std::string, std::shared_ptr<const WebhookTenant>> tenants;
    std::unordered_map<LinkId, LiveLink> links;
    LinkId newest_link;
  };

  void load(Connection& connection);

  const std::string database_url_;
  const SecretKey secret_;
  const LinkKey link_key_;
  Guarded<Snapshot> snapshot_;
  Queue<Reloaded> waiting_{10'000};
};

}  // namespace smscrm
