// A tenant with some thousand messages of each kind, and its tables in each state that statistics may be in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

namespace smscrm::test {

inline constexpr std::int64_t kind = 3000;          // messages of each kind of a world
inline constexpr std::int64_t people = 4 * kind;    // contacts
inline constexpr int batch = 5;                     // of what a statement is for
inline constexpr int many = 200;                    // of a larger one
inline constexpr std::int64_t most = 4 * kind / 5;  // rows and index entries of a table that it may read

inline const std::vector<std::string> tables{
    "contact", "consent",        "consent_scope", "message",    "message_attempt", "message_event",
    "inbound", "opt_out_review", "work_due",      "work_chunk", "webhook_delivery"};

struct PlanWorld : SendFlow {
  CampaignId campaign{0}, other{0};
  SecretKey key = new_secret_key();
  Webhook hook = add_test_webhook(db, key, tenant.id, "crm", {"*"});
  std::int64_t base = 0;  // of the ids of its newest rows

  PlanWorld() {
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

}  // namespace smscrm::test
