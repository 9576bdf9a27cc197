#include "core/campaign/launch.hpp"

#include "core/base/bounds.hpp"
#include "core/campaign/end_schedule.hpp"
#include "core/campaign/plan.hpp"
#include "core/campaign/template.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/fence/fence.hpp"
#include "core/gate/recipients.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/link/link.hpp"
#include "core/tenant/tenant.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t chunk_size = 500;

// Two launches with one key, of whatever campaigns, go one after the other.
void lock_key(Tx& tx, TenantId tenant, const std::string& key) {
  exec(tx, "SELECT pg_advisory_xact_lock(hashtextextended('launch ' || $2, $1))", tenant, key);
  // The lock is held; the campaign that has the key, if any, is committed.
}

void check_key_is_free(Tx& tx, TenantId tenant, CampaignId campaign, const std::string& key) {
  const auto rows =
      exec(tx, "SELECT slug FROM campaign WHERE tenant_id = $1 AND launch_key = $2 AND id <> $3", tenant, key,
           campaign);
  if (!rows.empty())
    throw Error(Errc::conflict, "the key \"{}\" launched campaign \"{}\"", key,
                rows.front()[0].as<std::string>())
        .with_hint("use a key of its own for each launch");
}

Launch replay(const Campaign& campaign, const std::string& key) {
  if (!key.empty() && campaign.launch_key == key)
    return {campaign.launch_id, true, campaign.status, campaign.size};
  throw Error(Errc::conflict, "campaign \"{}\" was launched already", campaign.slug)
      .with_hint(fmt::format("see \"smscrm campaign status {}\"", campaign.slug));
}

struct Written {
  std::int64_t audience = 0, recipients = 0;
  std::map<std::string, std::int64_t> digests;  // by skip reason
  MessageId first;
  std::map<std::string, std::int64_t> skipped;
};

// The audience is read once, by one statement: whatever changes meanwhile, ids, rows and counts agree.
Written write_messages(Tx& tx, const Tenant& tenant, const Campaign& campaign, Timestamp at) {
  auto recipients = compile_recipients(tx, tenant, campaign.audience, campaign.senders, at);
  auto& query = recipients.query;
  const auto add = [&](const auto& value) {
    query.params.push_back(to_param(value));
    return query.params.size();
  };
  const auto campaign_param = add(campaign.id), at_param = add(at), codes_param = add(recipients.skips.codes),
             reasons_param = add(recipients.skips.reasons);
  exec(tx, "SET LOCAL work_mem = '64MB'");
  set_joins(tx, Joins::by_hash);
  Written written;
  for (const auto& row : exec_with(
           tx,
           fmt::format(
               "WITH audience AS MATERIALIZED"
               " (SELECT q.contact_id, q.msisdn, q.digest, (${3}::smallint[])[1 + q.answers] AS code"
               "    FROM ({0}) q),"
               " block AS MATERIALIZED"
               " (SELECT reserve_message_ids(count(*)) AS first,"
               "         count(*) FILTER (WHERE code = 0) AS recipients"
               "    FROM audience HAVING count(*) > 0),"
               // Recipients have the first ids. Numbered apart they need no sort: one of a million spills.
               " written AS ("
               "  INSERT INTO message (tenant_id, id, campaign_id, contact_id, created_at, status_at, status,"
               "                       msisdn, skip_reason)"
               "  SELECT $1, b.first - 1 + row_number() OVER (), ${1}::bigint, a.contact_id,"
               "         ${2}::timestamptz, ${2}::timestamptz, 'waiting'::message_status, a.msisdn, ''"
               "    FROM audience a, block b WHERE a.code = 0"
               "  UNION ALL"
               "  SELECT $1, b.first - 1 + b.recipients + row_number() OVER (), ${1}::bigint, a.contact_id,"
               "         ${2}::timestamptz, ${2}::timestamptz, 'skipped'::message_status, a.msisdn,"
               "         (${4}::text[])[1 + a.code] FROM audience a, block b WHERE a.code <> 0)"
               " SELECT a.code, count(*) AS messages, bit_xor(a.digest) AS digest, min(b.first) AS first"
               "   FROM audience a, block b GROUP BY a.code",
               query.sql(), campaign_param, at_param, codes_param, reasons_param),
           query.params)) {
    const auto messages = row["messages"].as<std::int64_t>();
    const auto& reason = recipients.skips.reasons[row["code"].as<std::size_t>()];
    written.audience += messages;
    written.digests[reason] = row["digest"].as<std::int64_t>();
    written.first = row["first"].as<MessageId>();
    if (reason.empty()) {
      written.recipients = messages;
    } else {
      written.skipped[reason] = messages;
    }
  }
  set_joins(tx, Joins::planned);
  return written;
}

void check_recipients(const Campaign& campaign, const Written& written) {
  if (written.recipients > 0) return;
  if (written.audience == 0)
    throw Error(Errc::refused, "campaign \"{}\" has nobody to text: its audience {} is empty", campaign.slug,
                format_audience(campaign.audience));
  std::vector<std::string> reasons;
  for (const auto& [reason, messages] : written.skipped)
    reasons.push_back(fmt::format("{} {}", messages, reason));
  throw Error(Errc::refused, "campaign \"{}\" has nobody to text: of its audience of {}, {}", campaign.slug,
              written.audience, fmt::join(reasons, ", "))
      .with_hint("record consent with \"smscrm consent opt-in\" or import it with --consent-source");
}

void write_work(Tx& tx, TenantId tenant, CampaignId campaign, const Written& written, Timestamp at) {
  exec(tx,
       "INSERT INTO work_chunk (tenant_id, campaign_id, lo, hi, next)"
       " SELECT $1::bigint, $2::bigint, lo, least(lo + $5::bigint - 1, $4::bigint), lo"
       "   FROM generate_series($3::bigint, $4::bigint, $5::bigint) AS g(lo) ORDER BY lo",
       tenant, campaign, written.first, written.first.value + written.recipients - 1, chunk_size);
  CounterChanges changes;
  changes.add_made(campaign, written.audience);
  changes.add_status(campaign, MessageStatus::waiting, written.recipients);
  for (const auto& [reason, messages] : written.skipped)
    changes.add(campaign, skipped_counter(reason), messages);
  apply_counters(tx, tenant, launch_slot, changes, at);
}

}  // namespace

Launch launch_campaign(Tx& tx, TenantId tenant, CampaignId id, const LaunchOptions& options, Timestamp at) {
  check_length(options.key, longest_name, "a launch's key");
  if (!options.key.empty()) lock_key(tx, tenant, options.key);
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.is_launched()) return replay(campaign, options.key);
  require_unfenced(tx);
  if (campaign.status != CampaignStatus::draft)
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a draft can be launched", campaign.slug,
                to_string(campaign.status));
  if (!options.key.empty()) check_key_is_free(tx, tenant, id, options.key);
  if (options.not_after && at > *options.not_after)
    throw Error(Errc::refused, "it is too late to launch campaign \"{}\": now it is {}, the limit was {}",
                campaign.slug, format_rfc3339(at), format_rfc3339(*options.not_after));
  check_can_send(tx, tenant, campaign);
  const auto body = get_template(tx, tenant, fmt::format("{}", campaign.body_template.value)).body;
  const auto links = parse_template(body).links;
  const auto owner = get_tenant(tx, fmt::format("{}", tenant.value));
  if (!links.empty() && !options.has_public_url && owner.link_url.empty()) refuse_links(campaign);

  const auto written = write_messages(tx, owner, campaign, at);
  check_recipients(campaign, written);
  const auto hash = hash_plan(body, campaign.kind, written.audience, written.recipients, written.digests);
  if (options.plan_hash && *options.plan_hash != hash)
    throw Error(Errc::refused, "campaign \"{}\" is no longer what its preflight saw", campaign.slug)
        .with_hint(fmt::format("run \"smscrm campaign preflight {}\" again", campaign.slug));
  const MessageId last{written.first.value + written.audience - 1};
  write_work(tx, tenant, id, written, at);
  refresh_statistics(tx, {"message", "contact", "consent", "dnc"}, written.audience);
  std::optional<Timestamp> links_expire_at;
  if (campaign.links_expire_after) links_expire_at = at + *campaign.links_expire_after;
  add_campaign_links(tx, tenant, id, links, written.first, last, links_expire_at);
  const auto launch_id =
      exec(tx,
           "UPDATE campaign SET status = 'running', body = $3, launch_key = nullif($4, ''),"
           " launch_id = gen_random_uuid(), plan_hash = $5, audience_size = $6, first_message = $7,"
           " last_message = $8, launched_at = $9::timestamptz, expires_at = $9::timestamptz + expires_after,"
           " updated_at = $9::timestamptz, audience_rule = $10"
           " WHERE tenant_id = $1 AND id = $2 RETURNING launch_id",
           tenant, id, body, options.key, hash, written.audience, written.first, last, at,
           rule_of_audience(tx, tenant, campaign.audience))
          .front()[0]
          .as<std::string>();
  end_schedule(tx, tenant, id, "it was launched by hand", at);
  record_campaign_event(tx, tenant, id, CampaignEvent::launched, at);
  return {launch_id, false, CampaignStatus::running, written.audience};
}

}  // namespace smscrm
