// A tenant that the statistics of the database do not know, beside one that they know: no statement may read
// its rows again and again, whatever the planner expects of it. The server explains every statement of an
// operator's day and of the daemon in its log, with the rows that each node really saw.
#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/own_servers.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

constexpr int known = 3000, unknown = 1200;  // contacts of the two
// Rows that one node of a plan may see: several times all that there are, and far fewer than the square of
// the new tenant's contacts.
constexpr double most_rows = 40.0 * unknown;
static_assert(most_rows < 0.1 * unknown * unknown);

std::string numbers(int first, int count, const std::string& more) {
  std::string csv = "phone,first_name,tags\n";
  for (int i = 0; i < count; ++i) csv += fmt::format("{},Ann{}{},vip\n", contact_number(first + i), i, more);
  return csv;
}

// What an operator does in sets. `sends`: a daemon is started, and sends for this tenant.
void work_a_day(World& world, const std::string& tenant, int first, int count, bool sends) {
  const auto run = [&](std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"--yes", "--tenant", tenant});
    return world.must(words, input);
  };
  const auto import = [&](const std::string& csv, const std::string& list) {
    const auto out =
        run({"import", "run", "-", "--list", list, "--consent-source", "form " + list, "-o", "json"}, csv)
            .out;
    return fmt::format("{}", nlohmann::json::parse(out).at("import").get<std::int64_t>());
  };
  import(numbers(first, count, ""), "spring");
  import(numbers(first, count, ""), "autumn");
  const auto changes = import(numbers(first, count, "x"), "spring");
  std::string refused;
  for (int i = 0; i < count; i += 10) refused += contact_number(first + i) + "\n";
  run({"dnc", "import", "-"}, refused);
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"dnc", "list"},
                                             {"contact", "list"},
                                             {"contact", "list", "--search", "Ann1"},
                                             {"contact", "list", "--tag", "vip"},
                                             {"contact", "list", "--list", "spring"},
                                             {"contact", "show", contact_number(first + 1)},
                                             {"list", "list"},
                                             {"list", "show", "spring"},
                                             {"consent", "show", contact_number(first + 1)},
                                             {"template", "create", "t", "--body",
                                              "Hi {{first_name}} {{link:https://a.example/x}} STOP to end"}})
    run(words);
  for (const auto& [campaign, audience] : {std::pair{"a", "all"}, {"t", "tag:vip"}, {"l", "list:spring"}}) {
    run({"campaign", "create", campaign, "--template", "t", "--audience", audience});
    run({"campaign", "preflight", campaign});
    if (sends && campaign == std::string{"a"}) world.start_daemon();
    run({"campaign", "launch", campaign});
    run({"campaign", "verify", campaign});
    run({"campaign", "status", campaign});
    run({"report", "campaign", campaign});
  }
  if (sends)
    REQUIRE(await(
        [&] {
          const auto report = nlohmann::json::parse(run({"report", "campaign", "a", "-o", "json"}).out);
          return report["status"] == "finished";
        },
        120s));
  // What people did, for those that cannot be had faster than one by one.
  world.db.run([&](Tx& tx) {
    const auto id = exec(tx, "SELECT id FROM tenant WHERE slug = $1", tenant).front()[0].as<TenantId>();
    exec(tx,
         "INSERT INTO click (tenant_id, link_id, message_id, clicked_at, method, user_agent, class)"
         " SELECT $1::bigint, l.id, m.id, now(), 'GET', 'Mozilla/5.0 (iPhone) ' || m.id % 40, 'bot'"
         "   FROM link l JOIN message m ON m.tenant_id = $1 AND m.id BETWEEN l.first_message AND "
         "l.last_message"
         "  WHERE l.tenant_id = $1",
         id);
    exec(tx,
         "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
         " SELECT $1::bigint, 'SM' || md5(msisdn), msisdn, '+15005550006', 'please no more' FROM contact"
         "  WHERE tenant_id = $1",
         id);
    exec(tx,
         "INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at)"
         " SELECT $1::bigint, id, msisdn, now() FROM inbound WHERE tenant_id = $1",
         id);
  });
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"campaign", "list"},
                                             {"message", "list"},
                                             {"message", "list", "--campaign", "l"},
                                             {"message", "list", "--status", "delivered"},
                                             {"message", "list", "--to", contact_number(first + 1)},
                                             {"campaign", "explain", "l", "--to", contact_number(first + 1)},
                                             {"link", "list"},
                                             {"link", "reclassify"},
                                             {"inbox", "list"},
                                             {"inbox", "review"},
                                             {"campaign", "verify", "a"},
                                             {"report", "campaign", "a"},
                                             {"reconcile", "--dry-run"},
                                             {"import", "list"}})
    run(words);
  if (!sends)
    for (const char* campaign : {"a", "t", "l"}) run({"campaign", "cancel", campaign});
  run({"import", "undo", changes});
  run({"import", "undo", import(numbers(first + 5000, count, ""), "third")});
  run({"list", "delete", "autumn"});
}

// The plans of the server's log, from `begin` on.
std::vector<nlohmann::json> read_plans(const std::string& log, std::streamoff begin) {
  std::ifstream file{log};
  file.seekg(begin);
  std::vector<nlohmann::json> plans;
  std::string line, json;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line.ends_with("plan:")) {
      inside = true;
      json.clear();
    } else if (inside && line.starts_with('\t')) {
      json += line + "\n";
      if (line == "\t}") {
        plans.push_back(nlohmann::json::parse(json));
        inside = false;
      }
    } else {
      inside = false;
    }
  }
  return plans;
}

double rows_seen(const nlohmann::json& node) {
  double rows = 0;
  for (const char* what : {"Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter",
                           "Rows Removed by Index Recheck"})
    rows += node.value(what, 0.0);
  return rows * node.value("Actual Loops", 0.0);
}

double most_rows_seen(const nlohmann::json& node) {
  double most = rows_seen(node);
  if (node.contains("Plans"))
    for (const auto& part : node["Plans"]) most = std::max(most, most_rows_seen(part));
  return most;
}

}  // namespace

TEST_CASE("no statement reads a new tenant's rows again and again, whatever the statistics know") {
  const OwnServers servers;
  const std::string log = std::string{std::getenv("SMSCRM_TEST_DIR")} + "/pg/log";
  World world;
  world.set_up();
  world.must({"tenant", "create", "first", "--name", "First", "--timezone", "America/New_York", "--country",
              "US", "--quiet-hours", "off"});
  world.must(
      {"--tenant", "first", "account", "set", "--sid", "AC" + std::string(32, 'f'), "--token-file", "-"},
      "token\n");
  world.must({"--tenant", "first", "sender", "add", "+15005550001"});
  work_a_day(world, "first", 0, known, false);
  world.db.run([](Tx& tx) {
    exec(tx,
         "DO $$ DECLARE t regclass; BEGIN"
         " FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
         "LOOP"
         "  EXECUTE format('ANALYZE %s', t);"
         "  EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t);"
         " END LOOP; END $$");
    for (const char* setting :
         {"session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0",
          "auto_explain.log_analyze = on", "auto_explain.log_timing = off", "auto_explain.log_format = json",
          "log_min_messages = log"})
      exec(tx,
           fmt::format(
               "DO $do$ BEGIN EXECUTE format($f$ALTER DATABASE %I SET {}$f$, current_database()); END $do$",
               setting));
  });
  std::ifstream file{log, std::ios::ate};
  const auto begin = file.tellg();
  work_a_day(world, "acme", 20'000, unknown, true);
  world.daemon.reset();

  const auto plans = read_plans(log, begin);
  CHECK(plans.size() > 500);
  for (const auto& plan : plans) {
    const auto rows = most_rows_seen(plan["Plan"]);
    if (rows <= most_rows) continue;
    CAPTURE(rows);
    CAPTURE(plan.dump(1));
    CHECK(rows <= most_rows);
  }
}
