#include "daemon/edge/directory.hpp"

#include <algorithm>
#include <iterator>

#include <unistd.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/fence/watch.hpp"
#include "core/tenant/account.hpp"
#include "core/tenant/directory_load.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::milliseconds reload_every{3000}, retry_every{500};
constexpr std::size_t all = 10'000;  // that can wait
constexpr std::chrono::seconds tell_every{10};
constexpr std::chrono::milliseconds listen_every{200};
constexpr std::int64_t late_links = 1'000;   // ids that may be committed after a later one
constexpr std::int64_t new_links = 100'000;  // ids that may be taken since the last reload

std::string host_name() {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return host;
}

std::string daemon_name() { return fmt::format("{}-{}", host_name(), ::getpid()); }

// A host as it is compared: in lower case, without port and the dot that a name may end with.
std::string plain_host(std::string_view host) {
  if (host.starts_with('['))
    host = host.substr(0, host.find(']') + 1);  // npos + 1 is 0
  else
    host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return to_lower(host);
}

std::string host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto host = url.substr(scheme + 3);
  return plain_host(host.substr(0, host.find_first_of("/?#")));
}

LinkKey load_link_key(const std::string& database_url, const SecretKey& secret) {
  auto connection = connect_watched(database_url, "smscrmd directory");
  return in_transaction(connection, [&](Tx& tx) { return get_link_key(tx, secret); });
}

}  // namespace

Directory::Directory(std::string database_url, const SecretKey& secret, const std::string& public_url)
    : database_url_(std::move(database_url)),
      secret_(secret),
      link_key_(load_link_key(database_url_, secret)),
      public_host_(host_of_url(public_url)) {
  auto connection = connect_watched(database_url_, "smscrmd directory");
  load(connection);
}

void Directory::load(Connection& connection) {
  began_ = std::chrono::steady_clock::now();
  ++reloads_;
  const auto newest = snapshot_.with([](const Snapshot& s) { return s.newest_link; });
  const auto newest_change = snapshot_.with([](const Snapshot& s) { return s.newest_change; });
  Snapshot read;
  std::vector<std::pair<LinkId, LiveLink>> links;
  LeftOut left_out;
  transact(connection, [&](Tx& tx) {
    read = {};
    read.newest_change = newest_change;
    links.clear();
    left_out = {};
    const auto accounts = list_accounts(tx, secret_, &left_out);
    for (auto& tenant : list_tenants(tx, left_out)) {
      auto entry = std::make_shared<WebhookTenant>();
      if (const auto account = accounts.find(tenant.id); account != accounts.end()) {
        entry->account_sid = account->second.sid;
        entry->tokens = account->second.webhook_tokens;
      }
      entry->tenant = tenant;
      if (const auto host = host_of_url(tenant.link_url); !host.empty()) read.hosts[host].insert(tenant.id);
      for (const auto& alias : tenant.aliases) read.tenants.emplace(alias, entry);
      read.tenants.emplace(tenant.slug, std::move(entry));
    }
    for (const auto& row : exec(tx, "SELECT id FROM tenant WHERE deleted_at IS NOT NULL"))
      read.deleted.insert(row[0].as<TenantId>());
    // Ids are not committed in order; asking again for the newest thousand finds those that came late. Nor
    // are changes; none takes longer than these minutes.
    const auto rows = exec(
        tx,
        "SELECT tenant_id, id, campaign_id, target_url, first_message, last_message, expires_at,"
        "       disabled_at IS NOT NULL AS disabled, changed_at FROM link WHERE id > $1::bigint - $3::bigint"
        " UNION ALL SELECT tenant_id, id, campaign_id, target_url, first_message, last_message, expires_at,"
        "       disabled_at IS NOT NULL, changed_at"
        "  FROM link WHERE id <= $1::bigint - $3::bigint AND changed_at > $2::timestamptz - interval '10 "
        "minutes'",
        newest, newest_change, late_links);
    left_out.add(read_each_row(rows, "link", [&](const Row& row) {
      const auto changed_at = as_optional<Timestamp>(row["changed_at"]);
      links.emplace_back(
          row["id"].as<LinkId>(),
          LiveLink{row["tenant_id"].as<TenantId>(), as_optional<CampaignId>(row["campaign_id"]),
                   row["target_url"].as<std::string>(), row["first_message"].as<MessageId>(),
                   row["last_message"].as<MessageId>(), as_optional<Timestamp>(row["expires_at"]),
                   row["disabled"].as<bool>()});
      // Not what is still to come: the changes before it would be missed.
      if (changed_at) read.newest_change = std::max(read.newest_change, std::min(*changed_at, now()));
    }));
  });
  left_out_ = std::move(left_out);
  loaded_at_ = began_;
  snapshot_.with([&](Snapshot& s) {
    s.tenants = std::move(read.tenants);
    s.deleted = std::move(read.deleted);
    s.hosts = std::move(read.hosts);
    s.newest_change = read.newest_change;
    for (auto& [id, link] : links) {
      s.links.insert_or_assign(id, std::move(link));
      s.newest_link = std::max(s.newest_link, id);
    }
  });
}

void Directory::tell_load(Connection& connection, const std::string& failure) {
  const auto at = std::chrono::steady_clock::now();
  const auto& words = failure.empty() ? left_out_.error : failure;
  if (at - told_.at < tell_every && words == told_.words) return;
  told_ = {at, words};
  transact(connection,
           [&](Tx& tx) { record_directory_load(tx, daemon_name(), host_name(), left_out_, failure); });
}

bool Directory::is_fresh(std::chrono::steady_clock::time_point at) const {
  return at - loaded_at_.load() <= stale_after;
}

void Directory::gather(std::vector<Waiting>& waiting, std::chrono::milliseconds timeout, std::stop_token stop,
                       Notifications* told) {
  using Clock = std::chrono::steady_clock;
  const auto doubtful = [](const Waiting& one) { return one.in_doubt; };
  const auto look_again = Clock::now() + timeout;
  bool changed = false;
  while (!stop.stop_requested()) {
    const auto at = Clock::now();
    if (at >= look_again && waiting.empty()) break;
    if ((changed || !waiting.empty()) && at >= began_ + doubt_every) break;
    if (!std::ranges::all_of(waiting, doubtful)) break;
    const auto until = changed || !waiting.empty() ? began_ + doubt_every : look_again;
    auto more = waiting_.pop(all, std::min<Clock::duration>(until - at, listen_every), stop);
    std::ranges::move(more, std::back_inserter(waiting));
    if (told) changed |= told->take();
  }
}

void Directory::answer(const std::vector<Waiting>& waiting, bool fresh) {
  for (const auto& one : waiting) {
    if (one.in_doubt) --in_doubt_;
    one.then(fresh);
  }
}

void Directory::run(std::stop_token stop) {
  std::optional<Connection> connection;
  std::optional<Notifications> told;  // ends before the connection
  Outage outage{"the directory of tenants and links is not reloaded"};
  bool failing = false;
  while (!stop.stop_requested()) {
    note_turn();
    std::vector<Waiting> waiting;
    std::string failure;
    try {
      gather(waiting, failing ? retry_every : reload_every, stop, told ? &*told : nullptr);
      if (!connection) {
        connection.emplace(connect_watched(database_url_, "smscrmd directory"));
        told.emplace(*connection, "smscrm_directory");
      }
      load(*connection);
      failing = false;
      outage.end();
    } catch (const std::exception& e) {
      if (!connection || connection->is_open())
        outage.begin(e);
      else
        outage.begin(Error(Errc::unavailable, "{}", e.what()));
      failing = true;
      failure = e.what();
    }
    answer(waiting, failure.empty());
    try {
      if (connection) tell_load(*connection, failure);
    } catch (const std::exception& e) {
      log_debug("nobody is told how fresh the directory is", {{"error", e.what()}});
    }
    if (!failure.empty()) {
      told.reset();
      connection.reset();
    }
  }
  answer(waiting_.pop(all, std::chrono::seconds{0}), false);
  try {
    if (connection) transact(*connection, [](Tx& tx) { remove_directory_load(tx, daemon_name()); });
  } catch (const std::exception& e) {
    log_debug("the directory's last load stays noted", {{"error", e.what()}});
  }
}

std::shared_ptr<const WebhookTenant> Directory::find_tenant(const std::string& slug) const {
  return snapshot_.with([&](const Snapshot& s) -> std::shared_ptr<const WebhookTenant> {
    const auto found = s.tenants.find(slug);
    return found == s.tenants.end() ? nullptr : found->second;
  });
}

std::optional<LiveLink> Directory::find_link(LinkId id, std::string_view host) const {
  const auto asked = plain_host(host);
  return snapshot_.with([&](const Snapshot& s) -> std::optional<LiveLink> {
    const auto found = s.links.find(id);
    if (found == s.links.end()) return std::nullopt;
    auto link = found->second;
    link.ended = link.ended || s.deleted.count(link.tenant) > 0;
    const auto owners = s.hosts.find(asked);
    link.foreign = owners != s.hosts.end() && asked != public_host_ && owners->second.count(link.tenant) == 0;
    return link;
  });
}

bool Directory::may_be_new(LinkId id) const {
  const auto newest = snapshot_.with([](const Snapshot& s) { return s.newest_link.value; });
  return id.value > newest - late_links && id.value <= newest + new_links;
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
