#include "core/campaign/campaign.hpp"

#include <array>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/campaign/end_schedule.hpp"
#include "core/db/each_row.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/fence/fence.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/segment/segment.hpp"

namespace smscrm {
namespace {

constexpr std::array<std::string_view, 5> status_words{"draft", "running", "paused", "finished", "canceled"};
constexpr std::array<std::string_view, 2> kind_words{"marketing", "transactional"};

template <class Enum, std::size_t n>
Enum parse_word(const std::array<std::string_view, n>& words, std::string_view word, std::string_view noun) {
  for (std::size_t i = 0; i < n; ++i)
    if (words[i] == word) return static_cast<Enum>(i);
  throw Error(Errc::invalid, "\"{}\" is not a {}; it is one of {}", word, noun, fmt::join(words, ", "));
}

// $1 is the tenant.
constexpr const char* select_campaigns =
    "SELECT c.id, c.slug, c.kind, c.status, c.template_id, t.slug AS template_slug, c.audience, c.body, "
    "c.rate,"
    " extract(epoch FROM c.expires_after)::bigint AS expires_after,"
    " extract(epoch FROM c.links_expire_after)::bigint AS links_expire_after, c.created_at,"
    " coalesce(c.launch_key, '') AS launch_key, coalesce(c.launch_id::text, '') AS launch_id, c.plan_hash,"
    " coalesce(c.audience_size, 0) AS audience_size, coalesce(c.first_message, 0) AS first_message,"
    " coalesce(c.last_message, 0) AS last_message, c.launched_at, c.expires_at,"
    " c.launched_at + c.links_expire_after AS links_expire_at, c.started_at, c.finished_at, c.audience_rule,"
    " p.due_at AS scheduled_at,"
    " s.ids AS sender_ids, s.addresses AS sender_addresses"
    " FROM campaign c JOIN template t ON t.tenant_id = $1 AND t.id = c.template_id"
    " LEFT JOIN schedule p ON p.tenant_id = $1 AND p.campaign_id = c.id AND p.status = 'planned'"
    " LEFT JOIN (SELECT cs.campaign_id, array_agg(cs.sender_id ORDER BY cs.sender_id) AS ids,"
    "                   array_agg(s.address ORDER BY cs.sender_id) AS addresses"
    "              FROM campaign_sender cs JOIN sender s ON s.tenant_id = $1 AND s.id = cs.sender_id"
    "             WHERE cs.tenant_id = $1 GROUP BY cs.campaign_id) s ON s.campaign_id = c.id"
    " WHERE c.tenant_id = $1 ";

template <class Field>
std::optional<std::chrono::seconds> read_seconds(const Field& field) {
  const auto seconds = as_optional<std::int64_t>(field);
  return seconds ? std::optional{std::chrono::seconds{*seconds}} : std::nullopt;
}

Campaign read(const Row& row) {
  Campaign campaign;
  campaign.id = row["id"].as<CampaignId>();
  campaign.slug = row["slug"].as<std::string>();
  campaign.kind = parse_campaign_kind(row["kind"].as<std::string>());
  campaign.status = parse_campaign_status(row["status"].as<std::string>());
  campaign.body_template = row["template_id"].as<TemplateId>();
  campaign.template_slug = row["template_slug"].as<std::string>();
  campaign.audience = parse_audience(row["audience"].as<std::string>());
  campaign.audience_rule = row["audience_rule"].as<std::string>();
  campaign.body = row["body"].as<std::string>();
  campaign.rate = as_optional<double>(row["rate"]);
  campaign.expires_after = read_seconds(row["expires_after"]);
  campaign.links_expire_after = read_seconds(row["links_expire_after"]);
  campaign.created_at = row["created_at"].as<Timestamp>();
  campaign.launch_key = row["launch_key"].as<std::string>();
  campaign.launch_id = row["launch_id"].as<std::string>();
  campaign.plan_hash = row["plan_hash"].as<std::string>();
  campaign.size = row["audience_size"].as<std::int64_t>();
  campaign.first_message = row["first_message"].as<MessageId>();
  campaign.last_message = row["last_message"].as<MessageId>();
  campaign.scheduled_at = as_optional<Timestamp>(row["scheduled_at"]);
  campaign.launched_at = as_optional<Timestamp>(row["launched_at"]);
  campaign.expires_at = as_optional<Timestamp>(row["expires_at"]);
  campaign.links_expire_at = as_optional<Timestamp>(row["links_expire_at"]);
  campaign.started_at = as_optional<Timestamp>(row["started_at"]);
  campaign.finished_at = as_optional<Timestamp>(row["finished_at"]);
  for (const auto& id : read_array(row["sender_ids"])) campaign.senders.push_back({*parse_integer(id)});
  campaign.sender_addresses = read_array(row["sender_addresses"]);
  return campaign;
}

void check(Tx& tx, TenantId tenant, const NewCampaign& campaign) {
  check_slug(campaign.slug, "campaign");
  compile_audience(tx, get_tenant(tx, fmt::format("{}", tenant.value)), campaign.audience, now());
  if (campaign.rate) check_rate(*campaign.rate, "a campaign's rate");
  const auto is_length = [](const std::optional<std::chrono::seconds>& after) {
    return !after || (after->count() > 0 && *after <= longest_duration);
  };
  if (!is_length(campaign.expires_after))
    throw Error(Errc::invalid, "a campaign expires some time after its launch, such as 6h, at most 3650d");
  if (!is_length(campaign.links_expire_after))
    throw Error(Errc::invalid,
                "a campaign's links expire some time after its launch, such as 30d, at most 3650d");
}

std::optional<std::int64_t> count_seconds(const std::optional<std::chrono::seconds>& length) {
  return length ? std::optional{length->count()} : std::nullopt;
}

bool differs_in_name_alone(const NewCampaign& one, const NewCampaign& other) {
  return one.kind == other.kind && one.body_template == other.body_template &&
         one.audience == other.audience && one.senders == other.senders && one.rate == other.rate &&
         one.expires_after == other.expires_after && one.links_expire_after == other.links_expire_after;
}

void set_senders(Tx& tx, TenantId tenant, CampaignId id, const std::vector<SenderId>& senders) {
  exec(tx, "DELETE FROM campaign_sender WHERE tenant_id = $1 AND campaign_id = $2", tenant, id);
  exec(tx,
       "INSERT INTO campaign_sender (tenant_id, campaign_id, sender_id)"
       " SELECT DISTINCT $1::bigint, $2::bigint, sender_id FROM unnest($3::bigint[]) AS u(sender_id)",
       tenant, id, senders);
}

// Of one that was launched: to paused, or back to running.
void set_status(Tx& tx, TenantId tenant, CampaignId id, CampaignStatus status, Timestamp at) {
  exec(tx, "UPDATE campaign SET status = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2", tenant, id,
       to_string(status), at);
  record_campaign_event(
      tx, tenant, id, status == CampaignStatus::paused ? CampaignEvent::paused : CampaignEvent::resumed, at);
}

// Messages that wait for another attempt have their outcome again, and tell it.
void restore_undelivered(Tx& tx, TenantId tenant, CampaignId campaign, CounterChanges& changes,
                         Timestamp at) {
  std::vector<MessageId> messages;
  for (const auto& row :
       exec(tx,
            "WITH ended AS ("
            " SELECT DISTINCT ON (a.message_id) a.message_id, a.status FROM work_due d JOIN message_attempt a"
            "     ON a.tenant_id = $1 AND a.message_id = d.message_id AND a.status <> 'unknown'"
            "  WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.task = 'send'"
            "  ORDER BY a.message_id, a.attempt DESC)"
            "  UPDATE message m SET status = e.status, status_at = $3 FROM ended e"
            "   WHERE m.tenant_id = $1 AND m.id = e.message_id AND m.status = 'waiting'"
            " RETURNING m.id, m.status, m.sender_id, m.error_code",
            tenant, campaign, at)) {
    const auto status = parse_message_status(row["status"].as<std::string>());
    const auto sender = as_optional<SenderId>(row["sender_id"]);
    changes.move(campaign, MessageStatus::waiting, status, sender);
    changes.add_error(campaign, status, as_optional<int>(row["error_code"]), sender);
    messages.push_back(row["id"].as<MessageId>());
  }
  record_message_events(tx, tenant, messages, at);
}

// Whether it was finished now.
bool finish_campaign(Tx& tx, const Row& candidate, Timestamp at) {
  const auto tenant = candidate["tenant_id"].as<TenantId>();
  const auto campaign = candidate["id"].as<CampaignId>();
  // Whoever sends a message back holds the campaign until it commits: the rows are looked at after that.
  exec(tx, "SELECT 1 FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, campaign);
  const auto changed =
      exec(tx,
           "UPDATE campaign SET status = 'finished', finished_at = $5, updated_at = $5"
           " WHERE tenant_id = $1 AND id = $2 AND status = 'running' AND NOT EXISTS"
           " (SELECT 1 FROM message WHERE tenant_id = $1 AND campaign_id = $2 AND id BETWEEN $3 AND $4"
           "     AND status IN ('waiting', 'in_flight', 'unknown'))",
           tenant, campaign, candidate["first_message"].as<MessageId>(),
           candidate["last_message"].as<MessageId>(), at)
          .affected_rows();
  if (changed > 0) record_campaign_event(tx, tenant, campaign, CampaignEvent::finished, at);
  return changed > 0;
}

}  // namespace

std::string_view to_string(CampaignStatus status) { return status_words[static_cast<std::size_t>(status)]; }
std::string_view to_string(CampaignKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }

CampaignStatus parse_campaign_status(std::string_view word) {
  return parse_word<CampaignStatus>(status_words, word, "campaign status");
}

CampaignKind parse_campaign_kind(std::string_view word) {
  return parse_word<CampaignKind>(kind_words, word, "campaign kind");
}

Campaign add_campaign(Tx& tx, TenantId tenant, const NewCampaign& added) {
  check(tx, tenant, added);
  const auto rows =
      exec(tx,
           "INSERT INTO campaign (tenant_id, slug, kind, template_id, audience, rate, expires_after,"
           " links_expire_after) VALUES ($1, $2, $3, $4, $5, $6, $7::bigint * interval '1 second',"
           " $8::bigint * interval '1 second')"
           " ON CONFLICT (tenant_id, slug) DO NOTHING RETURNING id",
           tenant, added.slug, to_string(added.kind), added.body_template, format_audience(added.audience),
           added.rate, count_seconds(added.expires_after), count_seconds(added.links_expire_after));
  if (rows.empty()) throw Error(Errc::conflict, "there is a campaign \"{}\" already", added.slug);
  set_senders(tx, tenant, rows.front()[0].as<CampaignId>(), added.senders);
  return get_campaign(tx, tenant, added.slug);
}

std::optional<Campaign> find_campaign(Tx& tx, TenantId tenant, std::string_view name) {
  const auto rows =
      exec(tx, fmt::format("{} AND c.{} = $2", select_campaigns, looks_like_id(name) ? "id" : "slug"), tenant,
           name);
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Campaign get_campaign(Tx& tx, TenantId tenant, std::string_view name) {
  if (auto campaign = find_campaign(tx, tenant, name)) return *std::move(campaign);
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx, "SELECT slug FROM campaign WHERE tenant_id = $1", tenant))
    slugs.push_back(row[0].as<std::string>());
  Error error(Errc::not_found, "there is no campaign \"{}\"", name);
  if (const auto near = nearest(name, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm campaign list\" names them all");
}

Campaign lock_campaign(Tx& tx, TenantId tenant, CampaignId id) {
  exec(tx, "SELECT 1 FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, id);
  return get_campaign(tx, tenant, fmt::format("{}", id.value));
}

std::vector<Campaign> list_campaigns(Tx& tx, TenantId tenant, std::optional<CampaignStatus> status) {
  std::vector<Campaign> campaigns;
  const auto word = status ? std::optional{std::string{to_string(*status)}} : std::nullopt;
  for (const auto& row : exec(
           tx, fmt::format("{} AND ($2::text IS NULL OR c.status = $2) ORDER BY c.id DESC", select_campaigns),
           tenant, word))
    campaigns.push_back(read(row));
  return campaigns;
}

void update_campaign(Tx& tx, TenantId tenant, const Campaign& changed, Timestamp at) {
  const auto current = lock_campaign(tx, tenant, changed.id);
  const bool is_draft = current.status == CampaignStatus::draft;
  // Under whichever name it goes, its text and its people stay.
  if (!is_draft && !differs_in_name_alone(current, changed))
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a draft can be changed", current.slug,
                to_string(current.status))
        .with_hint("another name it may have at any time: --slug");
  if (is_draft)
    check(tx, tenant, changed);
  else
    check_slug(changed.slug, "campaign");
  if (changed.slug != current.slug) check_not_in_rules(tx, tenant, NamedInRules::campaign, current.slug);
  if (const auto other = find_campaign(tx, tenant, changed.slug); other && other->id != changed.id)
    throw Error(Errc::conflict, "there is a campaign \"{}\" already", changed.slug);
  if (!is_draft) {
    exec(tx, "UPDATE campaign SET slug = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2", tenant,
         changed.id, changed.slug, at);
    return;
  }
  exec(tx,
       "UPDATE campaign SET slug = $3, kind = $4, template_id = $5, audience = $6, rate = $7,"
       " expires_after = $8::bigint * interval '1 second',"
       " links_expire_after = $9::bigint * interval '1 second', updated_at = $10"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, changed.id, changed.slug, to_string(changed.kind), changed.body_template,
       format_audience(changed.audience), changed.rate, count_seconds(changed.expires_after),
       count_seconds(changed.links_expire_after), at);
  set_senders(tx, tenant, changed.id, changed.senders);
}

void delete_campaign(Tx& tx, TenantId tenant, CampaignId id) {
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.is_launched())
    throw Error(Errc::conflict, "campaign \"{}\" was launched; its messages are kept", campaign.slug);
  check_not_in_rules(tx, tenant, NamedInRules::campaign, campaign.slug);
  exec(tx, "DELETE FROM campaign WHERE tenant_id = $1 AND id = $2", tenant, id);
}

void pause_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.status == CampaignStatus::paused) return;
  if (campaign.status != CampaignStatus::running)
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a running one can be paused", campaign.slug,
                to_string(campaign.status));
  set_status(tx, tenant, id, CampaignStatus::paused, at);
}

void resume_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.status == CampaignStatus::running) return;
  require_unfenced(tx);
  if (campaign.status != CampaignStatus::paused)
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a paused one can be resumed", campaign.slug,
                to_string(campaign.status));
  set_status(tx, tenant, id, CampaignStatus::running, at);
}

std::int64_t cancel_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.status == CampaignStatus::canceled) return 0;
  if (campaign.status == CampaignStatus::finished)
    throw Error(Errc::conflict, "campaign \"{}\" is finished; there is nothing to cancel", campaign.slug);
  exec(tx,
       "UPDATE campaign SET status = 'canceled', finished_at = $3, updated_at = $3"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, at);
  end_schedule(tx, tenant, id, "the campaign was canceled", at);
  exec(tx, "DELETE FROM work_chunk WHERE tenant_id = $1 AND campaign_id = $2", tenant, id);
  CounterChanges changes;
  restore_undelivered(tx, tenant, id, changes, at);
  exec(tx, "DELETE FROM work_due WHERE tenant_id = $1 AND campaign_id = $2 AND task = 'send'", tenant, id);
  const auto canceled = static_cast<std::int64_t>(
      exec(tx,
           "UPDATE message SET status = 'canceled', status_at = $5"
           " WHERE tenant_id = $1 AND campaign_id = $2 AND id BETWEEN $3 AND $4 AND status = 'waiting'",
           tenant, id, campaign.first_message, campaign.last_message, at)
          .affected_rows());
  changes.move(id, MessageStatus::waiting, MessageStatus::canceled, std::nullopt, canceled);
  apply_counters(tx, tenant, launch_slot, changes, at);
  record_campaign_event(tx, tenant, id, CampaignEvent::canceled, at);
  return canceled;
}

int finish_campaigns(Tx& tx, Timestamp at) {
  // The counters say which campaigns are worth a look at their rows; the rows decide.
  const auto candidates =
      exec(tx,
           "SELECT c.tenant_id, c.id, c.first_message, c.last_message FROM campaign c"
           " WHERE c.status = 'running'"
           "   AND (SELECT true FROM work_chunk WHERE tenant_id = c.tenant_id AND " +
               one_with("campaign_id", "c.id") +
               ") IS NULL"
               "   AND (SELECT coalesce(sum(k.value), 0) FROM campaign_counter k"
               "         WHERE k.tenant_id = c.tenant_id AND k.campaign_id = c.id"
               "           AND k.counter IN ('status:waiting', 'status:in_flight', 'status:unknown')) = 0"
               " ORDER BY c.tenant_id, c.id");
  int finished = 0;
  read_each_row(candidates, "campaign",
                [&](const Row& row) { in_savepoint(tx, [&] { finished += finish_campaign(tx, row, at); }); });
  return finished;
}

}  // namespace smscrm
