#include "daemon/directory.hpp"

#include "core/account.hpp"
#include "core/base/log.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

constexpr auto reload_every = std::chrono::seconds{3};
constexpr auto retry_every = std::chrono::milliseconds{500};

LinkKey load_link_key(const std::string& database_url, const SecretKey& secret) {
  Connection connection{database_url, "smscrmd directory"};
  return in_transaction(connection, [&](Tx& tx) { return get_link_key(tx, secret); });
}

}  // namespace

Directory::Directory(std::string database_url, const SecretKey& secret)
    : database_url_(std::move(database_url)),
      secret_(secret),
      link_key_(load_link_key(database_url_, secret)) {
  Connection connection{database_url_, "smscrmd directory"};
  load(connection);
}

void Directory::load(Connection& connection) {
  const auto newest = snapshot_.with([](const Snapshot& s) { return s.newest_link; });
  std::map<std::string, std::shared_ptr<const WebhookTenant>> tenants;
  std::vector<std::pair<LinkId, LiveLink>> links;
  transact(connection, [&](Tx& tx) {
    tenants.clear();
    links.clear();
    const auto accounts = list_accounts(tx, secret_);
    for (auto& tenant : list_tenants(tx)) {
      auto entry = std::make_shared<WebhookTenant>();
      if (const auto account = accounts.find(tenant.id); account != accounts.end()) {
        entry->account_sid = account->second.sid;
        entry->tokens = account->second.webhook_tokens;
      }
      entry->tenant = tenant;
      for (const auto& alias : tenant.aliases) tenants.emplace(alias, entry);
      tenants.emplace(tenant.slug, std::move(entry));
    }
    // Ids are not committed in order; asking again for the newest thousand finds those that came late.
    for (const auto& row :
         exec(tx,
              "SELECT tenant_id, id, campaign_id, target_url, first_message, last_message, expires_at"
              "  FROM link WHERE id > $1::bigint - 1000 ORDER BY id",
              newest))
      links.emplace_back(
          row["id"].as<LinkId>(),
          LiveLink{row["tenant_id"].as<TenantId>(), as_optional<CampaignId>(row["campaign_id"]),
                   row["target_url"].as<std::string>(), row["first_message"].as<MessageId>(),
                   row["last_message"].as<MessageId>(), as_optional<Timestamp>(row["expires_at"])});
  });
  snapshot_.with([&](Snapshot& s) {
    s.tenants = std::move(tenants);
    for (auto& [id, link] : links) {
      s.links.insert_or_assign(id, std::move(link));
      s.newest_link = std::max(s.newest_link, id);
    }
  });
}

void Directory::run(std::stop_token stop) {
  std::optional<Connection> connection;
  bool failing = false;
  while (!stop.stop_requested()) {
    note_turn();
    auto waiting = waiting_.pop(10'000, failing ? retry_every : reload_every, stop);
    bool fresh = true;
    try {
      if (!connection) connection.emplace(database_url_, "smscrmd directory");
      load(*connection);
      failing = false;
    } catch (const std::exception& e) {
      if (!failing) log_warn("directory cannot be reloaded", {{"error", e.what()}});
      failing = true;
      fresh = false;
      connection.reset();
    }
    for (const auto& then : waiting) then(fresh);
  }
  for (const auto& then : waiting_.pop(10'000, std::chrono::seconds{0})) then(false);
}

std::shared_ptr<const WebhookTenant> Directory::find_tenant(const std::string& slug) const {
  return snapshot_.with([&](const Snapshot& s) -> std::shared_ptr<const WebhookTenant> {
    const auto found = s.tenants.find(slug);
    return found == s.tenants.end() ? nullptr : found->second;
  });
}

std::optional<LiveLink> Directory::find_link(LinkId id) const {
  return snapshot_.with([&](const Snapshot& s) -> std::optional<LiveLink> {
    const auto found = s.links.find(id);
    return found == s.links.end() ? std::nullopt : std::optional{found->second};
  });
}

void Directory::reload(Reloaded then) {
  if (const auto refused = waiting_.push(std::move(then))) (*refused)(false);
}

}  // namespace smscrm
