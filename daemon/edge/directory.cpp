#include "daemon/edge/directory.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/log.hpp"
#include "core/tenant/account.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::milliseconds reload_every{3000}, retry_every{500};
constexpr std::size_t all = 10'000;  // that can wait

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
  began_ = std::chrono::steady_clock::now();
  ++reloads_;
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

std::vector<Directory::Waiting> Directory::gather(std::chrono::milliseconds timeout, std::stop_token stop) {
  using Clock = std::chrono::steady_clock;
  auto waiting = waiting_.pop(all, timeout, stop);
  const auto doubtful = [](const Waiting& one) { return one.in_doubt; };
  while (!waiting.empty() && std::ranges::all_of(waiting, doubtful) && !stop.stop_requested()) {
    const auto left = began_ + doubt_every - Clock::now();
    if (left <= Clock::duration::zero()) break;
    auto more = waiting_.pop(all, left, stop);
    std::ranges::move(more, std::back_inserter(waiting));
  }
  return waiting;
}

void Directory::answer(const std::vector<Waiting>& waiting, bool fresh) {
  for (const auto& one : waiting) {
    if (one.in_doubt) --in_doubt_;
    one.then(fresh);
  }
}

void Directory::run(std::stop_token stop) {
  std::optional<Connection> connection;
  bool failing = false;
  while (!stop.stop_requested()) {
    note_turn();
    const auto waiting = gather(failing ? retry_every : reload_every, stop);
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
    answer(waiting, fresh);
  }
  answer(waiting_.pop(all, std::chrono::seconds{0}), false);
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
  if (const auto refused = waiting_.push({std::move(then), false})) refused->then(false);
}

bool Directory::reload_in_doubt(Reloaded then) {
  if (in_doubt_.fetch_add(1) < most_in_doubt && !waiting_.push({std::move(then), true})) return true;
  --in_doubt_;
  return false;
}

}  // namespace smscrm
