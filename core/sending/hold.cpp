#include "core/sending/hold.hpp"

#include <algorithm>

#include "core/db/joins.hpp"
#include "core/lane/brake.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/lane/lane.hpp"
#include "core/lane/trouble.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t most = 10'000;  // is enough to know

std::optional<Hold> find_pause(Tx& tx, TenantId tenant) {
  const auto pause = find_lane_pause(tx, tenant);
  if (!pause) return std::nullopt;
  const auto by = find_brake(tx, tenant);
  return Hold{"lane_paused", describe(*pause, by),
              by.empty() ? "mend it, then run \"smscrm account resume\", or set the account again"
                         : "run \"smscrm account resume\"",
              std::nullopt};
}

// Not beside a pause: nobody tries then.
std::optional<Hold> find_trouble_hold(Tx& tx, TenantId tenant) {
  const auto trouble = find_trouble(tx, tenant);
  if (!trouble || find_lane_pause(tx, tenant)) return std::nullopt;
  return Hold{trouble->code, describe(*trouble), way_out(*trouble), trouble->until};
}

// A living daemon keeps its lanes leased and takes a new one within a second or so. It is seen at every third
// of its lease.
std::optional<Hold> find_lack_of_daemon(Tx& tx, TenantId tenant) {
  const auto lanes = exec(tx,
                          "SELECT FROM lane WHERE tenant_id = $1 AND expires_at < now()"
                          "    AND NOT EXISTS (SELECT FROM daemon WHERE seen_at > now() - interval '1 min')",
                          tenant);
  if (lanes.empty()) return std::nullopt;
  return Hold{"no_daemon", "no daemon sends for this account",
              "start smscrmd; if it runs, its log says why it cannot use the database", std::nullopt};
}

Hold hold_of(const FullCap& cap) {
  return {"daily_cap", describe(cap),
          cap.sender ? fmt::format("raise it with \"smscrm sender update {} --daily-cap N\"", cap.address)
                     : "raise it with \"smscrm tenant update --daily-cap N\"",
          cap.until};
}

std::optional<Hold> hold_of_unknown(std::int64_t messages, const std::string& campaign) {
  if (messages == 0) return std::nullopt;
  return Hold{"unknown",
              fmt::format("{} unknown message{} for somebody to say whether {} arrived", messages,
                          messages == 1 ? " waits" : "s wait", messages == 1 ? "it" : "they"),
              fmt::format("see \"smscrm message list --campaign {0} --status unknown\", then run"
                          " \"smscrm message resolve --campaign {0} --as sent|resend|failed\"",
                          campaign),
              std::nullopt};
}

// Undelivered messages that wait for their next attempt.
std::optional<Hold> find_retries(Tx& tx, TenantId tenant, CampaignId campaign, Timestamp at) {
  const auto row =
      exec(tx,
           "SELECT count(*) AS messages, min(due_at) AS next FROM"
           " (SELECT d.due_at FROM work_due d JOIN message m ON m.tenant_id = $1"
           "      AND m.id = d.message_id AND m.retries > 0"
           "   WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.task = 'send' AND d.due_at > $3"
           "     AND d.hold = ''"
           "   " +
               in_index_order("d.due_at", "LIMIT $4") + ") w",
           tenant, campaign, at, most)
          .front();
  const auto messages = row["messages"].as<std::int64_t>();
  if (messages == 0) return std::nullopt;
  return Hold{"retry",
              fmt::format("{}{} undelivered message{} to be tried again", messages == most ? "at least " : "",
                          messages, messages == 1 ? " is" : "s are"),
              "", as_optional<Timestamp>(row["next"])};
}

std::string count_words(std::int64_t messages, const char* one, const char* many) {
  return fmt::format("{}{} message{}", messages == most ? "at least " : "", messages,
                     messages == 1 ? one : many);
}

// Those that their turn found in quiet hours; others of the campaign may leave meanwhile.
std::optional<Hold> find_quiet(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at) {
  const auto row = exec(tx,
                        "SELECT count(*) AS messages, min(due_at) AS next FROM"
                        " (SELECT due_at FROM work_due WHERE tenant_id = $1 AND campaign_id = $2"
                        "     AND task = 'send' AND due_at > $3 AND hold = 'quiet_hours'"
                        "   " +
                            in_index_order("due_at", "LIMIT $4") + ") w",
                        tenant, campaign.id, at, most)
                       .front();
  const auto messages = row["messages"].as<std::int64_t>();
  if (messages == 0) return std::nullopt;
  return Hold{"quiet_hours", count_words(messages, " waits", "s wait") + " for the end of quiet hours", "",
              as_optional<Timestamp>(row["next"])};
}

// What the gate holds for the other reasons, until somebody does something about it.
std::vector<Hold> list_gate_holds(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign) {
  std::vector<Hold> holds;
  for (const auto& row : exec(
           tx,
           "SELECT w.hold, count(*) AS messages,"
           "       coalesce(string_agg(DISTINCT nullif(c.timezone, ''), ', ' ORDER BY nullif(c.timezone, ''))"
           "                  FILTER (WHERE w.hold = 'unknown_zone'), '') AS zones"
           "  FROM (SELECT hold, message_id FROM work_due WHERE tenant_id = $1"
           "           AND ($2::bigint IS NULL OR campaign_id = $2) AND task = 'send'"
           "           AND hold NOT IN ('', 'quiet_hours', 'daily_cap', 'sender') LIMIT $3) w"
           "  LEFT JOIN message m ON m.tenant_id = $1 AND m.id = w.message_id"
           "  LEFT JOIN contact c ON c.tenant_id = $1 AND c.id = m.contact_id"
           " GROUP BY w.hold ORDER BY w.hold",
           tenant, campaign, most)) {
    Hold hold;
    hold.code = row["hold"].as<std::string>();
    hold.message = count_words(row["messages"].as<std::int64_t>(), " waits", "s wait");
    if (hold.code == "unknown_zone") {
      const auto zones = row["zones"].as<std::string>();
      hold.message += zones.empty() ? ": nobody knows the time zones of their numbers"
                                    : ": this machine does not know the time zone " + zones;
      hold.hint =
          "mend it with \"smscrm contact update NUMBER --timezone ZONE\", or bring the time zones (tzdata) of"
          " the daemon's machine up to date";
    } else if (hold.code == "in_review") {
      hold.message += " for somebody to read what may be an opt-out";
      hold.hint = "see \"smscrm inbox review\", then run \"smscrm inbox accept\" or \"smscrm inbox dismiss\"";
    } else if (hold.code == "frequency_cap") {
      hold.message += " until a frequency cap has room";
    } else if (hold.code == "unreadable") {
      hold.message += ": the text cannot be made, see the daemon's log";
    } else {
      hold.message += fmt::format(", held by the gate: {}", hold.code);
    }
    holds.push_back(std::move(hold));
  }
  return holds;
}

// Nothing of it leaves: somebody wrote into the database what a launch would not.
std::optional<Hold> find_unreadable(const Campaign& campaign) try {
  parse_template(campaign.body);
  return std::nullopt;
} catch (const Error& error) {
  return Hold{"unreadable", fmt::format("its text cannot be read: {}", error.what()),
              fmt::format("cancel it with \"smscrm campaign cancel {}\"", campaign.slug), std::nullopt};
}

bool has_any(const std::map<std::string, std::string>& counters,
             std::initializer_list<MessageStatus> statuses) {
  return std::any_of(statuses.begin(), statuses.end(), [&](MessageStatus status) {
    const auto count = counters.find(status_counter(status));
    return count != counters.end() && count->second != "0";
  });
}

}  // namespace

std::vector<Hold> list_holds(Tx& tx, TenantId tenant, Timestamp at) {
  std::vector<Hold> holds;
  if (auto pause = find_pause(tx, tenant)) holds.push_back(*std::move(pause));
  if (auto lack = find_lack_of_daemon(tx, tenant)) holds.push_back(*std::move(lack));
  if (auto trouble = find_trouble_hold(tx, tenant)) holds.push_back(*std::move(trouble));
  for (const auto& cap : list_full_caps(tx, tenant, at)) holds.push_back(hold_of(cap));
  if (auto unknown = hold_of_unknown(count_held(tx, tenant), "NAME")) holds.push_back(*std::move(unknown));
  for (auto& hold : list_gate_holds(tx, tenant, std::nullopt)) holds.push_back(std::move(hold));
  return holds;
}

std::vector<Hold> list_holds(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at) {
  std::vector<Hold> holds;
  if (auto unknown = hold_of_unknown(count_held(tx, tenant, campaign.id), campaign.slug))
    holds.push_back(*std::move(unknown));
  if (campaign.status == CampaignStatus::paused)
    holds.push_back({"campaign_paused", fmt::format("campaign {} is paused", campaign.slug),
                     fmt::format("run \"smscrm campaign resume {}\"", campaign.slug), std::nullopt});
  if (campaign.status != CampaignStatus::running) return holds;
  const auto counters = read_counters(tx, tenant, campaign.id);
  const bool waits = has_any(counters, {MessageStatus::waiting});
  // Also where everything is under way, or its outcome to be asked for.
  if (waits || has_any(counters, {MessageStatus::in_flight, MessageStatus::unknown}))
    if (auto trouble = find_trouble_hold(tx, tenant)) holds.push_back(*std::move(trouble));
  // A daemon also says that it is finished.
  if (auto lack = find_lack_of_daemon(tx, tenant)) holds.push_back(*std::move(lack));
  if (!waits) return holds;
  if (auto pause = find_pause(tx, tenant)) holds.push_back(*std::move(pause));
  for (const auto& cap : list_full_caps(tx, tenant, at)) {
    const bool concerns = !cap.sender || campaign.senders.empty() ||
                          std::count(campaign.senders.begin(), campaign.senders.end(), *cap.sender) > 0;
    if (concerns) holds.push_back(hold_of(cap));
  }
  if (auto unreadable = find_unreadable(campaign)) holds.push_back(*std::move(unreadable));
  for (auto& hold : list_gate_holds(tx, tenant, campaign.id)) holds.push_back(std::move(hold));
  if (auto quiet = find_quiet(tx, tenant, campaign, at)) holds.push_back(*std::move(quiet));
  if (auto retries = find_retries(tx, tenant, campaign.id, at)) holds.push_back(*std::move(retries));
  return holds;
}

}  // namespace smscrm
