#include "core/lane/daily_cap.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/consent/opt_out_scope.hpp"

namespace smscrm {
namespace {

constexpr SenderId whole_tenant{0};

}  // namespace

std::optional<std::int64_t> parse_daily_cap(std::string_view text) {
  if (text == "off") return std::nullopt;
  const auto parts = parse_integer(text);
  if (!parts || *parts < 1)
    throw Error(Errc::invalid, "\"{}\" is not a daily cap; write parts a day, such as 2000, or off", text);
  return parts;
}

void UsageChanges::add(std::optional<SenderId> sender, Timestamp claimed_at, std::int64_t parts) {
  if (parts == 0) return;
  changes_[{whole_tenant, claimed_at}] += parts;
  if (sender) changes_[{*sender, claimed_at}] += parts;
}

void apply_usage(Tx& tx, TenantId tenant, const UsageChanges& changes) {
  std::vector<SenderId> senders;
  std::vector<Timestamp> at;
  std::vector<std::int64_t> parts;
  for (const auto& [key, amount] : changes.changes_) {
    senders.push_back(key.first);
    at.push_back(key.second);
    parts.push_back(amount);
  }
  if (parts.empty()) return;
  exec(tx,
       "WITH change AS ("
       " SELECT u.sender_id, local_day(u.at, t.timezone) AS day, sum(u.parts) AS parts"
       "   FROM tenant t, unnest($2::bigint[], $3::timestamptz[], $4::bigint[]) AS u(sender_id, at, parts)"
       "  WHERE t.id = $1 GROUP BY 1, 2),"
       " known AS (UPDATE daily_usage d SET parts = greatest(0, d.parts + c.parts), full_at = NULL"
       "   FROM change c WHERE d.tenant_id = $1 AND d.sender_id = c.sender_id AND d.day = c.day"
       " RETURNING d.sender_id, d.day)"
       " INSERT INTO daily_usage AS d (tenant_id, sender_id, day, parts)"
       " SELECT $1::bigint, sender_id, day, greatest(0, parts) FROM change"
       "  WHERE (sender_id, day) NOT IN (SELECT sender_id, day FROM known) ORDER BY sender_id, day"
       " ON CONFLICT (tenant_id, sender_id, day) DO UPDATE SET parts = d.parts + EXCLUDED.parts",
       tenant, senders, at, parts);
}

CapRoom read_cap_room(Tx& tx, const Tenant& tenant, const std::vector<Sender>& senders, Timestamp at) {
  CapRoom room;
  const bool capped = tenant.daily_cap || std::any_of(senders.begin(), senders.end(),
                                                      [](const Sender& s) { return s.daily_cap; });
  if (!capped) return room;
  room.tenant = tenant.daily_cap.value_or(CapRoom::any);
  for (const auto& sender : senders)
    if (sender.daily_cap) room.senders[sender.id] = *sender.daily_cap;
  for (const auto& row : exec(tx,
                              "SELECT day_start(d.day + 1, $3) AS day_end, u.sender_id, u.parts,"
                              "       u.full_at IS NOT NULL AS is_full"
                              "  FROM (SELECT local_day($2, $3) AS day) d"
                              "  LEFT JOIN daily_usage u ON u.tenant_id = $1 AND u.day = d.day",
                              tenant.id, at, tenant.timezone)) {
    room.day_end = row["day_end"].as<Timestamp>();
    const auto sender = as_optional<SenderId>(row["sender_id"]);
    if (!sender) continue;
    const auto used = row["parts"].as<std::int64_t>();
    if (*sender == whole_tenant) {
      if (tenant.daily_cap) room.tenant = std::max<std::int64_t>(0, room.tenant - used);
    } else if (const auto capped_sender = room.senders.find(*sender); capped_sender != room.senders.end()) {
      capped_sender->second = std::max<std::int64_t>(0, capped_sender->second - used);
    }
    if (row["is_full"].as<bool>()) room.full.insert(*sender);
  }
  return room;
}

std::int64_t cap_room_of(const CapRoom& room, const std::vector<Sender>& senders,
                         const std::vector<SenderId>& chosen, const std::vector<std::string>& opted_out_of) {
  std::optional<std::int64_t> most;
  for (const auto& sender : senders) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), sender.id) == chosen.end()) continue;
    const auto covering = covering_scopes(sender.address, sender.pool);
    const bool covered = std::find_first_of(covering.begin(), covering.end(), opted_out_of.begin(),
                                            opted_out_of.end()) != covering.end();
    if (!covered) most = std::max<std::int64_t>(most.value_or(0), room.of(sender.id));
  }
  return std::min(room.tenant, most.value_or(CapRoom::any));
}

void mark_full(Tx& tx, const Tenant& tenant, const std::set<SenderId>& full, Timestamp at) {
  exec(tx,
       "INSERT INTO daily_usage AS d (tenant_id, sender_id, day, parts, full_at)"
       " SELECT $1::bigint, sender_id, local_day($3, $4), 0, $3::timestamptz"
       "   FROM unnest($2::bigint[]) AS u(sender_id) ORDER BY sender_id"
       " ON CONFLICT (tenant_id, sender_id, day) DO UPDATE SET full_at = coalesce(d.full_at, "
       "EXCLUDED.full_at)",
       tenant.id, std::vector<SenderId>(full.begin(), full.end()), at, tenant.timezone);
}

std::vector<FullCap> list_full_caps(Tx& tx, TenantId tenant, Timestamp at) {
  std::vector<FullCap> full;
  for (const auto& row : exec(tx,
                              "SELECT u.sender_id, coalesce(s.address, '') AS address, u.parts,"
                              "       CASE WHEN u.sender_id = 0 THEN t.daily_cap ELSE s.daily_cap END AS cap,"
                              "       day_start(u.day + 1, t.timezone) AS until"
                              "  FROM tenant t JOIN daily_usage u ON u.tenant_id = $1"
                              "       AND u.day = local_day($2, t.timezone)"
                              "  LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = u.sender_id"
                              " WHERE t.id = $1 AND u.full_at IS NOT NULL ORDER BY u.sender_id <> 0, address",
                              tenant, at)) {
    const auto sender = row["sender_id"].as<SenderId>();
    const auto cap = as_optional<std::int64_t>(row["cap"]);
    if (!cap) continue;  // taken away since
    full.push_back({sender == whole_tenant ? std::nullopt : std::optional{sender},
                    row["address"].as<std::string>(), *cap, row["parts"].as<std::int64_t>(),
                    row["until"].as<Timestamp>()});
  }
  return full;
}

std::string describe(const FullCap& cap) {
  return fmt::format("the daily cap of {} is reached: {} of {} parts",
                     cap.sender ? "sender " + cap.address : "the tenant", cap.used, cap.cap);
}

}  // namespace smscrm
