#include "core/sending/claim_write.hpp"

#include <algorithm>
#include <set>

#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/phone/place.hpp"
#include "core/sending/claimed_range.hpp"

namespace smscrm {
namespace {

// Of a message that ends here, by an attempt before.
struct Cause {
  std::optional<SenderId> sender;
  std::optional<int> error_code;
};

// One that was written to meanwhile and waits all the same would be nobody's: the claim is made again.
void expect_none_waiting(Tx& tx, TenantId tenant, const std::vector<MessageId>& ids,
                         const std::unordered_map<MessageId, Cause>& changed) {
  for (const auto& row : exec(tx,
                              fmt::format("SELECT m.id FROM {} m WHERE {}", look_up("message"),
                                          as_filter("m.status = 'waiting'")),
                              tenant, ids))
    if (changed.count(row[0].as<MessageId>()) == 0)
      throw pqxx::serialization_failure("a message was written to while it was claimed");
}

}  // namespace

void write_claim(Tx& tx, const Lane& lane, Claim& claim, const std::vector<ClaimChange>& changes,
                 const MessagePlaces& places, const WorkByCampaign& work, Timestamp at) {
  std::vector<MessageId> ids;
  std::vector<std::string> statuses, reasons, of_ids;
  std::vector<std::string_view> held_by;
  const auto held_by_of = [&](std::optional<CampaignId> campaign, MessageId id) -> std::string_view {
    const auto& held = work.at(campaign).held_by;
    const auto found = held.find(id);
    return found == held.end() ? std::string_view{} : found->second;
  };
  std::vector<std::optional<std::string>> bodies;
  std::vector<std::optional<SenderId>> senders;
  std::vector<int> parts;
  for (const auto& change : changes) {
    ids.push_back(change.id);
    statuses.emplace_back(to_string(change.status));
    reasons.push_back(change.reason);
    held_by.push_back(change.held_by.empty() ? held_by_of(change.campaign, change.id) : change.held_by);
    bodies.emplace_back();
    senders.emplace_back();
    parts.push_back(0);
  }
  for (const auto& message : claim.messages) {
    ids.push_back(message.id);
    statuses.emplace_back("in_flight");
    reasons.emplace_back();
    held_by.push_back(held_by_of(message.campaign, message.id));
    bodies.emplace_back(message.request.body);
    senders.push_back(message.sender);
    parts.push_back(message.parts);
  }
  if (ids.empty()) return;
  for (const auto id : ids) of_ids.push_back(places.at(id));
  // A cancel or a receipt may have come between: those messages are not ours any more.
  std::unordered_map<MessageId, Cause> changed;
  for (const auto& row :
       exec(tx,
            "UPDATE message m SET status = u.status::message_status, status_at = $2, skip_reason = u.reason,"
            "       body = coalesce(u.body, m.body), sender_id = coalesce(u.sender_id, m.sender_id), parts = "
            "u.parts,"
            "       error = CASE WHEN u.status IN ('undelivered', 'failed') THEN m.error ELSE '' END,"
            "       error_code = CASE WHEN u.status IN ('undelivered', 'failed') THEN m.error_code END,"
            "       attempt = m.attempt + CASE WHEN u.body IS NULL THEN 0 ELSE 1 END,"
            "       held_by = coalesce(nullif(u.held_by, ''), m.held_by),"
            "       epoch = CASE WHEN u.body IS NULL THEN m.epoch ELSE $3 END,"
            "       claimed_at = CASE WHEN u.body IS NULL THEN m.claimed_at ELSE $2 END"
            "  FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::int[],"
            "              $10::text[], $11::tid[])"
            "          AS u(id, status, reason, body, sender_id, parts, held_by, place) WHERE " +
                at_place("m", "u") + " AND " + as_filter("m.status = 'waiting'") +
                " RETURNING m.id, m.sender_id, m.error_code",
            lane.tenant, at, lane.epoch, ids, statuses, reasons, bodies, senders, parts, held_by, of_ids))
    changed.emplace(row["id"].as<MessageId>(),
                    Cause{as_optional<SenderId>(row["sender_id"]), as_optional<int>(row["error_code"])});
  if (changed.size() < ids.size()) expect_none_waiting(tx, lane.tenant, ids, changed);
  auto& messages = claim.messages;
  messages.erase(
      std::remove_if(messages.begin(), messages.end(),
                     [&](const ClaimedMessage& message) { return changed.count(message.id) == 0; }),
      messages.end());

  CounterChanges counters;
  std::vector<MessageId> in_flight, ended;
  std::set<CampaignId> begun;
  for (const auto& message : messages) {
    in_flight.push_back(message.id);
    counters.move(message.campaign, MessageStatus::waiting, MessageStatus::in_flight, message.sender);
    counters.add_parts(message.campaign, message.parts,
                       {message.sender, std::string{find_country_of_number(message.request.to)}});
    if (message.campaign && work.at(message.campaign).fresh) begun.insert(*message.campaign);
  }
  for (const auto& change : changes) {
    const auto cause = changed.find(change.id);
    if (cause == changed.end()) continue;
    ended.push_back(change.id);
    if (change.status == MessageStatus::skipped) {
      counters.add_status(change.campaign, MessageStatus::waiting, -1);
      counters.add(change.campaign, skipped_counter(change.reason), 1);
    } else {
      const auto& [sender, error_code] = cause->second;
      counters.move(change.campaign, MessageStatus::waiting, change.status, sender);
      counters.add_error(change.campaign, change.status, error_code, sender);
    }
  }
  apply_counters(tx, lane.tenant, sender_slot, counters, at);
  record_message_events(tx, lane.tenant, ended, at);
  if (!begun.empty())
    exec(tx,
         "UPDATE campaign SET started_at = $3 WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND started_at "
         "IS NULL",
         lane.tenant, std::vector<CampaignId>(begun.begin(), begun.end()), at);
  if (in_flight.empty()) return;
  claim.id = record_claim(tx, lane, in_flight, at);
}

}  // namespace smscrm
