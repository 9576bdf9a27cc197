#include "core/access/api_key.hpp"

#include <algorithm>

#include "core/access/token.hpp"
#include "core/access/user.hpp"
#include "core/base/text.hpp"
#include "core/net/network.hpp"

namespace smscrm {
namespace {

constexpr const char* columns =
    "k.id, k.name, k.digest, k.scopes, k.networks, k.created_by, coalesce(u.email, '') AS creator, "
    "k.created_at,"
    " k.expires_at, k.last_used_at, k.last_used_from, k.revoked_at";
constexpr const char* from =
    " FROM api_key k LEFT JOIN app_user u ON u.id = k.created_by WHERE k.tenant_id = $1 ";

ApiKey read(const Row& row) {
  ApiKey key;
  key.id = row["id"].as<ApiKeyId>();
  key.name = row["name"].as<std::string>();
  key.scopes = read_array(row["scopes"]);
  key.networks = read_array(row["networks"]);
  key.created_by = as_optional<UserId>(row["created_by"]);
  key.creator = row["creator"].as<std::string>();
  key.created_at = row["created_at"].as<Timestamp>();
  key.expires_at = as_optional<Timestamp>(row["expires_at"]);
  key.last_used_at = as_optional<Timestamp>(row["last_used_at"]);
  key.last_used_from = row["last_used_from"].as<std::string>();
  key.revoked_at = as_optional<Timestamp>(row["revoked_at"]);
  return key;
}

std::vector<std::string> checked_scopes(TenantId tenant, std::vector<std::string> scopes,
                                        const std::optional<Principal>& maker, Timestamp at) {
  if (scopes.empty()) throw Error(Errc::invalid, "an API key needs scopes");
  std::sort(scopes.begin(), scopes.end());
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  for (const auto& name : scopes) {
    const auto& scope = get_scope(name);
    if (!scope.least || scope.fresh)
      throw Error(Errc::invalid, "no API key can have {}: it takes a person", name);
    if (maker && decide(*maker, name, tenant, at) != Permission::allowed)
      throw Error(Errc::denied, "an API key cannot have {}: its maker has not", name);
  }
  return scopes;
}

MadeApiKey insert(Tx& tx, TenantId tenant, const NewApiKey& added, std::optional<UserId> maker,
                  Timestamp at) {
  const auto secret = new_api_key_secret();
  const auto id = exec(tx,
                       "INSERT INTO api_key (tenant_id, name, digest, scopes, networks, created_by, "
                       "created_at, expires_at)"
                       " VALUES ($1, $2, $3, $4::text[], $5::text[], $6, $7, $8) RETURNING id",
                       tenant, added.name, bytea_param(token_digest(secret)), added.scopes, added.networks,
                       maker, at, added.expires_at)
                      .front()[0]
                      .as<ApiKeyId>();
  return {get_api_key(tx, tenant, std::to_string(id.value)), format_api_key(tenant, id, secret)};
}

}  // namespace

std::string_view ApiKey::state(Timestamp at) const {
  if (revoked_at && *revoked_at <= at) return "revoked";
  return expires_at && *expires_at <= at ? "expired" : "active";
}

MadeApiKey add_api_key(Tx& tx, TenantId tenant, const NewApiKey& added, const std::optional<Principal>& maker,
                       Timestamp at) {
  auto checked = added;
  checked.name = trim(added.name);
  if (checked.name.empty() || checked.name.size() > 100 || !is_valid_utf8(checked.name) ||
      looks_like_id(checked.name))
    throw Error(Errc::invalid, "an API key needs a name of at most 100 bytes that is no number");
  checked.scopes = checked_scopes(tenant, added.scopes, maker, at);
  for (const auto& network : added.networks)
    if (!parse_network(network))
      throw Error(Errc::invalid, "\"{}\" is no address or network, such as 192.0.2.0/24", network);
  if (added.expires_at && *added.expires_at <= at)
    throw Error(Errc::invalid, "the API key would have expired already");
  for (const auto& other : list_api_keys(tx, tenant))
    if (other.name == checked.name && other.state(at) == "active")
      throw Error(Errc::conflict, "there is an API key \"{}\" already", checked.name)
          .with_hint(
              fmt::format("\"smscrm apikey rotate {0}\" replaces it, \"smscrm apikey revoke {0}\" ends it",
                          checked.name));
  return insert(tx, tenant, checked, maker ? std::optional{maker->user} : std::nullopt, at);
}

ApiKey get_api_key(Tx& tx, TenantId tenant, std::string_view name) {
  const auto rows = exec(tx,
                         fmt::format("SELECT {}{}AND {} = $2 ORDER BY k.id DESC LIMIT 1", columns, from,
                                     looks_like_id(name) ? "k.id::text" : "k.name"),
                         tenant, name);
  if (!rows.empty()) return read(rows.front());
  std::vector<std::string> names;
  for (const auto& key : list_api_keys(tx, tenant)) names.push_back(key.name);
  Error error(Errc::not_found, "there is no API key \"{}\"", name);
  const auto near = nearest(name, names);
  throw std::move(error).with_hint(near ? fmt::format("did you mean \"{}\"?", *near)
                                        : "\"smscrm apikey list\" shows those that there are");
}

std::vector<ApiKey> list_api_keys(Tx& tx, TenantId tenant) {
  std::vector<ApiKey> keys;
  for (const auto& row : exec(tx, fmt::format("SELECT {}{}ORDER BY k.id DESC", columns, from), tenant))
    keys.push_back(read(row));
  return keys;
}

void revoke_api_key(Tx& tx, TenantId tenant, ApiKeyId key, Timestamp when) {
  exec(tx, "UPDATE api_key SET revoked_at = least(revoked_at, $3) WHERE tenant_id = $1 AND id = $2", tenant,
       key, when);
}

MadeApiKey rotate_api_key(Tx& tx, TenantId tenant, const ApiKey& old, std::chrono::seconds overlap,
                          Timestamp at) {
  if (old.state(at) != "active") throw Error(Errc::conflict, "API key \"{}\" is {}", old.name, old.state(at));
  NewApiKey next = old;
  // As long a life as the old one had.
  if (old.expires_at) next.expires_at = at + (*old.expires_at - old.created_at);
  revoke_api_key(tx, tenant, old.id, at + overlap);
  return insert(tx, tenant, next, old.created_by, at);
}

KeyUse use_api_key(Tx& tx, std::string_view text, const std::string& address, Timestamp at) {
  const auto name = parse_api_key(text);
  if (!name) return {{}, "no key"};
  const auto rows =
      exec(tx,
           fmt::format("SELECT {}, EXISTS (SELECT FROM tenant t WHERE t.id = $1 AND t.deleted_at IS NULL)"
                       " AS living{}AND k.id = $2",
                       columns, from),
           name->tenant, name->key);
  if (rows.empty()) return {{}, "unknown key"};
  const auto& row = rows.front();
  if (!constant_time_equal(as_bytes(row["digest"]), token_digest(name->secret))) return {{}, "wrong secret"};
  const auto key = read(row);
  if (key.state(at) != "active") return {{}, key.state(at) == "revoked" ? "revoked" : "expired"};
  if (!row["living"].as<bool>()) return {{}, "deleted tenant"};
  const auto bytes = address_bytes(address);
  const auto holds = [&](const std::string& network) { return parse_network(network)->contains(bytes); };
  if (!key.networks.empty() && std::none_of(key.networks.begin(), key.networks.end(), holds))
    return {{}, "foreign address"};
  Principal who;
  who.key = key.id;
  who.tenant = name->tenant;
  if (key.created_by) {
    const auto maker = find_principal(tx, *key.created_by);
    const auto role = maker ? maker->roles.find(name->tenant) : std::map<TenantId, Role>::const_iterator{};
    if (!maker || role == maker->roles.end()) return {{}, "maker without membership"};
    who.user = *key.created_by;
    for (const auto& scope : key.scopes)
      if (const auto* known = find_scope(scope); known && known->least && role->second >= *known->least)
        who.scopes.insert(scope);
  } else {
    who.scopes.insert(key.scopes.begin(), key.scopes.end());
  }
  // Once a minute, by whoever comes first: the row is locked until the request ends, and nobody waits for that.
  if (!key.last_used_at || at - *key.last_used_at >= std::chrono::minutes{1})
    exec(tx,
         "UPDATE api_key SET last_used_at = $3, last_used_from = $4 WHERE tenant_id = $1 AND id ="
         " (SELECT id FROM api_key WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE SKIP LOCKED)",
         name->tenant, name->key, at, address);
  return {std::move(who)};
}

}  // namespace smscrm
