// No plan hangs on what statistics know (core/db/joins.hpp): whatever was true when the tables were analysed,
// and in whatever order their indexes were made. As the daemon's role, from whom a policy hides what it knows
// of conditions, and as that of people where they do it, too. Longer than most, for all that is done is done
// in one world (tests/support/plan_world.hpp).
#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/consent/consent.hpp"
#include "core/db/roles.hpp"
#include "core/event/event.hpp"
#include "core/gate/frequency.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/load.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/recover.hpp"
#include "core/sending/resolve.hpp"
#include "core/sending/single.hpp"
#include "core/sending/waiting.hpp"
#include "core/sending/work.hpp"
#include "tests/support/plan_world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

using namespace test;
using World = test::PlanWorld;

// What is done, in a transaction of its own that is undone.
struct Deed {
  const char* name;
  std::function<void(World&, Tx&)> run;
  std::function<void(World&, Tx&)> prepare = {};
  bool by_people = false;  // as the app, too
  std::int64_t allowed = most;
};

std::map<std::string, std::int64_t> rows_read(Tx& tx) {
  std::map<std::string, std::int64_t> read;
  for (const auto& row : exec(
           tx,
           "SELECT t.relname, sum(pg_stat_get_xact_tuples_returned(o))::bigint AS read"
           "  FROM pg_class t CROSS JOIN LATERAL (SELECT t.oid AS o UNION ALL SELECT indexrelid FROM pg_index"
           "                                       WHERE indrelid = t.oid) x"
           " WHERE t.relname = ANY($1::text[]) GROUP BY t.relname",
           tables))
    read[row[0].as<std::string>()] = row[1].as<std::int64_t>();
  return read;
}

Claim claim(World& w, Tx& tx) {
  const ClaimPlan plan{get_tenant(tx, w.tenant.slug), list_senders(tx, w.tenant.id), "", "https://s.example",
                       LinkKey{SecretKey{std::string(32, 'k')}}};
  ClaimRoom room;
  room.messages = 8 * batch;
  room.parts = 1000;
  room.senders[w.sender] = 1000;
  return claim_messages(tx, w.lane, plan, room, now());
}

void resolve(World& w, Tx& tx, UnknownPolicy policy, std::chrono::milliseconds grace) {
  std::vector<Resolution> answers;
  for (const auto id : w.ids(2)) {
    Resolution answer{id, now() + 1h, {}, {}};
    if (id.value % 5 == 0) {
      ListedMessage found;
      found.provider_id = fmt::format("SF{}", id.value);
      found.status = MessageStatus::delivered;
      answer.matches.push_back(found);
    }
    if (id.value % 5 == 1) answer.lookalikes.push_back("SL");
    answers.push_back(answer);
  }
  const auto done = record_resolutions(tx, w.lane, policy, grace, answers, now());
  CHECK(done.found + done.resent + done.held + done.undecided > 0);
}

std::vector<Receipt> receipts(World& w, std::int64_t of_kind, MessageStatus status) {
  std::vector<Receipt> all;
  for (const auto id : w.ids(of_kind)) {
    Receipt receipt{id, fmt::format("SM{}", id.value), status, {}, "", {}};
    all.push_back(receipt);
  }
  return all;
}

void record_receipts_of(World& w, Tx& tx, const std::vector<Receipt>& all) {
  record_receipts(tx, w.tenant.id, webhook_slot, all, ReceiptSource::receipt, now());
}

std::vector<ConsentChange> consent_changes(World& w, ConsentAction action, ConsentMethod method,
                                           const std::string& scope = {}) {
  std::vector<ConsentChange> changes;
  for (int n = 0; n < batch; ++n)
    changes.push_back({.msisdn = w.number(n * 7),
                       .action = action,
                       .method = method,
                       .source = "test",
                       .occurred_at = now(),
                       .scope = scope});
  return changes;
}

std::vector<NewInbound> texts(World& w, const std::string& body, bool again) {
  std::vector<NewInbound> batch_of;
  for (int n = 0; n < batch; ++n) {
    NewInbound text;
    text.provider_sid = again ? fmt::format("IN{}", w.base + n * 7 + 1) : fmt::format("NEW{}", n);
    text.msisdn = w.number(n * 7);
    text.address = "+15005550006";
    text.body = body;
    text.reading = read_opt_out(body, {});
    batch_of.push_back(text);
  }
  return batch_of;
}

const std::vector<Deed> deeds{
    {"claim of replies, of what is due and of chunks",
     [](World& w, Tx& tx) { CHECK(claim(w, tx).messages.size() > 2 * batch); }},
    {"outcomes",
     [](World& w, Tx& tx) {
       std::vector<Outcome> outcomes;
       for (const auto id : w.ids(1)) {
         ClaimedMessage message;
         message.id = id;
         message.campaign = w.campaign;
         message.sender = w.sender;
         message.request.to = w.number(id.value);
         message.request.from = "+15005550006";
         message.claimed_at = now();
         auto result = id.value % 3 == 0 ? test::rejected(21610, ErrorClass::opt_out) : test::accepted();
         if (id.value % 3 == 1) result.kind = SendOutcome::Kind::retry_later;
         outcomes.push_back({message, result, 0ms});
       }
       record_outcomes(tx, w.lane, outcomes, {}, now());
     }},
    {"claim of unknown ones",
     [](World& w, Tx& tx) { CHECK(claim_unresolved(tx, w.lane, batch, now()).size() == batch); }},
    {"resolutions, sent again", [](World& w, Tx& tx) { resolve(w, tx, UnknownPolicy::resend, 0ms); }},
    {"resolutions, held", [](World& w, Tx& tx) { resolve(w, tx, UnknownPolicy::hold, 0ms); }},
    {"resolutions, undecided", [](World& w, Tx& tx) { resolve(w, tx, UnknownPolicy::hold, 24h * 365); }},
    {"resolutions of a canceled campaign",
     [](World& w, Tx& tx) { resolve(w, tx, UnknownPolicy::resend, 0ms); },
     [](World& w, Tx& tx) {
       exec(tx,
            "UPDATE campaign SET status = 'canceled', finished_at = now() WHERE tenant_id = $1 AND id = $2",
            w.tenant.id, w.campaign);
     }},
    {"receipts",
     [](World& w, Tx& tx) { record_receipts_of(w, tx, receipts(w, 3, MessageStatus::delivered)); }},
    {"receipts of unknown ones",
     [](World& w, Tx& tx) { record_receipts_of(w, tx, receipts(w, 2, MessageStatus::delivered)); }},
    {"receipts that ask for another attempt",
     [](World& w, Tx& tx) {
       auto all = receipts(w, 3, MessageStatus::undelivered);
       for (auto& receipt : all) {
         receipt.error_code = receipt.message.value % 2 == 0 ? 30003 : 30008;
         receipt.retry = ReceiptRetry{3600s, 2, receipt.message.value % 2 == 0};
       }
       record_receipts_of(w, tx, all);
     }},
    {"receipts that opt out",
     [](World& w, Tx& tx) {
       auto all = receipts(w, 3, MessageStatus::failed);
       for (auto& receipt : all) receipt.opted_out = true, receipt.error_code = 21610, receipt.price = "0.01";
       record_receipts_of(w, tx, all);
     }},
    {"takeover of a lane",
     [](World& w, Tx& tx) {
       auto next = w.lane;
       ++next.epoch;
       CHECK(take_over(tx, next, now()) == many);
     },
     [](World& w, Tx& tx) {
       exec(tx,
            "INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at) VALUES ($1, $2, $3, now())",
            w.tenant.id, w.lane.epoch, w.ids(1, many));
     }},
    {"claims of nobody", [](World& w, Tx& tx) { CHECK(recover_claims(tx, w.lane, {}, now()) == many); },
     [](World& w, Tx& tx) {
       exec(tx,
            "INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at) VALUES ($1, $2, $3, now())",
            w.tenant.id, w.lane.epoch, w.ids(1, many));
     }},
    {"looking for work",
     [](World& w, Tx& tx) { CHECK(find_work(tx, {w.tenant.id}, now()).to_send.count(w.tenant.id) == 1); }},
    {"counting what is due",
     [](World&, Tx& tx) { CHECK(count_due(tx, now()).messages > kind); },
     {},
     false,
     5 * kind},  // an entry of its index for each, and no row of another state
    {"lanes with what is due",
     [](World&, Tx& tx) { CHECK(list_lane_loads(tx, now(), 10).front().due > kind); },
     {},
     false,
     5 * kind},
    {"counting what is unknown",
     [](World&, Tx& tx) {
       const auto load = count_unknown(tx, now());
       CHECK(load.asked + load.held > kind);
     },
     {},
     false,
     5 * kind},
    {"finishing campaigns", [](World&, Tx& tx) { CHECK(finish_campaigns(tx, now()) == 0); }},
    {"opt-ins",
     [](World& w, Tx& tx) {
       record_consent(tx, w.tenant.id, consent_changes(w, ConsentAction::opt_in, ConsentMethod::import));
     },
     {},
     true},
    {"opt-outs",
     [](World& w, Tx& tx) {
       record_consent(tx, w.tenant.id, consent_changes(w, ConsentAction::opt_out, ConsentMethod::keyword));
     }},
    {"opt-outs of a sender",
     [](World& w, Tx& tx) {
       record_consent(
           tx, w.tenant.id,
           consent_changes(w, ConsentAction::opt_out, ConsentMethod::keyword, "sender:+15005550006"));
     }},
    {"opt-ins of a sender",
     [](World& w, Tx& tx) {
       record_consent(tx, w.tenant.id,
                      consent_changes(w, ConsentAction::opt_in, ConsentMethod::import, "pool:x"));
     }},
    {"consent of a number",
     [](World& w, Tx& tx) { get_consent_status(tx, w.tenant.id, w.number(5)); },
     {},
     true},
    {"texts",
     [](World& w, Tx& tx) {
       CHECK(record_inbound(tx, w.tenant, webhook_slot, texts(w, "hello", false), now()).size() == batch);
     }},
    {"opt-outs by text",
     [](World& w, Tx& tx) {
       CHECK(record_inbound(tx, w.tenant, webhook_slot, texts(w, "STOP", false), now()).size() == batch);
     }},
    {"texts that somebody has to read",
     [](World& w, Tx& tx) {
       CHECK(record_inbound(tx, w.tenant, webhook_slot,
                            texts(w, "who gave you my number? enough of this", false), now())
                 .size() == batch);
     }},
    {"texts that come again",
     [](World& w, Tx& tx) {
       CHECK(record_inbound(tx, w.tenant, webhook_slot, texts(w, "STOP", true), now()).front().repeated);
     }},
    {"what reached numbers lately",
     [](World& w, Tx& tx) {
       SentLately lately;
       std::vector<SentLately::Person> asked;
       for (int n = 0; n < batch; ++n) asked.push_back({w.number(n * 7), ContactId{w.base + n * 7 + 1}});
       lately.read(tx, w.tenant.id, asked, now() - 24h);
     }},
    {"numbers that something is on its way to",
     [](World& w, Tx& tx) {
       CHECK(list_in_flight(tx, w.tenant.id, {fmt::format("+1{}", 4150000000 + w.id(1))}).size() == 1);
     },
     [](World& w, Tx& tx) {
       exec(tx,
            "INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at) VALUES ($1, $2, $3, now())",
            w.tenant.id, w.lane.epoch, w.ids(1));
     }},
    {"refused texts",
     [](World& w, Tx& tx) {
       std::vector<std::string> sids;
       for (const auto& text : texts(w, "", true)) sids.push_back(text.provider_sid);
       mark_refused(tx, w.tenant.id, sids);
     }},
    {"replies",
     [](World& w, Tx& tx) {
       std::vector<NewSingle> replies;
       for (int n = 0; n < batch; ++n)
         replies.push_back({.kind = SingleKind::reply,
                            .msisdn = w.number(n),
                            .body = "ok",
                            .sender = w.sender,
                            .contact = std::nullopt});
       queue_replies(tx, w.tenant.id, replies, now());
     }},
    {"list of reviews",
     [](World& w, Tx& tx) { CHECK(collect(tx, list_reviews(w.tenant.id), batch).size() == batch); },
     {},
     true,
     11 * kind / 5},  // what is open is read once, and sorted
    {"whether somebody has to read",
     [](World& w, Tx& tx) {
       for (int n = 0; n < 10; ++n) is_held_for_review(tx, w.tenant.id, w.number(n));
     },
     {},
     true},
    {"decisions of messages",
     [](World& w, Tx& tx) {
       for (const auto verdict : {OperatorVerdict::sent, OperatorVerdict::resend, OperatorVerdict::failed})
         resolve_message(tx, w.tenant.id, {w.id(5, static_cast<int>(verdict))}, verdict, "anna", now());
     }},
    {"waiting of a message",
     [](World& w, Tx& tx) {
       const auto message = get_message(tx, w.tenant.id, {w.id(6)});
       const auto campaign = get_campaign(tx, w.tenant.id, "spring");
       Verdict verdict;
       list_waits(tx, w.tenant, campaign, &message, verdict, std::nullopt, Clocks{"UTC"}, now() - 2h);
     },
     {},
     true,
     6 * kind / 5},  // what is due of a campaign is read once
    {"events of clicks",
     [](World& w, Tx& tx) {
       ClickEvents clicks;
       for (const auto id : w.ids(3)) {
         clicks.links.push_back({1});
         clicks.messages.push_back(id);
         clicks.times.push_back(now());
         clicks.agents.emplace_back();
       }
       record_click_events(tx, w.tenant.id, clicks);
     }},
};

void look(World& w) {
  auto connection = w.db.connect();
  const auto roles = in_transaction(connection, [](Tx& tx) { return find_roles(tx); });
  for (const bool as_app : {false, true})
    for (const auto& deed : deeds) {
      if (as_app && !deed.by_people) continue;
      CAPTURE(std::string{deed.name});
      CAPTURE(as_app);
      Transaction tx{connection};
      Acting acting;
      if (as_app) acting.tenant = w.tenant.id;
      act_for(tx, roles, acting);
      if (deed.prepare) deed.prepare(w, tx);
      auto before = rows_read(tx);
      deed.run(w, tx);
      for (const auto& [table, read] : rows_read(tx)) {
        CAPTURE(table);
        CHECK(read - before[table] < deed.allowed);
      }
    }
}

}  // namespace

TEST_CASE("what is done for a few rows reads some hundreds, whatever statistics say") {
  World w;
  bool today = false;
  SUBCASE("without statistics") {}
  SUBCASE("by those of empty tables") { w.gather(); }
  SUBCASE("by those of a few rows") {
    w.fill(1);
    w.gather();
  }
  SUBCASE("by those of a quiet day") {
    w.fill(kind, true);
    w.gather();
  }
  SUBCASE("by those of tables that were emptied") {
    bool but_for_a_row = false;
    std::optional<bool> thin_keys;
    SUBCASE("") {}
    SUBCASE("but for a row") { but_for_a_row = true; }
    SUBCASE("but for a row, and whose keys were made last") {
      w.make_keys_last();
      but_for_a_row = true;
    }
    SUBCASE("and whose keys are tall") { thin_keys = true; }
    SUBCASE("and whose other indexes are tall") { thin_keys = false; }
    w.fill(kind);
    w.empty(but_for_a_row);
    if (thin_keys) w.thin(*thin_keys);
  }
  SUBCASE("by those of today") { today = true; }
  w.fill(kind);
  if (today) w.gather();
  look(w);
}
