#include "core/inbox/inbound.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/contact/list.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/inbox/meaning.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/inbox/sent_lately.hpp"
#include "core/phone/address.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/single.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

std::string_view word(Keyword keyword) {
  switch (keyword) {
    case Keyword::none:
      return "";
    case Keyword::stop:
      return "stop";
    case Keyword::start:
      return "start";
    case Keyword::help:
      return "help";
  }
  return "";
}

// Texts with these sids, $1 and $2 of a statement: each is looked up, and locked in their order
// (core/db/joins.hpp).
const std::string by_sid =
    "(SELECT DISTINCT unnest($2::text[]) AS sid ORDER BY 1) u CROSS JOIN LATERAL"
    " (SELECT ctid AS place, * FROM inbound WHERE tenant_id = $1 AND " +
    all_with("provider_sid", "u.sid") + ") i";

void lock_texts(Tx& tx, TenantId tenant, const std::vector<std::string>& sids) {
  exec(tx, fmt::format("SELECT 1 FROM {} FOR UPDATE OF i", by_sid), tenant, sids);
}

struct Stored {
  InboundId id;
  std::optional<CampaignId> campaign;
};

// Those that are new, by provider sid.
// inbound.keyword
std::string kept_word(const Meaning& meaning) {
  return meaning.own && !meaning.own->stops ? meaning.own->word : std::string{word(meaning.keyword)};
}

std::unordered_map<std::string, Stored> store(Tx& tx, TenantId tenant, const std::vector<NewInbound>& batch,
                                              const std::vector<InboundOutcome>& outcomes,
                                              const std::vector<Meaning>& meanings,
                                              const std::vector<OptOutReading>& readings, Timestamp at) {
  std::vector<std::string> sids, msisdns, addresses, bodies, media, keywords, replies, rules, not_own;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    sids.push_back(batch[i].provider_sid);
    msisdns.push_back(batch[i].msisdn);
    addresses.push_back(batch[i].address);
    bodies.push_back(batch[i].body);
    media.push_back(batch[i].media.empty() ? "[]" : batch[i].media);
    keywords.push_back(kept_word(meanings[i]));
    rules.push_back(meanings[i].rule);
    not_own.push_back(readings[i].not_own);
    replies.push_back(outcomes[i].reply);
  }
  std::unordered_map<std::string, Stored> stored;
  for (const auto& row :
       exec(tx,
            "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body, media, keyword, reply, "
            "contact_id,"
            "                     campaign_id, message_id, received_at, rule, not_own)"
            " SELECT $1, u.sid, u.msisdn, u.address, u.body, u.media::jsonb, u.keyword, u.reply, c.id, "
            "m.campaign_id, m.id, $9, u.rule, u.not_own"
            "   FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
            "$8::text[], $10::text[], $11::text[])"
            "          AS u(sid, msisdn, address, body, media, keyword, reply, rule, not_own)"
            "   LEFT JOIN LATERAL (SELECT id FROM contact WHERE tenant_id = $1 AND " +
                one_with("msisdn", "u.msisdn") +
                ") c ON true"
                "   LEFT JOIN LATERAL (SELECT o.id, o.campaign_id FROM"
                "                        (SELECT * FROM message WHERE tenant_id = $1 AND " +
                all_with("contact_id", "c.id") +
                ") o"
                "                       WHERE o.attempt > 0 ORDER BY o.claimed_at DESC LIMIT 1) m ON true"
                " ON CONFLICT (tenant_id, provider_sid) DO NOTHING RETURNING id, provider_sid, campaign_id",
            tenant, sids, msisdns, addresses, bodies, media, keywords, replies, at, rules, not_own))
    stored.emplace(row["provider_sid"].as<std::string>(),
                   Stored{row["id"].as<InboundId>(), as_optional<CampaignId>(row["campaign_id"])});
  return stored;
}

// What is to be answered to texts that were refused, by provider sid; after this they are not any more.
std::unordered_map<std::string, std::string> take_refused(Tx& tx, TenantId tenant,
                                                          const std::vector<std::string>& sids) {
  std::unordered_map<std::string, std::string> replies;
  if (sids.empty()) return replies;
  lock_texts(tx, tenant, sids);
  for (const auto& row : exec(tx,
                              fmt::format("UPDATE inbound r SET refused = false FROM {}"
                                          " WHERE r.ctid = i.place AND r.refused"
                                          " RETURNING r.provider_sid, r.reply",
                                          by_sid),
                              tenant, sids))
    replies.emplace(row["provider_sid"].as<std::string>(), row["reply"].as<std::string>());
  return replies;
}

std::vector<std::string> candidate_words(const std::vector<NewInbound>& batch) {
  std::vector<std::string> words;
  for (const auto& inbound : batch)
    if (auto form = keyword_form(inbound.body); !form.empty() && !inbound.handled)
      words.push_back(std::move(form));
  return words;
}

void add_changes(std::vector<ConsentChange>& changes, const NewInbound& inbound, const Meaning& meaning,
                 InboundId id, Timestamp at) {
  const bool in_words = !meaning.rule.empty();
  for (const auto& scope : meaning.scopes)
    changes.push_back(
        {.msisdn = inbound.msisdn,
         .action = meaning.keyword == Keyword::stop ? ConsentAction::opt_out : ConsentAction::opt_in,
         .method = in_words ? ConsentMethod::text : ConsentMethod::keyword,
         .source = in_words ? opt_out_proof(meaning.rule, inbound.body) : std::string{trim(inbound.body)},
         .occurred_at = at,
         .inbound = id,
         .scope = scope});
}

struct Answered {
  const NewInbound* inbound;
  const KeywordReply* keyword;
};

// Once the lists are joined: who was nobody is a contact now.
std::vector<std::string> texts_of(Tx& tx, TenantId tenant, const std::vector<Answered>& answered) {
  std::vector<KeywordAnswer> answers;
  for (const auto& [inbound, keyword] : answered) answers.push_back({inbound->msisdn, keyword});
  return render_replies(tx, tenant, answers);
}

// Joins lists, and queues the replies, from the sender that was written to.
void answer(Tx& tx, TenantId tenant, const std::vector<Answered>& answered, Timestamp at) {
  if (answered.empty()) return;
  std::map<ListId, std::vector<std::string>> joining;
  std::vector<std::string> people, addresses;
  for (const auto& [inbound, keyword] : answered) {
    addresses.push_back(inbound->address);
    if (!keyword->list) continue;
    joining[*keyword->list].push_back(inbound->msisdn);
    people.push_back(inbound->msisdn);
  }
  if (!people.empty())
    exec(tx,
         "INSERT INTO contact (tenant_id, msisdn) SELECT DISTINCT $1::bigint, u.msisdn"
         "   FROM unnest($2::text[]) AS u(msisdn) WHERE u.msisdn ~ '^\\+[1-9][0-9]{5,14}$' ORDER BY u.msisdn"
         " ON CONFLICT DO NOTHING",
         tenant, people);
  for (const auto& [list, msisdns] : joining) add_list_members(tx, tenant, list, msisdns, at);
  std::map<std::string, SenderId> senders;
  for (const auto& row : exec(tx,
                              "SELECT address, id FROM sender WHERE tenant_id = $1"
                              "   AND address = ANY($2::text[]) AND removed_at IS NULL",
                              tenant, addresses))
    senders.emplace(row["address"].as<std::string>(), row["id"].as<SenderId>());
  const auto texts = texts_of(tx, tenant, answered);
  std::vector<NewSingle> replies;
  for (std::size_t i = 0; i < answered.size(); ++i) {
    const auto* inbound = answered[i].inbound;
    if (trim(texts[i]).empty() || !is_e164(inbound->msisdn)) continue;
    const auto sender = senders.find(inbound->address);
    replies.push_back({.kind = SingleKind::reply,
                       .msisdn = inbound->msisdn,
                       .body = texts[i],
                       .sender = sender == senders.end() ? std::nullopt : std::optional{sender->second},
                       .contact = std::nullopt});
  }
  queue_replies(tx, tenant, replies, at);
}

// The batch with our senders' addresses as they are kept.
std::vector<NewInbound> name_senders(Tx& tx, TenantId tenant, std::vector<NewInbound> batch) {
  std::map<std::string, std::string> by_key;
  std::set<std::string> kept;
  for (const auto& row : exec(tx, "SELECT address FROM sender WHERE tenant_id = $1", tenant)) {
    auto address = row[0].as<std::string>();
    by_key.emplace(address_key(address), address);
    kept.insert(std::move(address));
  }
  for (auto& inbound : batch)
    if (kept.count(inbound.address) == 0)
      if (const auto known = by_key.find(address_key(inbound.address)); known != by_key.end())
        inbound.address = known->second;
  return batch;
}

}  // namespace

std::vector<InboundOutcome> record_inbound(Tx& tx, const Tenant& tenant, CounterSlot slot,
                                           const std::vector<NewInbound>& written, Timestamp at) {
  std::vector<InboundOutcome> outcomes(written.size());
  if (written.empty()) return outcomes;
  const auto batch = name_senders(tx, tenant.id, written);
  InboundOptOuts opt_outs{tx, tenant, batch};
  const auto readings = read_with_sent(tx, tenant, batch);
  const auto keywords = find_keywords(tx, tenant.id, candidate_words(batch));
  std::vector<Meaning> meanings;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // Later texts of the same number in this batch see what this one did.
    meanings.push_back(meaning_of(batch[i], readings[i], opt_outs, keywords));
    outcomes[i].keyword = meanings[i].keyword;
    outcomes[i].reply = reply_to(tenant, batch[i], meanings[i]);
  }

  auto stored = store(tx, tenant.id, batch, outcomes, meanings, readings, at);
  std::vector<ConsentChange> changes;
  std::vector<InboundId> reviews, fresh;
  std::vector<std::string> repeated;
  std::vector<Answered> answered;
  CounterChanges counters;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto found = stored.find(batch[i].provider_sid);
    if (found == stored.end()) {
      outcomes[i].repeated = true;
      outcomes[i].reply.clear();
      repeated.push_back(batch[i].provider_sid);
      continue;
    }
    const auto [id, campaign] = found->second;
    const auto& meaning = meanings[i];
    fresh.push_back(id);
    add_changes(changes, batch[i], meaning, id, at);
    if (meaning.review) reviews.push_back(id);
    if (meaning.own && !meaning.own->stops) answered.push_back({&batch[i], meaning.own});
    const auto kept = kept_word(meaning);
    counters.add(campaign, received_counter(kept.empty() ? "other" : kept), 1);
    if (campaign) {
      counters.add(*campaign, replies_counter, 1);
      if (meaning.keyword == Keyword::stop) counters.add(*campaign, opt_outs_counter, 1);
    }
    stored.erase(found);  // the same sid twice in a batch is a repetition
  }
  record_inbound_events(tx, tenant.id, fresh, at);  // the text before the opt-out that it is
  if (!changes.empty()) record_consent(tx, tenant.id, changes);
  add_reviews(tx, tenant.id, reviews, at);
  answer(tx, tenant.id, answered, at);
  apply_counters(tx, tenant.id, slot, counters, at);
  auto refused = take_refused(tx, tenant.id, repeated);
  for (std::size_t i = 0; i < batch.size() && !refused.empty(); ++i)
    if (outcomes[i].repeated && meanings[i].confirmed)
      if (auto reply = refused.extract(batch[i].provider_sid)) outcomes[i].reply = std::move(reply.mapped());
  return outcomes;
}

void mark_refused(Tx& tx, TenantId tenant, const std::vector<std::string>& provider_sids) {
  lock_texts(tx, tenant, provider_sids);
  exec(tx,
       fmt::format("UPDATE inbound r SET refused = true FROM {} WHERE r.ctid = i.place AND r.reply <> ''",
                   by_sid),
       tenant, provider_sids);
}

std::set<std::string> list_in_flight(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns) {
  std::set<std::string> in_flight{msisdns.begin(), msisdns.end()};
  if (!try_lock_claims_exclusive(tx, tenant)) return in_flight;
  in_flight.clear();
  for (const auto& row :
       exec(tx,
            "SELECT DISTINCT m.msisdn FROM work_claim w CROSS JOIN LATERAL unnest(w.message_ids) AS u(id)"
            " CROSS JOIN LATERAL (SELECT status, msisdn FROM message WHERE tenant_id = $1 AND " +
                all_with("id", "u.id") +
                ") m"
                " WHERE w.tenant_id = $1 AND m.status = 'in_flight' AND m.msisdn = ANY($2::text[])",
            tenant, msisdns))
    in_flight.insert(row[0].as<std::string>());
  return in_flight;
}

}  // namespace smscrm
