#include "core/consent/opt_out_scope.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

constexpr std::string_view sender_prefix = "sender:";
constexpr std::string_view pool_prefix = "pool:";

void add_once(std::vector<std::string>& scopes, std::string scope) {
  if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(std::move(scope));
}

std::map<std::string, std::string> read_pools(Tx& tx, TenantId tenant) {
  std::map<std::string, std::string> pools;
  for (const auto& row :
       exec(tx, "SELECT address, pool FROM sender WHERE tenant_id = $1 ORDER BY id FOR SHARE", tenant))
    pools.emplace(row["address"].as<std::string>(), row["pool"].as<std::string>());
  for (const auto& row :
       exec(tx, "SELECT messaging_service FROM account WHERE tenant_id = $1 AND messaging_service <> ''",
            tenant))
    pools.emplace(row[0].as<std::string>(), "");
  return pools;
}

[[noreturn]] void throw_unknown(const char* noun, const std::string& name,
                                const std::vector<std::string>& known) {
  Error error(Errc::not_found, "there is no {} \"{}\"", noun, name);
  if (const auto near = nearest(name, known))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm sender list\" names them all");
}

}  // namespace

std::string sender_scope(std::string_view address) { return fmt::format("{}{}", sender_prefix, address); }
std::string pool_scope(std::string_view pool) { return fmt::format("{}{}", pool_prefix, pool); }

std::vector<std::string> covering_scopes(const std::string& address, const std::string& pool) {
  std::vector<std::string> scopes{sender_scope(address)};
  if (!pool.empty()) scopes.push_back(pool_scope(pool));
  return scopes;
}

std::vector<std::string> OptOutScopes::of_stop(const std::string& address, const std::string& service) const {
  std::vector<std::string> scopes;
  if (choice != OptOutScope::tenant)
    for (const auto& sender : {address, service}) {
      const auto known = pools.find(sender);
      if (known == pools.end()) continue;
      const bool alone = choice == OptOutScope::number || known->second.empty();
      add_once(scopes, alone ? sender_scope(sender) : pool_scope(known->second));
    }
  if (scopes.empty()) scopes.emplace_back();
  return scopes;
}

std::vector<std::string> OptOutScopes::covering(const std::string& address,
                                                const std::string& service) const {
  std::vector<std::string> scopes;
  for (const auto& sender : {address, service}) {
    if (sender.empty()) continue;
    const auto known = pools.find(sender);
    for (auto& scope : covering_scopes(sender, known == pools.end() ? std::string{} : known->second))
      add_once(scopes, std::move(scope));
  }
  return scopes;
}

OptOutScopes read_opt_out_scopes(Tx& tx, TenantId tenant) {
  OptOutScopes scopes;
  scopes.pools = read_pools(tx, tenant);
  scopes.choice = parse_opt_out_scope(
      exec(tx, "SELECT opt_out_scope FROM tenant WHERE id = $1", tenant).at(0)[0].as<std::string>());
  return scopes;
}

std::string no_sender_left(const std::string& msisdn, const std::string& senders, Asked asked) {
  // The senders that may be used: those asked for, or the messaging service where the tenant has no sender.
  const auto usable = fmt::format(
      "SELECT id, address, pool FROM sender WHERE tenant_id = $1 AND removed_at IS NULL"
      "   AND ({0}::bigint[] = '{{}}' OR id = ANY ({0}::bigint[]))"
      " UNION ALL SELECT 0, messaging_service, '' FROM account WHERE tenant_id = $1 AND messaging_service <> "
      "''"
      "   AND NOT EXISTS (SELECT FROM sender WHERE tenant_id = $1 AND removed_at IS NULL)",
      senders);
  return fmt::format(
      "{0} IN (SELECT o.msisdn FROM consent_scope o"
      "   JOIN (SELECT u.id, v.scope FROM ({1}) u CROSS JOIN LATERAL"
      "         (VALUES ('{2}' || u.address), ('{3}' || u.pool)) AS v(scope)) a ON a.scope = o.scope"
      "  WHERE o.tenant_id = $1 AND {4}"
      "  GROUP BY o.msisdn HAVING count(DISTINCT a.id) = (SELECT count(*) FROM ({1}) u))",
      msisdn, usable, sender_prefix, pool_prefix,
      asked == Asked::once ? fmt::format("o.msisdn = {} AND {}", msisdn, as_filter("o.state = 'opted_out'"))
                           : "o.state = 'opted_out'");
}

std::string find_scope(Tx& tx, TenantId tenant, const std::string& sender, const std::string& pool) {
  if (sender.empty() && pool.empty()) return {};
  std::vector<std::string> addresses, names;
  for (const auto& [address, name] : read_pools(tx, tenant)) {
    addresses.push_back(address);
    if (!name.empty()) add_once(names, name);
  }
  const auto& known = sender.empty() ? names : addresses;
  const auto& wanted = sender.empty() ? pool : sender;
  if (std::find(known.begin(), known.end(), wanted) == known.end())
    throw_unknown(sender.empty() ? "pool" : "sender", wanted, known);
  return sender.empty() ? pool_scope(pool) : sender_scope(sender);
}

std::string describe_scope(const std::string& scope) {
  if (scope.starts_with(sender_prefix)) return "sender " + scope.substr(sender_prefix.size());
  if (scope.starts_with(pool_prefix)) return "pool " + scope.substr(pool_prefix.size());
  return "everything";
}

void copy_opt_outs(Tx& tx, TenantId tenant, const std::string& from, const std::string& to,
                   const std::string& source) {
  OptOutEvents events;
  for (const auto& row :
       exec(tx,
            "WITH copied AS ("
            "  INSERT INTO consent_scope AS c (tenant_id, msisdn, scope, state, changed_at)"
            "  SELECT $1::bigint, o.msisdn, $3::text, 'opted_out', now() FROM consent_scope o"
            "   WHERE o.tenant_id = $1 AND o.scope = $2 AND o.state = 'opted_out' ORDER BY o.msisdn"
            "  ON CONFLICT (tenant_id, msisdn, scope) DO UPDATE"
            "    SET state = excluded.state, changed_at = greatest(c.changed_at, excluded.changed_at)"
            "  WHERE c.state <> 'opted_out'"
            "  RETURNING msisdn)"
            " INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at, scope)"
            " SELECT $1::bigint, msisdn, 'opt_out', 'operator', $4::text, now(), $3::text FROM copied"
            " RETURNING msisdn, method, source, occurred_at, scope",
            tenant, from, to, source)) {
    events.msisdns.push_back(row["msisdn"].as<std::string>());
    events.methods.push_back(row["method"].as<std::string>());
    events.sources.push_back(row["source"].as<std::string>());
    events.times.push_back(row["occurred_at"].as<Timestamp>());
    events.scopes.push_back(row["scope"].as<std::string>());
  }
  CounterChanges counters;
  counters.add(std::nullopt, opt_out_counter(to_string(ConsentMethod::operator_)),
               static_cast<std::int64_t>(events.msisdns.size()));
  apply_counters(tx, tenant, launch_slot, counters, now());
  record_opt_out_events(tx, tenant, events);
}

}  // namespace smscrm
