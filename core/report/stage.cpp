#include "core/report/stage.hpp"

#include <vector>

#include "core/base/text.hpp"
#include "core/sending/reconcile.hpp"

namespace smscrm {
namespace {

// What waits by itself for more than its turn: later attempts and verdicts. Both have their rows in work_due.
ToCome count_to_come(Tx& tx, TenantId tenant, const Campaign& campaign, const CampaignReport& report,
                     Timestamp at) {
  ToCome to_come;
  to_come.receipts = report.receipts_outstanding();
  if (report.waiting == 0 && report.unknown == 0) return to_come;
  const auto row =
      exec(tx,
           "SELECT count(*) FILTER (WHERE d.task = 'send' AND d.hold <> 'in_review') AS retries,"
           "       count(*) FILTER (WHERE d.task = 'hold' OR d.hold = 'in_review') AS verdicts"
           "  FROM (SELECT message_id, due_at, task, hold FROM work_due WHERE tenant_id = $1"
           "           AND campaign_id = $2 AND task = 'send' AND (due_at > $3 OR hold = 'in_review')"
           "        UNION ALL SELECT message_id, due_at, task, hold FROM work_due WHERE tenant_id = $1"
           "           AND campaign_id = $2 AND task = 'hold') d"
           "  JOIN message m ON m.tenant_id = $1 AND m.id = d.message_id"
           "   AND (m.retries > 0 OR d.task = 'hold' OR d.hold = 'in_review')",
           tenant, campaign.id, at)
          .front();
  to_come.retries = row["retries"].as<std::int64_t>();
  to_come.verdicts = row["verdicts"].as<std::int64_t>();
  return to_come;
}

bool has_chunks(Tx& tx, TenantId tenant, CampaignId campaign) {
  return !exec(tx, "SELECT FROM work_chunk WHERE tenant_id = $1 AND campaign_id = $2 LIMIT 1", tenant,
               campaign)
              .empty();
}

Stage stage_of_end(const Campaign& campaign, const CampaignReport& report,
                   std::chrono::milliseconds receipt_overdue, Timestamp at) {
  if (report.in_flight + report.unknown > 0) return Stage::sent;
  const bool asked_no_more =
      campaign.finished_at && at - *campaign.finished_at > sweep_ages.back() * receipt_overdue;
  return report.receipts_outstanding() == 0 || asked_no_more ? Stage::settled : Stage::sent;
}

}  // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::draft:
      return "draft";
    case Stage::sending:
      return "sending";
    case Stage::sent:
      return "sent";
    case Stage::settled:
      return "settled";
  }
  return "";
}

Standing read_standing(Tx& tx, TenantId tenant, const Campaign& campaign, const CampaignReport& report,
                       std::chrono::milliseconds receipt_overdue, Timestamp at) {
  Standing standing;
  if (!campaign.is_launched() && campaign.status == CampaignStatus::draft) return standing;
  if (campaign.status == CampaignStatus::finished || campaign.status == CampaignStatus::canceled) {
    standing.stage = stage_of_end(campaign, report, receipt_overdue, at);
    standing.to_come.receipts = report.receipts_outstanding();
    return standing;
  }
  standing.stage = Stage::sending;
  // Beside chunks nobody is interested in what else waits, and there may be much of it.
  if (report.waiting > 0 && has_chunks(tx, tenant, campaign.id)) {
    standing.to_come.receipts = report.receipts_outstanding();
    return standing;
  }
  standing.to_come = count_to_come(tx, tenant, campaign, report, at);
  const auto open = report.waiting + report.in_flight + report.unknown;
  // With nothing open the daemon says in a moment that it is finished, unless it is paused.
  if (open == standing.to_come.retries + standing.to_come.verdicts &&
      (open > 0 || campaign.status == CampaignStatus::paused))
    standing.stage = Stage::sent;
  return standing;
}

std::string describe(const ToCome& to_come) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, const char* one, const char* many) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
  };
  add(to_come.retries, "message is to be tried again", "messages are to be tried again");
  add(to_come.verdicts, "message waits for somebody's word", "messages wait for somebody's word");
  add(to_come.receipts, "receipt is still to come", "receipts are still to come");
  return join(parts, ", ");
}

}  // namespace smscrm
