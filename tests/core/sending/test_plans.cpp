// No plan hangs on what statistics know (core/db/joins.hpp): whatever was true when the tables were analysed,
// and in whatever order their indexes were made. As the daemon's role, from whom a policy hides what it knows
// of conditions, and as that of people where they do it, too. Longer than most, for all that is done is done
// in one world. Above 500 lines for the same reason: the world and the table of what is done in it.
#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/consent/consent.hpp"
#include "core/db/roles.hpp"
#include "core/event/event.hpp"
#include "core/gate/frequency.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/recover.hpp"
#include "core/sending/resolve.hpp"
#include "core/sending/single.hpp"
#include "core/sending/waiting.hpp"
#include "core/sending/work.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kind = 3000;          // messages of each kind of a world
constexpr std::int64_t people = 4 * kind;    // contacts
constexpr int batch = 5;                     // of what a statement is for
constexpr int many = 200;                    // of a larger one
constexpr std::int64_t most = 4 * kind / 5;  // rows and index entries of a table that it may read

const std::vector<std::string> tables{"contact",         "consent",       "consent_scope",   "message",
                                      "message_attempt", "message_event", "inbound",         "opt_out_review",
                                      "work_due",        "work_chunk",    "webhook_delivery"};

struct World : test::SendFlow {
  CampaignId campaign{0}, other{0};
  SecretKey key = new_secret_key();
  Webhook hook = test::add_test_webhook(db, key, tenant.id, "crm", {"*"});
  std::int64_t base = 0;  // of the ids of its newest rows

  World() {
    campaign = add("spring", "running");
    other = add("other", "paused");
    for (const auto& table : tables) admin("ALTER TABLE " + table + " SET (autovacuum_enabled = off)");
  }

  CampaignId add(const std::string& slug, const std::string& status) {
    return db.run([&](Tx& tx) {
      return exec(tx,
                  "WITH t AS (INSERT INTO template (tenant_id, slug, body) VALUES ($1, $2, $4) RETURNING id)"
                  " INSERT INTO campaign (tenant_id, slug, kind, status, template_id, audience, body, "
                  "audience_size, launched_at)"
                  " SELECT $1, $2, 'transactional', $3, id, 'all', $4, 1, now() FROM t RETURNING id",
                  tenant.id, slug, status, "Hi {{first_name|there}}!")
          .front()[0]
          .as<CampaignId>();
    });
  }
  void admin(const std::string& statement) {
    auto connection = db.connect();
    pqxx::nontransaction{connection.handle()}.exec(statement);
  }
  void gather() {
    for (const auto& table : tables) admin("VACUUM ANALYZE " + table);
  }

  // What goes leaves its room behind.
  void empty(bool but_for_a_row) {
    for (const auto& table : tables) {
      admin("SET session_replication_role = replica; DELETE FROM " + table +
            (but_for_a_row ? " WHERE ctid <> (SELECT max(ctid) FROM " + table + ")" : ""));
      admin("VACUUM (ANALYZE, TRUNCATE false) " + table);
    }
  }

  // What comes then fills little of the pages of its keys, or of its other indexes, which so have a level
  // more and cost more.
  void thin(bool keys) {
    for (const auto& table : tables)
      admin(fmt::format(
          "DO $$ DECLARE i regclass; BEGIN"
          " FOR i IN SELECT indexrelid FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
          "            JOIN pg_am a ON a.oid = relam"
          "           WHERE indrelid = '{}'::regclass AND amname = 'btree' AND indisprimary = {} LOOP"
          "  EXECUTE format('ALTER INDEX %s SET (fillfactor = 10)', i);"
          "  EXECUTE format('REINDEX INDEX %s', i);"
          " END LOOP; END $$",
          table, keys));
  }

  // As after a restore: what is made later loses a tie.
  void make_keys_last() {
    for (const auto& [table, columns] : {std::pair{"work_due", "tenant_id, message_id"},
                                         {"opt_out_review", "tenant_id, inbound_id"},
                                         {"consent_scope", "tenant_id, msisdn, scope"},
                                         {"work_chunk", "tenant_id, id"},
                                         {"message", "tenant_id, id"}})
      admin(fmt::format("ALTER TABLE {0} DROP CONSTRAINT {0}_pkey, ADD CONSTRAINT {0}_pkey PRIMARY KEY ({1})",
                        table, columns));
  }

  // The nth message of a kind: 0 in chunks, 1 in flight, 2 asked for, 3 sent, 4 replies, 5 held for somebody
  // to decide, 6 due, 7 held by the gate.
  std::int64_t id(std::int64_t of_kind, std::int64_t n = 0) const { return base + of_kind * size + n + 1; }
  std::vector<MessageId> ids(std::int64_t of_kind, int count = batch) const {
    std::vector<MessageId> ids;
    for (int n = 0; n < count; ++n) ids.push_back({id(of_kind, (n * 7) % size)});
    return ids;
  }
  std::string number(std::int64_t n) const { return fmt::format("+1{}", 4150000000 + base + n % people + 1); }
  std::int64_t size = 0;

  // `quiet`: nothing waits for anything.
  void fill(std::int64_t rows_of_kind, bool quiet = false) {
    base += 1000 + 8 * size;
    size = rows_of_kind;
    db.run([&](Tx& tx) {
      const auto run = [&](std::string sql) {
        for (const auto& [word, value] : std::initializer_list<std::pair<std::string, std::string>>{
                 {"TENANT", fmt::format("{}", tenant.id.value)},
                 {"BASE", fmt::format("{}", base)},
                 {"KIND", fmt::format("{}", size)},
                 {"CAMPAIGN", fmt::format("{}", campaign.value)},
                 {"OTHER", fmt::format("{}", other.value)},
                 {"EPOCH", fmt::format("{}", lane.epoch)},
                 {"SENDER", fmt::format("{}", sender.value)},
                 {"HOOK", fmt::format("{}", hook.id.value)}})
          for (auto at = sql.find(word); at != std::string::npos; at = sql.find(word))
            sql.replace(at, word.size(), value);
        exec(tx, sql);
      };
      run("INSERT INTO contact (tenant_id, id, msisdn, first_name) SELECT TENANT, BASE + n, '+1' || "
          "(4150000000 + BASE + n),"
          " 'Ann' FROM generate_series(1, 4 * KIND) n");
      run(
          fmt::format("INSERT INTO consent (tenant_id, msisdn, state, changed_at) SELECT TENANT, '+1' || "
                      "(4150000000 + BASE + n),"
                      " CASE WHEN {} OR n % 10 > 0 THEN 'opted_in' ELSE 'opted_out' END, now() FROM "
                      "generate_series(1, 4 * KIND) n",
                      quiet));
      run(
          fmt::format("INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at) SELECT TENANT,"
                      " '+1' || (4150000000 + BASE + n), s, '{}', now() FROM generate_series(1, 4 * KIND) n,"
                      " unnest(ARRAY['pool:x', 'sender:+15005550007']) s",
                      quiet ? "opted_in" : "opted_out"));
      run(fmt::format(
          "INSERT INTO message (tenant_id, id, campaign_id, contact_id, sender_id, epoch, status, kind, "
          "msisdn,"
          " claimed_at, attempt, parts, provider_sid, body, retries)"
          " SELECT TENANT, BASE + n, CASE WHEN k <> 4 THEN CAMPAIGN END, CASE WHEN k <> 4 THEN BASE + p END,"
          "   CASE WHEN k <> 0 THEN SENDER END, CASE WHEN k = 1 THEN EPOCH ELSE 0 END,"
          "   CASE WHEN {} THEN 'delivered' WHEN k = 1 THEN 'in_flight' WHEN k IN (2, 5) THEN 'unknown' WHEN "
          "k = 3 THEN 'sent'"
          "        ELSE 'waiting' END::message_status, CASE WHEN k = 4 THEN 'reply' ELSE 'campaign' END,"
          "   '+1' || (4150000000 + BASE + p), CASE WHEN k NOT IN (0, 4) THEN now() - interval '1 h' END,"
          "   CASE WHEN k NOT IN (0, 4) THEN 1 ELSE 0 END, 1, CASE WHEN k = 3 THEN 'SM' || BASE + n ELSE '' "
          "END,"
          "   CASE WHEN k <> 0 THEN 'Hello there' ELSE '' END, CASE WHEN k = 6 THEN 1 ELSE 0 END"
          "  FROM (SELECT n, (n - 1) / KIND AS k, (n - 1) % (4 * KIND) + 1 AS p FROM generate_series(1, 8 * "
          "KIND) n) s",
          quiet));
      run("SELECT setval('message_id', BASE + 100000000)");
      run("INSERT INTO message_attempt (tenant_id, message_id, attempt, status, provider_sid, parts, "
          "error_code, ended_at)"
          " SELECT TENANT, BASE + n, 0, 'undelivered', 'SX' || BASE + n, 1, 30003, now() FROM "
          "generate_series(1, 8 * KIND) n");
      run("INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source)"
          " SELECT TENANT, BASE + n, 'SM' || BASE + n, 'sent', 'send' FROM generate_series(3 * KIND + 1, 4 * "
          "KIND) n");
      run("INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body, contact_id, campaign_id, "
          "reply)"
          " SELECT TENANT, 'IN' || BASE + n, '+1' || (4150000000 + BASE + n), '+15005550006', 'no more', "
          "BASE + n, CAMPAIGN,"
          " CASE WHEN n % 2 = 0 THEN 'ok' ELSE '' END FROM generate_series(1, 4 * KIND) n");
      run(fmt::format(
          "INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at, decision, decided_at)"
          " SELECT TENANT, id, msisdn, now() + interval '10 d' + id * interval '1 s', d, CASE WHEN d <> '' "
          "THEN now() END"
          "   FROM (SELECT id, msisdn, CASE WHEN {} OR contact_id % 2 = 0 THEN 'accepted' ELSE '' END AS d "
          "FROM inbound"
          "          WHERE tenant_id = TENANT AND contact_id > BASE) i",
          quiet));
      run(
          fmt::format("INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, "
                      "created_at, due_at, state)"
                      " SELECT TENANT, HOOK, 'inbound', 'k' || n, '{{}}', now(), now(), '{}' FROM "
                      "generate_series(1, 4 * KIND) n",
                      quiet ? "delivered" : "waiting"));
      if (quiet) return;
      run("INSERT INTO work_chunk (tenant_id, campaign_id, lo, hi, next)"
          " SELECT TENANT, CAMPAIGN, BASE + n, BASE + n + 9, BASE + n FROM generate_series(1, KIND - 9, 10) "
          "n");
      run("INSERT INTO work_chunk (tenant_id, campaign_id, lo, hi, next)"
          " SELECT TENANT, OTHER, n, n, n FROM generate_series(1, 4 * KIND) n");
      run("INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task, hold)"
          " SELECT TENANT, BASE + n, CASE WHEN k <> 4 THEN CAMPAIGN END,"
          "   now() + CASE WHEN k = 7 OR k <> 2 AND n % KIND >= 8 THEN interval '1 h' ELSE interval '-1 h' "
          "END"
          "     + n * interval '1 ms',"
          "   CASE k WHEN 2 THEN 'resolve' WHEN 5 THEN 'hold' ELSE 'send' END,"
          "   CASE WHEN k <> 7 THEN '' WHEN n % 40 = 0 THEN 'in_review' WHEN n % 40 = 1 THEN 'quiet_hours' "
          "ELSE 'daily_cap' END"
          "  FROM (SELECT n, (n - 1) / KIND AS k FROM generate_series(1, 8 * KIND) n) s WHERE k IN (2, 4, 5, "
          "6, 7)");
    });
  }
};

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
