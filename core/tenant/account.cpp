#include "core/tenant/account.hpp"

#include <algorithm>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr const char* select_accounts =
    "SELECT a.tenant_id, a.id, a.provider, a.sid, a.auth_token,"
    " CASE WHEN a.previous_token_until > now() THEN a.previous_auth_token END AS previous_auth_token,"
    " a.previous_token_until, a.api_key_sid, a.api_key_secret,"
    " a.messaging_service, a.rate, a.max_in_flight, a.part_price, a.currency, l.paused_at, l.pause_code,"
    " coalesce(l.pause_reason, '') AS pause_reason"
    "  FROM account a LEFT JOIN lane l ON l.tenant_id = a.tenant_id AND l.account_id = a.id";
const std::string select_account = std::string{select_accounts} + " WHERE a.tenant_id = $1";

// What a sealed secret belongs to: a row copied to another tenant or column stays shut.
std::string context_of(TenantId tenant, std::string_view column) {
  return fmt::format("account of tenant {}: {}", tenant.value, column);
}

std::optional<std::string> open_column(const SecretKey& key, TenantId tenant, const Row& row,
                                       const char* column) {
  if (row[column].is_null()) return std::nullopt;
  return open_sealed(key, as_bytes(row[column]), context_of(tenant, column));
}

std::string must_open(const SecretKey& key, TenantId tenant, const Row& row, const char* column) {
  if (auto secret = open_column(key, tenant, row, column)) return *std::move(secret);
  throw Error(Errc::usage, "the {} of this account was sealed with another secret key", column)
      .with_hint("point secrets.key_file at that key file, or run \"smscrm account set\" with every secret");
}

Account read(const Row& row, const SecretKey& key, TenantId tenant) {
  Account account;
  account.tenant = tenant;
  account.id = row["id"].as<AccountId>();
  account.provider = row["provider"].as<std::string>();
  get_provider(account.provider);  // throws for one that there is not
  account.sid = row["sid"].as<std::string>();
  account.auth_token = must_open(key, tenant, row, "auth_token");
  account.webhook_tokens.push_back(account.auth_token);
  if (auto previous = open_column(key, tenant, row, "previous_auth_token")) {
    account.webhook_tokens.push_back(*std::move(previous));
    account.previous_token_until = as_optional<Timestamp>(row["previous_token_until"]);
  }
  account.api_key_sid = row["api_key_sid"].as<std::string>();
  if (!account.api_key_sid.empty()) account.api_key_secret = must_open(key, tenant, row, "api_key_secret");
  account.messaging_service = row["messaging_service"].as<std::string>();
  account.rate = row["rate"].as<double>();
  check_rate(account.rate, "an account's rate");
  account.max_in_flight = row["max_in_flight"].as<int>();
  account.part_price = row["part_price"].as<double>();
  account.currency = row["currency"].as<std::string>();
  account.paused_at = as_optional<Timestamp>(row["paused_at"]);
  account.pause_code = as_optional<int>(row["pause_code"]);
  account.pause_reason = row["pause_reason"].as<std::string>();
  return account;
}

// Twilio's ids are two letters and 32 hex digits.
void check_sid(std::string_view sid, std::string_view prefix, std::string_view noun) {
  if (sid.size() == 34 && sid.starts_with(prefix) &&
      sid.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos)
    return;
  throw Error(Errc::invalid, "\"{}\" is not {}; it begins with {} and 32 hex digits (0-9, a-f) follow", sid,
              noun, prefix);
}

void check_secret(std::string_view secret, std::string_view noun) {
  const bool blank = std::any_of(secret.begin(), secret.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (secret.empty() || secret.size() > 256 || blank)
    throw Error(Errc::invalid, "the {} must be 1 to 256 printable characters without blanks", noun);
}

void check(const AccountChange& change) {
  if (change.sid) check_sid(*change.sid, "AC", "an account SID");
  if (change.auth_token) check_secret(*change.auth_token, "auth token");
  if (change.api_key_sid && !change.api_key_sid->empty()) {
    check_sid(*change.api_key_sid, "SK", "an API key");
    if (!change.api_key_secret) throw Error(Errc::invalid, "an API key needs its secret");
  }
  if (change.api_key_secret) {
    if (change.api_key_sid.value_or("").empty())
      throw Error(Errc::invalid, "an API key's secret needs the key's SID");
    check_secret(*change.api_key_secret, "API key's secret");
  }
  if (change.messaging_service && !change.messaging_service->empty())
    check_sid(*change.messaging_service, "MG", "a messaging service");
  if (change.rate) check_rate(*change.rate, "an account's rate");
  if (change.max_in_flight && (*change.max_in_flight < 1 || *change.max_in_flight > most_in_flight))
    throw Error(Errc::invalid, "from 1 to {} requests may be in flight", most_in_flight);
  if (change.part_price && !(*change.part_price >= 0 && *change.part_price <= most_part_price))
    throw Error(Errc::invalid, "a part's price is from 0 to {}", static_cast<std::int64_t>(most_part_price));
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (change.currency &&
      (change.currency->size() != 3 || !std::all_of(change.currency->begin(), change.currency->end(), upper)))
    throw Error(Errc::invalid, "\"{}\" is not a currency; write its three letters (ISO 4217), such as USD",
                *change.currency);
}

// As a parameter; NULL when there is nothing to seal.
Param sealed(const SecretKey& key, TenantId tenant, std::string_view column,
             const std::optional<std::string>& secret) {
  if (!secret) return std::nullopt;
  return bytea_param(seal(key, *secret, context_of(tenant, column)));
}

// What another account lists proves nothing of the messages that left through this one. Claims read the
// account before they begin: those of the old one lose the lane.
void leave_account(Tx& tx, TenantId tenant, const std::string& sid) {
  lock_claims_exclusive(tx, tenant);
  if (!exec(tx, "SELECT 1 FROM work_claim WHERE tenant_id = $1 LIMIT 1", tenant).empty())
    throw Error(Errc::conflict, "messages are on their way through account {}", sid)
        .with_hint("pause the tenant's campaigns, and try again in half a minute; smscrmd has to run");
  exec(tx, "UPDATE lane SET owner = '', expires_at = '-infinity' WHERE tenant_id = $1", tenant);
  exec(tx, "UPDATE work_due SET task = 'hold' WHERE tenant_id = $1 AND task = 'resolve'", tenant);
}

}  // namespace

std::optional<Account> find_account(Tx& tx, const SecretKey& key, TenantId tenant) {
  const auto rows = exec(tx, select_account, tenant);
  if (rows.empty()) return std::nullopt;
  return read(rows.front(), key, tenant);
}

std::map<TenantId, Account> list_accounts(Tx& tx, const SecretKey& key, LeftOut* left_out) {
  std::map<TenantId, Account> accounts;
  const auto unread = read_each_row(exec(tx, select_accounts), "account", [&](const Row& row) {
    const auto tenant = row["tenant_id"].as<TenantId>();
    accounts.emplace(tenant, read(row, key, tenant));
  });
  if (left_out) left_out->add(unread);
  return accounts;
}

Account get_account(Tx& tx, const SecretKey& key, TenantId tenant) {
  if (auto account = find_account(tx, key, tenant)) return *std::move(account);
  throw Error(Errc::not_found, "this tenant has no account")
      .with_hint("set it with \"smscrm account set --sid AC… --token-file FILE\"");
}

ProviderAccess access_of(const Account& account, const Config::Twilio& settings) {
  ProviderAccess access;
  access.api_url = settings.api_url;
  access.account_sid = account.sid;
  const bool by_key = !account.api_key_sid.empty();
  access.user = by_key ? account.api_key_sid : account.sid;
  access.password = by_key ? account.api_key_secret : account.auth_token;
  access.timeout = settings.timeout;
  access.connect_timeout = std::min(access.connect_timeout, access.timeout);
  return access;
}

Account set_account(Tx& tx, const SecretKey& key, TenantId tenant, const AccountChange& change,
                    Timestamp at) {
  check(change);
  const auto rows = exec(tx, select_account + " FOR UPDATE OF a", tenant);
  if (rows.empty()) {
    if (!change.sid || !change.auth_token)
      throw Error(Errc::invalid, "a new account needs its SID and its auth token");
    exec(tx,
         "INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, $2, $3)"
         " ON CONFLICT (tenant_id) DO NOTHING",
         tenant, *change.sid, sealed(key, tenant, "auth_token", change.auth_token));
  }
  if (!rows.empty() && change.sid)
    if (const auto sid = rows.front()["sid"].as<std::string>(); sid != *change.sid)
      leave_account(tx, tenant, sid);
  std::optional<std::string> previous;
  if (change.auth_token && !rows.empty()) {
    previous = open_column(key, tenant, rows.front(), "auth_token");
    if (previous == change.auth_token) previous.reset();
  }
  exec(tx,
       "UPDATE account SET sid = coalesce($2, sid), auth_token = coalesce($3::bytea, auth_token),"
       " previous_auth_token = CASE WHEN $13 THEN NULL WHEN $3::bytea IS NULL THEN previous_auth_token"
       "   ELSE $4::bytea END,"
       " previous_token_until = CASE WHEN $13 THEN NULL WHEN $3::bytea IS NULL THEN previous_token_until"
       "   WHEN $4::bytea IS NOT NULL THEN $14::timestamptz END,"
       " api_key_sid = coalesce($5, api_key_sid),"
       " api_key_secret = CASE WHEN $5 IS NULL THEN api_key_secret ELSE $6::bytea END,"
       " messaging_service = coalesce($7, messaging_service), rate = coalesce($8, rate),"
       " max_in_flight = coalesce($9, max_in_flight), part_price = coalesce($10, part_price),"
       " currency = coalesce($11, currency), updated_at = $12 WHERE tenant_id = $1",
       tenant, change.sid, sealed(key, tenant, "auth_token", change.auth_token),
       sealed(key, tenant, "previous_auth_token", previous), change.api_key_sid,
       sealed(key, tenant, "api_key_secret", change.api_key_secret), change.messaging_service, change.rate,
       change.max_in_flight, change.part_price, change.currency, at, change.revoke_previous_token,
       at + previous_token_life);
  exec(tx,
       "INSERT INTO lane (tenant_id, account_id) SELECT tenant_id, id FROM account WHERE tenant_id = $1"
       " ON CONFLICT (tenant_id, account_id) DO UPDATE"
       "   SET paused_at = NULL, pause_code = NULL, pause_reason = '', resumed_at = clock_timestamp()"
       // A pause by hand is for whoever made it to end (core/lane/brake.hpp).
       " WHERE lane.paused_by = ''",
       tenant);
  return get_account(tx, key, tenant);
}

}  // namespace smscrm
