#include "core/sending/record.hpp"

#include <algorithm>
#include <set>

#include "core/consent/consent.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/phone/place.hpp"
#include "core/sending/lock.hpp"
#include "core/sending/receipt.hpp"

namespace smscrm {
namespace {

MessageStatus target(const SendOutcome& result) {
  switch (result.kind) {
    case SendOutcome::Kind::accepted:
      return result.status;
    case SendOutcome::Kind::retry_later:
      return MessageStatus::waiting;
    case SendOutcome::Kind::rejected:
      return result.error_class == ErrorClass::configuration ? MessageStatus::waiting : MessageStatus::failed;
    case SendOutcome::Kind::ambiguous:
      return MessageStatus::unknown;
  }
  return MessageStatus::unknown;
}

struct Rows {
  std::vector<MessageId> ids;
  std::vector<std::string> statuses, sids, errors, currencies, places;
  std::vector<std::optional<int>> codes;
  std::vector<std::optional<std::string>> prices;
  std::vector<int> parts;
};

struct Due {
  std::vector<MessageId> ids;
  std::vector<std::optional<CampaignId>> campaigns;
  std::vector<Timestamp> at;
  std::vector<std::string> tasks;
};

}  // namespace

RecordSummary record_outcomes(Tx& tx, const Lane& lane, const std::vector<Outcome>& outcomes,
                              const std::vector<std::int64_t>& finished, Timestamp at) {
  RecordSummary summary;
  std::vector<const Outcome*> sorted;
  std::set<CampaignId> returning;
  for (const auto& outcome : outcomes) {
    sorted.push_back(&outcome);
    if (outcome.message.campaign && target(outcome.result) == MessageStatus::waiting)
      returning.insert(*outcome.message.campaign);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Outcome* a, const Outcome* b) { return a->message.id < b->message.id; });
  const auto canceled = lock_campaigns(tx, lane.tenant, returning);
  const auto final_status = [&](const Outcome& outcome) {
    const auto status = target(outcome.result);
    const bool end = status == MessageStatus::waiting && outcome.message.campaign &&
                     canceled.count(*outcome.message.campaign) > 0;
    return end ? MessageStatus::canceled : status;
  };
  const auto final_parts = [&](const Outcome& outcome) {
    if (outcome.result.kind == SendOutcome::Kind::accepted)
      return outcome.result.parts.value_or(outcome.message.parts);
    return outcome.result.kind == SendOutcome::Kind::ambiguous ? outcome.message.parts : 0;
  };

  std::vector<MessageId> ids;
  for (const auto* outcome : sorted) ids.push_back(outcome->message.id);
  const auto ours = lock_in_flight(tx, lane, ids);
  Rows rows;
  for (const auto* outcome : sorted) {
    const auto place = ours.find(outcome->message.id);
    if (place == ours.end()) continue;
    const auto& result = outcome->result;
    rows.ids.push_back(outcome->message.id);
    rows.places.push_back(place->second);
    rows.statuses.emplace_back(to_string(final_status(*outcome)));
    rows.sids.push_back(result.provider_id);
    rows.errors.push_back(result.reason);
    rows.codes.push_back(result.error_code);
    rows.prices.push_back(result.price);
    rows.currencies.push_back(result.price ? result.currency : "");
    rows.parts.push_back(final_parts(*outcome));
  }
  if (!rows.ids.empty() &&
      exec(tx,
           "UPDATE message m SET status = u.status::message_status, status_at = $2, provider_sid = u.sid,"
           "       error_code = u.code, error = u.error, price = u.price, currency = u.currency,"
           "       parts = u.parts,"
           "       attempt = m.attempt - CASE WHEN u.status IN ('waiting', 'canceled') THEN 1 ELSE 0 END"
           "  FROM unnest($3::bigint[], $4::text[], $5::text[], $6::int[], $7::text[], $8::numeric[],"
           "              $9::text[], $10::int[], $11::tid[])"
           "          AS u(id, status, sid, code, error, price, currency, parts, place) WHERE " +
               at_place("m", "u"),
           lane.tenant, at, rows.ids, rows.statuses, rows.sids, rows.codes, rows.errors, rows.prices,
           rows.currencies, rows.parts, rows.places)
              .affected_rows() != ours.size())
    throw pqxx::serialization_failure("a message that was locked is elsewhere");

  CounterChanges counters;
  UsageChanges usage;
  Due due;
  Rows events;
  std::vector<ConsentChange> opt_outs;
  std::optional<OptOutScopes> scopes;
  std::vector<Receipt> late;
  const Outcome* misconfigured = nullptr;
  for (const auto* outcome : sorted) {
    const auto& message = outcome->message;
    const auto& result = outcome->result;
    const bool accepted = result.kind == SendOutcome::Kind::accepted;
    if (result.kind == SendOutcome::Kind::rejected && result.error_class == ErrorClass::configuration &&
        (!misconfigured || message.claimed_at >= misconfigured->message.claimed_at))
      misconfigured = outcome;
    if (ours.count(message.id) == 0) {
      // A receipt was quicker, or the lane was taken over: what the provider said still counts.
      if (accepted)
        late.push_back({message.id, result.provider_id, result.status, result.error_code, result.reason, {}});
      continue;
    }
    const auto status = final_status(*outcome);
    usage.add(message.sender, message.claimed_at, final_parts(*outcome) - message.parts);
    counters.move(message.campaign, MessageStatus::in_flight, status, message.sender);
    counters.add_error(message.campaign, status, result.error_code, message.sender);
    if (const auto more = final_parts(*outcome) - message.parts; more != 0 || result.price) {
      const Payer payer{message.sender, std::string{find_country_of_number(message.request.to)}};
      counters.add_parts(message.campaign, more, payer);
      if (result.price)
        counters.add_money(message.campaign, result.currency, std::stod(*result.price), payer);
    }
    if (status == MessageStatus::waiting || status == MessageStatus::unknown) {
      due.ids.push_back(message.id);
      due.campaigns.push_back(message.campaign);
      due.at.push_back(at + outcome->retry_in);
      due.tasks.emplace_back(status == MessageStatus::waiting ? "send" : "resolve");
      ++(status == MessageStatus::waiting ? summary.returned : summary.unknown);
    } else if (status != MessageStatus::canceled || accepted) {
      events.ids.push_back(message.id);
      events.sids.push_back(result.provider_id);
      events.statuses.emplace_back(to_string(status));
      events.codes.push_back(result.error_code);
      events.errors.push_back(result.reason);
      ++(accepted ? summary.accepted : summary.failed);
    }
    if (result.kind == SendOutcome::Kind::rejected && result.error_class == ErrorClass::opt_out) {
      if (!scopes) scopes = read_opt_out_scopes(tx, lane.tenant);
      for (auto& scope : scopes->of_stop(message.request.from, message.request.service))
        opt_outs.push_back({.msisdn = message.request.to,
                            .action = ConsentAction::opt_out,
                            .method = ConsentMethod::provider,
                            .source = fmt::format("error {}", result.error_code.value_or(0)),
                            .occurred_at = at,
                            .message = message.id,
                            .scope = std::move(scope)});
    }
  }
  if (!events.ids.empty())
    exec(tx,
         "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, error_code, detail,"
         " recorded_at) SELECT $1::bigint, u.id, u.sid, u.status::message_status, 'send', u.code, u.error,"
         " $2::timestamptz FROM unnest($3::bigint[], $4::text[], $5::text[], $6::int[], $7::text[])"
         " AS u(id, sid, status, code, error) ON CONFLICT DO NOTHING",
         lane.tenant, at, events.ids, events.sids, events.statuses, events.codes, events.errors);
  record_message_events(tx, lane.tenant, events.ids, at);
  if (!due.ids.empty())
    exec(tx,
         "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
         " SELECT $1::bigint, u.id, u.campaign_id, u.due_at, u.task"
         "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[])"
         "     AS u(id, campaign_id, due_at, task)"
         " ON CONFLICT (tenant_id, message_id) DO UPDATE SET due_at = EXCLUDED.due_at, task = EXCLUDED.task",
         lane.tenant, due.ids, due.campaigns, due.at, due.tasks);
  apply_counters(tx, lane.tenant, sender_slot, counters, at);
  if (!late.empty()) record_receipts(tx, lane.tenant, sender_slot, late, ReceiptSource::receipt, at);
  if (!opt_outs.empty()) record_consent(tx, lane.tenant, opt_outs);
  if (misconfigured && pause_lane(tx, lane.tenant, misconfigured->result.error_code,
                                  misconfigured->result.reason, misconfigured->message.claimed_at, at)) {
    summary.paused = true;
    summary.pause_code = misconfigured->result.error_code;
    summary.pause_reason = misconfigured->result.reason;
  }
  if (!finished.empty())
    exec(tx, "DELETE FROM work_claim WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND epoch = $3",
         lane.tenant, finished, lane.epoch);
  apply_usage(tx, lane.tenant, usage);
  return summary;
}

}  // namespace smscrm
