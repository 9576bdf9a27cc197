#include "core/inbox/opt_out_review.hpp"

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/db/each_row.hpp"
#include "core/db/joins.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr int business_days = 10;
constexpr int proof_characters = 100;

struct Decided {
  std::string msisdn, body, rule;
  std::optional<CampaignId> campaign;
};

Decided decide(Tx& tx, TenantId tenant, InboundId inbound, const char* decision, Timestamp at) {
  const auto rows = exec(tx,
                         "UPDATE opt_out_review r SET decision = $3, decided_at = $4"
                         "  FROM inbound i WHERE r.tenant_id = $1 AND r.inbound_id = $2 AND r.decision = ''"
                         "   AND i.tenant_id = $1 AND i.id = $2"
                         " RETURNING i.msisdn, i.body, i.rule, i.campaign_id",
                         tenant, inbound, decision, at);
  if (!rows.empty()) {
    const auto row = rows.front();
    recall_held(tx, tenant, {"in_review"}, at, row["msisdn"].as<std::string>());
    return {row["msisdn"].as<std::string>(), row["body"].as<std::string>(), row["rule"].as<std::string>(),
            as_optional<CampaignId>(row["campaign_id"])};
  }
  const auto known = exec(tx, "SELECT decision FROM opt_out_review WHERE tenant_id = $1 AND inbound_id = $2",
                          tenant, inbound);
  if (!known.empty())
    throw Error(Errc::conflict, "inbound text {} was {} already", inbound.value,
                known.front()[0].as<std::string>());
  throw Error(Errc::not_found, "inbound text {} is not up for review", inbound.value)
      .with_hint("\"smscrm inbox review\" lists those that are");
}

}  // namespace

Timestamp review_due(Timestamp received) {
  auto due = received;
  for (int counted = 0; counted < business_days;) {
    due += std::chrono::hours{24};
    const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(due)};
    if (day != std::chrono::Saturday && day != std::chrono::Sunday) ++counted;
  }
  return due;
}

void add_reviews(Tx& tx, TenantId tenant, const std::vector<InboundId>& inbound, Timestamp received) {
  if (inbound.empty()) return;
  exec(tx,
       "INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at)"
       " SELECT $1::bigint, i.id, i.msisdn, $3::timestamptz"
       "   FROM unnest($2::bigint[]) AS u(id) CROSS JOIN LATERAL (SELECT id, msisdn FROM inbound"
       "                                                           WHERE tenant_id = $1 AND " +
           all_with("id", "u.id") + ") i ON CONFLICT DO NOTHING",
       tenant, inbound, review_due(received));
}

Listing<OptOutReview> list_reviews(TenantId tenant, std::optional<InboundId> after) {
  return {
      "SELECT i.id, i.msisdn, i.body, i.rule, i.not_own, coalesce(c.slug, '') AS campaign, i.received_at,"
      "       r.due_at"
      "  FROM (SELECT inbound_id, due_at FROM opt_out_review WHERE tenant_id = $1 AND decision = ''"
      "           AND ($2::bigint IS NULL OR (due_at, inbound_id) >"
      "                   (SELECT due_at, inbound_id FROM opt_out_review"
      "                     WHERE tenant_id = $1 AND inbound_id = $2))"
      "         " +
          in_index_order("due_at") +
          ") r CROSS JOIN LATERAL (SELECT * FROM inbound WHERE tenant_id = $1 AND " +
          all_with("id", "r.inbound_id") +
          ") i"
          "  LEFT JOIN LATERAL (SELECT slug FROM campaign WHERE tenant_id = $1 AND id = i.campaign_id OFFSET "
          "0) c"
          "       ON true",
      "r.due_at, r.inbound_id",
      {to_param(tenant), to_param(after)},
      [](const Row& row) {
        return OptOutReview{row["id"].as<InboundId>(),          row["msisdn"].as<std::string>(),
                            row["body"].as<std::string>(),      row["rule"].as<std::string>(),
                            row["not_own"].as<std::string>(),   row["campaign"].as<std::string>(),
                            row["received_at"].as<Timestamp>(), row["due_at"].as<Timestamp>()};
      }};
}

void accept_review(Tx& tx, TenantId tenant, InboundId inbound, Timestamp at) {
  const auto text = decide(tx, tenant, inbound, "accepted", at);
  record_consent(tx, tenant,
                 {{.msisdn = text.msisdn,
                   .action = ConsentAction::opt_out,
                   .method = ConsentMethod::text,
                   .source = opt_out_proof(text.rule, text.body),
                   .occurred_at = at,
                   .inbound = inbound}});
  const auto before =
      exec(tx,
           "UPDATE inbound i SET keyword = 'stop' FROM (SELECT keyword FROM inbound WHERE tenant_id = $1"
           "   AND id = $2) o WHERE i.tenant_id = $1 AND i.id = $2 RETURNING o.keyword",
           tenant, inbound)
          .front()[0]
          .as<std::string>();
  CounterChanges counters;
  counters.add(text.campaign, received_counter(before.empty() ? "other" : before), -1);
  counters.add(text.campaign, received_counter("stop"), 1);
  if (text.campaign) counters.add(text.campaign, opt_outs_counter, 1);
  apply_counters(tx, tenant, launch_slot, counters, at);
}

void dismiss_review(Tx& tx, TenantId tenant, InboundId inbound, Timestamp at) {
  decide(tx, tenant, inbound, "dismissed", at);
}

bool is_held_for_review(Tx& tx, TenantId tenant, const std::string& msisdn) {
  return !exec(tx,
               "SELECT FROM (SELECT decision FROM opt_out_review WHERE tenant_id = $1 AND " +
                   all_with("msisdn", "$2") +
                   ") r JOIN tenant t ON t.id = $1 AND t.hold_reviews WHERE r.decision = '' LIMIT 1",
               tenant, msisdn)
              .empty();
}

ReviewLoad count_reviews(Tx& tx) {
  const auto row = exec(tx, "SELECT count(*) AS n, " + within_calendar("min(due_at)") +
                                " AS due FROM opt_out_review WHERE decision = ''")
                       .front();
  return {row["n"].as<std::int64_t>(), as_optional<Timestamp>(row["due"])};
}

std::string opt_out_proof(const std::string& rule, const std::string& body) {
  std::size_t end = 0;
  for (int count = 0; count < proof_characters && end < body.size(); ++count) next_code_point(body, end);
  return rule + ": " + body.substr(0, end);
}

}  // namespace smscrm
