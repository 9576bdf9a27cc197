#include "core/lane/sender.hpp"

#include <algorithm>
#include <array>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/phone/phone.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr std::array kinds{SenderKind::long_code, SenderKind::toll_free, SenderKind::short_code,
                           SenderKind::alphanumeric, SenderKind::messaging_service};

Sender read(const Row& row) {
  return {.id = row["id"].as<SenderId>(),
          .address = row["address"].as<std::string>(),
          .kind = parse_sender_kind(row["kind"].as<std::string>()),
          .rate = row["rate"].as<double>(),
          .daily_cap = as_optional<std::int64_t>(row["daily_cap"]),
          .pool = row["pool"].as<std::string>()};
}

void check_settings(double rate, std::optional<std::int64_t> daily_cap, const std::string& pool) {
  check_rate(rate, "a sender's rate");
  if (daily_cap && (*daily_cap < 1 || *daily_cap > most_daily_parts))
    throw Error(Errc::invalid, "a sender's daily cap is from 1 to {} parts", most_daily_parts);
  if (!pool.empty()) check_slug(pool, "pool");
}

bool all(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

[[noreturn]] void throw_unknown(Tx& tx, TenantId tenant, const std::string& address) {
  std::vector<std::string> known;
  for (const auto& sender : list_senders(tx, tenant)) known.push_back(sender.address);
  Error error(Errc::not_found, "there is no sender \"{}\"", address);
  if (const auto near = nearest(address, known))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm sender list\" names them all");
}

// Before the sender, which may be a removed one or none yet, is written with `pool`. Neither a claim nor an
// opt-out that is just being recorded sees half of a move (read_opt_out_scopes).
void move_to_pool(Tx& tx, TenantId tenant, const std::string& address, const std::string& pool) {
  const auto moves = exec(tx, "SELECT FROM sender WHERE tenant_id = $1 AND address = $2 AND pool <> $3",
                          tenant, address, pool);
  if (moves.empty()) return;
  lock_claims_exclusive(tx, tenant);
  const auto old =
      exec(tx, "SELECT pool FROM sender WHERE tenant_id = $1 AND address = $2 FOR UPDATE", tenant, address)
          .front()[0]
          .as<std::string>();
  if (old.empty() || old == pool) return;
  copy_opt_outs(tx, tenant, pool_scope(old), sender_scope(address), fmt::format("sender left pool {}", old));
}

}  // namespace

std::string_view to_string(SenderKind kind) {
  switch (kind) {
    case SenderKind::long_code:
      return "long_code";
    case SenderKind::toll_free:
      return "toll_free";
    case SenderKind::short_code:
      return "short_code";
    case SenderKind::alphanumeric:
      return "alphanumeric";
    case SenderKind::messaging_service:
      return "messaging_service";
  }
  return "";
}

SenderKind parse_sender_kind(std::string_view word) {
  for (const auto kind : kinds)
    if (word == to_string(kind)) return kind;
  throw Error(Errc::invalid, "\"{}\" is not a kind of sender", word);
}

SenderKind classify_sender(std::string_view address) {
  if (is_e164(address)) return is_toll_free(address) ? SenderKind::toll_free : SenderKind::long_code;
  if (all(address, digits) && address.size() >= 3 && address.size() <= 8) return SenderKind::short_code;
  if (address.size() == 34 && address.starts_with("MG") && all(address.substr(2), "0123456789abcdef"))
    return SenderKind::messaging_service;
  const bool printable = all(address, fmt::format("{}{} +-_&", digits, letters));
  if (printable && address.size() <= 11 && address.find_first_of(letters) != std::string_view::npos &&
      trim(address) == address)
    return SenderKind::alphanumeric;
  throw Error(Errc::invalid, "\"{}\" is not a sender", address)
      .with_hint(
          "write +15005550006, a short code, a name of at most 11 letters and digits, or a messaging service "
          "(MG and 32 hex digits)");
}

double default_rate(SenderKind kind) {
  switch (kind) {
    case SenderKind::long_code:
      return 1;
    case SenderKind::toll_free:
      return 3;
    case SenderKind::alphanumeric:
      return 10;
    case SenderKind::short_code:
    case SenderKind::messaging_service:
      return 100;
  }
  return 1;
}

Sender add_sender(Tx& tx, TenantId tenant, const std::string& address, std::optional<double> rate,
                  std::optional<std::int64_t> daily_cap, const std::string& pool) {
  const auto kind = classify_sender(address);
  const double parts_per_second = rate.value_or(default_rate(kind));
  check_settings(parts_per_second, daily_cap, pool);
  move_to_pool(tx, tenant, address, pool);  // a removed one may come back
  const auto rows = exec(tx,
                         "INSERT INTO sender AS s (tenant_id, address, kind, rate, daily_cap, pool)"
                         " VALUES ($1, $2, $3, $4, $5, $6)"
                         " ON CONFLICT (tenant_id, address) DO UPDATE SET kind = excluded.kind,"
                         "   rate = excluded.rate, daily_cap = excluded.daily_cap, pool = excluded.pool,"
                         "   removed_at = NULL"
                         " WHERE s.removed_at IS NOT NULL"
                         " RETURNING id, address, kind, rate, daily_cap, pool",
                         tenant, address, to_string(kind), parts_per_second, daily_cap, pool);
  if (rows.empty())
    throw Error(Errc::conflict, "there is a sender \"{}\" already", address)
        .with_hint(fmt::format("change its rate with \"smscrm sender update {} --rate N\"", address));
  return read(rows.front());
}

std::vector<Sender> list_senders(Tx& tx, TenantId tenant) {
  std::vector<Sender> senders;
  for (const auto& row : exec(tx,
                              "SELECT id, address, kind, rate, daily_cap, pool FROM sender"
                              " WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY id",
                              tenant))
    senders.push_back(read(row));
  return senders;
}

Sender get_sender(Tx& tx, TenantId tenant, const std::string& address) {
  const auto rows = exec(tx,
                         "SELECT id, address, kind, rate, daily_cap, pool FROM sender"
                         " WHERE tenant_id = $1 AND address = $2 AND removed_at IS NULL",
                         tenant, address);
  if (rows.empty()) throw_unknown(tx, tenant, address);
  return read(rows.front());
}

Sender update_sender(Tx& tx, TenantId tenant, const Sender& changed) {
  check_settings(changed.rate, changed.daily_cap, changed.pool);
  move_to_pool(tx, tenant, changed.address, changed.pool);
  const auto rows = exec(tx,
                         "UPDATE sender SET rate = $3, daily_cap = $4, pool = $5"
                         " WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL"
                         " RETURNING id, address, kind, rate, daily_cap, pool",
                         tenant, changed.id, changed.rate, changed.daily_cap, changed.pool);
  if (rows.empty()) throw_unknown(tx, tenant, changed.address);
  return read(rows.front());
}

void remove_sender(Tx& tx, TenantId tenant, const std::string& address, Timestamp at) {
  const auto sender = get_sender(tx, tenant, address);
  // A campaign without senders of its own uses all of the tenant's, and failing those the messaging service.
  const auto stranded =
      exec(tx,
           "SELECT c.slug FROM campaign c"
           " WHERE c.tenant_id = $1 AND c.status IN ('running', 'paused')"
           "   AND CASE WHEN EXISTS (SELECT FROM campaign_sender cs"
           "                          WHERE cs.tenant_id = $1 AND cs.campaign_id = c.id)"
           "       THEN NOT EXISTS (SELECT FROM campaign_sender cs JOIN sender s"
           "                            ON s.tenant_id = cs.tenant_id AND s.id = cs.sender_id"
           "                         WHERE cs.tenant_id = $1 AND cs.campaign_id = c.id AND s.id <> $2"
           "                           AND s.removed_at IS NULL)"
           "       ELSE NOT EXISTS (SELECT FROM sender s"
           "                         WHERE s.tenant_id = $1 AND s.id <> $2 AND s.removed_at IS NULL)"
           "            AND NOT EXISTS (SELECT FROM account a"
           "                             WHERE a.tenant_id = $1 AND a.messaging_service <> '') END"
           " ORDER BY c.slug LIMIT 1",
           tenant, sender.id);
  if (!stranded.empty()) {
    const auto slug = stranded.front()[0].as<std::string>();
    throw Error(Errc::conflict, "\"{}\" is the last sender of campaign \"{}\"", address, slug)
        .with_hint(fmt::format("add another sender, or run \"smscrm campaign cancel {}\"", slug));
  }
  exec(tx, "UPDATE sender SET removed_at = $3 WHERE tenant_id = $1 AND id = $2", tenant, sender.id, at);
}

}  // namespace smscrm
