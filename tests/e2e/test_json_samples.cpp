// What programs read from programs: every command with -o json, against a stored sample of its shape. The
// command tree is walked, so that a new command without a sample fails here. tests/support/json_sample.hpp
// says what a sample holds; CONTRIBUTING.md how to write them anew.
#include <algorithm>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include "cli/app.hpp"
#include "core/access/session.hpp"
#include "core/access/user.hpp"
#include "core/base/text.hpp"
#include "core/hours/built_in.hpp"
#include "tests/support/json_sample.hpp"
#include "tests/support/webhook.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

// Commands that print no JSON: nothing at all on standard output but for the scripts of completion.
const std::set<std::string> silent{"config check",   "config set",      "tenant use",      "tenant delete",
                                   "sender remove",  "contact delete",  "dnc add",         "dnc remove",
                                   "list delete",    "template delete", "campaign delete", "keyword delete",
                                   "webhook remove", "segment delete",  "user passwd",     "apikey revoke",
                                   "local stop",     "local reset",     "completion bash", "completion zsh",
                                   "completion fish"};

// What they print hangs on the daemon's turns.
const std::set<std::string> unsteady{"audit export", "audit verify", "export audit"};

std::set<std::string> commands_of_the_tree() {
  Context context;
  const auto root = make_app(context);
  std::set<std::string> names;
  for (const auto* noun : root->get_subcommands(nullptr)) {
    if (noun->get_subcommands(nullptr).empty()) names.insert(noun->get_name());
    for (const auto* verb : noun->get_subcommands(nullptr))
      names.insert(noun->get_name() + " " + verb->get_name());
  }
  return names;
}

std::string file_name(std::string command) {
  std::ranges::replace(command, ' ', '-');
  return command;
}

// What the lines of -o ndjson hold, as -o json has it.
Json read_lines(const std::string& text, bool is_list) {
  auto rows = Json::array();
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) rows.push_back(Json::parse(line));
  return is_list || rows.size() != 1 ? rows : rows.front();
}

// One day of an operator, every command with -o json.
class Day {
 public:
  using Run = std::function<CommandResult(const Words&, const std::string&)>;

  // `command` is its noun and verb; `more` follows them. What was printed.
  Json operator()(const std::string& command, const Words& more = {}, const std::string& input = "",
                  int status = 0) {
    const auto words = words_of(command, more);
    const auto result = run(words, input);
    CAPTURE(command);
    REQUIRE_MESSAGE(result.status == status, result.out << result.err);
    seen.insert(command);
    if (silent.contains(command)) {
      CHECK((result.out.empty() || command.starts_with("completion ")));
      return {};
    }
    auto output = Json::parse(result.out);
    check_sample(file_name(command), words, status, output);
    return output;
  }

  // What the day needs besides, and no sample shows.
  void prepare(const Words& words, const std::string& input = "") const {
    const auto result = run(words, input);
    REQUIRE_MESSAGE(result.status == 0, result.err);
  }

  // The same of a command that changes nothing: its other JSON form says the same.
  Json look(const std::string& command, const Words& more = {}, int status = 0) {
    const auto output = (*this)(command, more, "", status);
    auto words = words_of(command, more);
    words[1] = "ndjson";
    CAPTURE(command);
    CHECK(without_chance(read_lines(run(words, "").out, output.is_array())) == without_chance(output));
    return output;
  }

  // A mistake: nothing on standard output, and an object on standard error.
  void fail(const std::string& sample, const Words& more, int status) {
    auto words = more;
    words.insert(words.begin(), {"-o", "json"});
    const auto result = run(words, "");
    CAPTURE(sample);
    REQUIRE_MESSAGE(result.status == status, result.err);
    CHECK(result.out.empty());
    const auto error = Json::parse(result.err);
    codes.insert(error["error"]["code"].get<std::string>());
    check_sample("error-" + sample, words, status, error);
    errors.insert("error-" + sample);
  }

  Run run;
  std::set<std::string> seen, codes, errors;

 private:
  static Words words_of(const std::string& command, const Words& more) {
    Words words{"-o", "json"};
    for (const auto& word : split(command, ' ')) words.push_back(word);
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

const std::string sid = "AC" + std::string(31, '0') + "1";
const std::string token = "sandbox-token\n";

void set_up(Day& day, const TempDir& dir) {
  day("migrate up");
  day.look("migrate status");
  day.look("config show");
  day("config check");
  const auto mine = dir.write("mine.toml", "");
  day("config set", {"log.level", "warn", "--config", mine});
  day.look("config get", {"log.level", "--config", mine});
  day.look("config path", {"--config", mine});
  day("tenant create",
      {"acme", "--name", "Acme Coffee", "--timezone", "America/New_York", "--country", "US"});
  day("tenant update", {"acme", "--undelivered-retries", "1", "--quiet-hours", "off"});
  day("tenant use", {"acme", "--config", mine});
  day.look("tenant list");
  day.look("tenant show", {"acme"});
  day("account set", {"--sid", sid, "--token-file", "-"}, token);
  day.look("account show");
  day("account check");
  day("account pause", {"--reason", "wrong price list"});
  day("account resume");
  day("sender add", {"+15005550006", "--rate", "2000"});
  day("sender update", {"+15005550006", "--pool", "us"});
  day.prepare({"sender", "add", "ACME"});
  day.look("sender list");
  day("sender remove", {"ACME"});
}

void bring_people(Day& day, const TempDir& dir) {
  const auto file = dir.write("people.csv",
                              "phone,first_name,city\n+14155550000,Ann,Rome\n+14155550001,Bob,Oslo\n"
                              "no number,Eve,Bonn\n");
  day("import run",
      {file, "--list", "spring", "--consent-source", "web form", "--rejects", dir.path() + "/r.csv"}, "", 3);
  day.look("import list");
  day.look("import show", {"1"});
  day.look("import rejects", {"1"});
  day.prepare({"import", "run", dir.write("other.csv", "phone\n+14155550009\n")});
  day("import undo", {"2", "-y"});
  day("contact add", {"+14155550002", "--first-name", "Cid", "--attribute", "city=Paris", "--tag", "vip",
                      "--consent-source", "signed form"});
  day("contact update", {"+14155550002", "--email", "cid@acme.example"});
  day("contact tag", {"loyal", "+14155550002", "+14155550099"}, "", 3);
  day("contact untag", {"loyal", "--all"});
  day.look("tag list");
  day.look("contact list");
  day.look("contact show", {"+14155550002"});
  day("list create", {"vip", "--name", "Regulars"});
  day("list add", {"vip", "+14155550002"});
  day("list update", {"vip", "--name", "Regulars"});
  day.look("list list");
  day.look("list show", {"vip"});
  day("list remove", {"vip", "+14155550002"});
  day("list delete", {"vip", "-y"});
  day("segment create", {"regulars", "--rule", "tag:vip and attr.city = Paris", "--description", "Regulars"});
  day("segment update", {"regulars", "--rule", "tag:vip and attr.city != Rome"});
  day.look("segment list");
  day.look("segment show", {"regulars"});
  day.look("segment preview", {"regulars"});
  day.look("segment explain", {"regulars"});
  day("segment delete", {"regulars", "-y"});
  day("consent opt-in", {"+14155550003", "--source", "letter", "--at", "2026-01-02"});
  day("consent opt-out", {"+14155550003", "--source", "phone call"});
  day.look("consent show", {"+14155550003"});
  day.look("consent history", {"+14155550003"});
  day("dnc add", {"+14155550004", "--reason", "asked by letter"});
  day.look("dnc list");
  day("dnc import", {"-"}, "+14155550005\nnobody\n", 3);
  day("dnc remove", {"+14155550005"});
}

void write_texts(Day& day) {
  day("template create",
      {"spring", "--body", "Hi {{first_name|there}}, see {{link:https://acme.example/s}}"});
  day("template update", {"spring", "--body", "Hi {{first_name|you}}, see {{link:https://acme.example/s}}"});
  day.prepare({"template", "create", "draft", "--body", "Hi {{city}}"});
  day.look("template list");
  day.look("template show", {"spring"});
  day.look("template render", {"draft", "--to", "+14155550000"});
  day("keyword create", {"HOURS", "--reply", "9 to 5"});
  day("keyword update", {"HOURS", "--list", "spring"});
  day.look("keyword list");
  day("keyword delete", {"HOURS"});
  day("campaign create", {"spring", "--template", "spring", "--audience", "list:spring"});
  day("campaign update", {"spring", "--expires-after", "2d", "--rate", "10"});
  day.prepare({"campaign", "create", "draft", "--template", "draft", "--audience", "all"});
  day.prepare({"campaign", "create", "autumn", "--template", "spring", "--audience", "list:spring"});
  day("campaign delete", {"draft", "-y"});
  day("template delete", {"draft", "-y"});
  day.look("campaign preflight", {"spring"});
  day("campaign schedule", {"spring", "--at", "in 2 hours"});
  day.prepare({"campaign", "schedule", "autumn", "--cron", "0 9 1 1 *", "--zone", "UTC"});
  day.look("schedule next", {"autumn", "--count", "1"});
  day.prepare({"schedule", "cancel", "autumn"});
  day.look("schedule list");
  day("schedule cancel", {"spring"});
}

void send(Day& day, World& world) {
  const auto test = day("campaign test", {"spring", "--to", "+14155550006"});
  day("message send", {"--to", "+14155550006", "--body", "Your order is ready", "--key", "order-1"});
  day("campaign launch", {"spring", "--key", "spring-1"});
  day("campaign pause", {"spring"});
  day("campaign resume", {"spring"});
  day.prepare({"campaign", "launch", "autumn"});
  day("campaign cancel", {"autumn", "-y"});
  world.start_daemon();
  world.wait_until_settled();
  const auto test_id = std::to_string(test["message"].get<std::int64_t>());
  REQUIRE(await([&] {
    return world.must({"message", "show", test_id, "-o", "json"}).json()["status"] == "delivered";
  }));
  day.look("campaign list");
  day.look("campaign show", {"spring"});
  day.look("campaign status", {"spring"});
  day.look("campaign wait", {"spring"});
  day.look("campaign verify", {"spring"});
  day.look("campaign explain", {"spring", "--to", "+14155550000"});
  day.look("report campaign", {"spring"});
  day.look("report failures", {"--campaign", "spring"});
  for (const char* name :
       {"account", "timeline", "links", "replies", "opt-outs", "senders", "cost", "latency"})
    day.look(fmt::format("report {}", name), {});
  day.look("report verify", {});
  day.look("message list", {"--campaign", "spring", "--status", "failed"});
  day("reconcile", {"--older-than", "0s"});
}

void let_in(Day& day, World& world) {
  const std::string ann = "ann@acme.example";
  day("user create", {ann, "--name", "Ann Lee", "--role", "owner"});
  day.prepare({"user", "create", "bob@acme.example", "--role", "owner"});
  day("user update", {ann, "--role", "editor"});
  day.look("user list");
  day.look("user show", {ann});
  day.look("user can", {ann});
  day.look("user totp", {ann});
  day("user passwd", {ann, "--password-file", "-"}, "nine grey whales sing at noon\n");
  day("user link", {ann});
  world.db.run([&](Tx& tx) { begin_session(tx, {get_user(tx, ann).id, "192.0.2.7", "Mozilla/5.0"}, now()); });
  day.look("user sessions", {ann});
  day("user disable", {ann});
  day("user enable", {ann});
  day("apikey create", {"ci", "--scope", "contacts:read", "--network", "192.0.2.0/24"});
  day.look("apikey list");
  day.look("apikey show", {"ci"});
  day("apikey rotate", {"ci"});
  day("apikey revoke", {"ci", "-y"});
}

void audit(Day& day, World& world) {
  day.look("audit list", {"--action", "sender"});
  const auto entries = world.must({"audit", "list", "--action", "sender", "-o", "json"}).json();
  REQUIRE(await([&] { return world({"audit", "checkpoint", "-o", "json"}).status == 0; }));
  day("audit show", {std::to_string(entries[0]["entry"].get<int>())});
  day("audit checkpoint");
  day.seen.insert(unsteady.begin(), unsteady.end());
  CHECK(world.must({"audit", "export", "-o", "json"}).json()[0].contains("hash"));
  CHECK(world.must({"audit", "verify", "-o", "json"}).json()["holds"] == true);
}

// An import that broke off, and goes on.
void go_on(Day& day, const TempDir& dir) {
  const auto file = dir.write("more.csv", "phone,first_name\n+14155550020,Dan\n+14155550021,Eve\n");
  const auto packed = run_command({"gzip", "-c", file}).out;
  const auto broken = dir.write("more.csv.gz", packed.substr(0, packed.size() - 9));
  REQUIRE(day.run({"import", "run", broken}, "").status != 0);
  dir.write("more.csv.gz", packed);
  day("import resume", {"3"});
}

// Everything as files.
void take_out(Day& day, const TempDir& dir) {
  day.look("export contacts", {"--tag", "vip"});
  day.look("export messages", {"--campaign", "spring", "--status", "failed"});
  day.look("export clicks");
  day("export inbox", {"-f", dir.path() + "/inbox.csv"});  // what is told of a file
  day.look("export consent", {"--tag", "vip"});
  day("contact export", {"+14155550002", "-f", dir.path() + "/person.json"});
  CHECK(day.run({"export", "audit", "-o", "json"}, "").json()[0].contains("hash"));
}

void hear(Day& day, World& world) {
  const auto await_texts = [&](std::size_t count) {
    REQUIRE(await([&] { return world.must({"inbox", "list", "-o", "json"}).json().size() == count; }));
  };
  CHECK(world.inbound("+14155550020", "too many messages") == 200);
  await_texts(1);
  CHECK(world.inbound("+14155550021", "too many messages") == 200);
  await_texts(2);
  CHECK(world.inbound("+14155550000", "Is it open on Sunday?") == 200);
  await_texts(3);
  day.look("inbox list");
  const auto question =
      std::to_string(world.must({"inbox", "list", "-o", "json"}).json()[0]["id"].get<std::int64_t>());
  day("inbox show", {question});
  day.look("inbox thread", {"+14155550020"});
  day("inbox reply", {question, "--body", "Yes, from ten."});
  const auto reviews = day.look("inbox review");
  REQUIRE(reviews.size() == 2);
  day("inbox accept", {std::to_string(reviews[0]["id"].get<std::int64_t>())});
  day("inbox dismiss", {std::to_string(reviews[1]["id"].get<std::int64_t>())});
}

void tell(Day& day, World& world) {
  std::atomic<int> calls{0};
  test::HookReceiver receiver{[&](const auto&) {
    return test::RawReply{++calls == 1 ? test::http_reply(500, "not now") : test::http_reply(200, "")};
  }};
  day("webhook add", {"crm", "--url", receiver.url(), "--events", "inbound"});
  CHECK(world.inbound("+14155550000", "Hello?") == 200);
  const auto state = [&] { return world.must({"webhook", "deliveries", "crm", "-o", "json"}).json(); };
  REQUIRE(await([&] { return state().size() == 1 && state()[0]["failures"].size() == 1; }));
  day("webhook replay", {"crm", "--since", "1h"});
  REQUIRE(await([&] { return state()[0]["state"] == "delivered"; }));
  day.look("webhook deliveries", {"crm"});
  day("webhook test", {"crm"});
  day.look("webhook show", {"crm"});
  day("webhook update", {"crm", "--disable"});
  day.look("webhook list");
  day("webhook remove", {"crm", "-y"});
}

void count_clicks(Day& day) {
  const auto link = day("link create", {"https://acme.example/menu", "--name", "menu", "--expires", "30d"});
  day.look("link list");
  const auto id = std::to_string(link["id"].get<std::int64_t>());
  day.look("link show", {id});
  day("link disable", {id});
  day("link enable", {id});
  day("link reclassify");
}

// What the provider never said a word about, and somebody decides.
void decide(Day& day) {
  World world{"[faults]\nhang = 1\nattempts = 1\n"};
  world.set_up();
  world.must({"tenant", "update", "acme", "--unknown-policy", "hold"});
  world.add_contacts(1);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] {
    return std::ranges::any_of(world.report()["holds"], [](const auto& hold) {
      return hold["message"].template get<std::string>().starts_with("1 unknown message");
    });
  }));
  const auto before = day.run;
  day.run = [&](const Words& words, const std::string& input) { return world(words, input); };
  day("message resolve", {"--campaign", "spring", "--as", "resend", "-y"});
  world.wait_until_settled();
  const auto message = world.must({"message", "list", "-o", "json"}).json()[0]["id"].get<std::int64_t>();
  day.look("message show", {std::to_string(message)});
  day.run = before;
}

void keep_servers(Day& day) {
  const TempDir dir;
  std::filesystem::permissions(dir.path(), static_cast<std::filesystem::perms>(0711));  // for user postgres
  const std::map<std::string, std::string> environment{{"SMSCRM_LOCAL_DIR", dir.path() + "/local"},
                                                       {"SMSCRM_LOCAL_PG_PORT", std::to_string(free_port())}};
  const auto before = day.run;
  day.run = [&](Words words, const std::string& input) {
    words.insert(words.begin(), "smscrm");
    return run_command(words, input, environment);
  };
  day("local start");
  day.look("local status");
  day("local stop");
  day("local reset", {"-y"});
  day.run = before;
}

void make_mistakes(Day& day, World& world) {
  day.fail("usage", {"contact", "ad"}, 2);
  day.fail("usage-without-hint", {"message", "send", "--to", "+14155550000"}, 2);
  day.fail("invalid", {"contact", "add", "12"}, 2);
  day.fail("rule", {"segment", "preview", "tag:vip and plan = 'pro'"}, 2);
  day.fail("not-found", {"campaign", "show", "sprin"}, 5);
  day.fail("conflict", {"tenant", "create", "acme"}, 6);
  day.fail("refused", {"campaign", "test", "spring", "--to", "+14155550003"}, 8);
  const auto before = day.run;
  day.run = [&](Words words, const std::string&) {
    world.variables["SMSCRM_DATABASE_URL"] = "host=127.0.0.1 port=1 dbname=none";
    auto result = world(words);
    world.variables.erase("SMSCRM_DATABASE_URL");
    return result;
  };
  day.fail("unavailable", {"tenant", "list"}, 7);
  day.run = [&](const Words& words, const std::string&) {
    return run_command({"bash", "-c", "exec \"$0\" \"$@\" >/dev/full", built_program("smscrm"), words[0],
                        words[1], words[2], words[3]},
                       "", {{"SMSCRM_DATABASE_URL", world.db.url()}});
  };
  day.fail("internal", {"tenant", "list"}, 1);
  day.run = before;
  REQUIRE(world({"account", "set", "--sid", sid, "--token-file", "-"}, "another-token\n").status == 0);
  day.fail("denied", {"account", "check"}, 4);
}

void keep_hours(Day& day) {
  day("hours check", {"+13055550123", "--at", "2027-01-13T01:30:00Z"});
  const auto until = format_rfc3339(now() + std::chrono::hours{2});
  const auto id = day("hours suspend", {"US-LA", "--to", until, "--reason", "state of emergency"})["id"];
  day.look("hours show", {"US-TX"});
  day("hours resume", {std::to_string(id.get<int>())});
  auto data = nlohmann::json::parse(built_in_hours);
  data["as_of"] = "2030-01-01";
  day("hours update", {"-", "--dry-run"}, data.dump());
}

// Dumps: what pgBackRest makes is said in the same words.
void back_up(Day& day, World& world) {
  const TempDir dir, scratch;
  std::filesystem::permissions(scratch.path(),
                               static_cast<std::filesystem::perms>(0711));  // for user postgres
  world.variables["SMSCRM_BACKUP_DIRECTORY"] = dir.path();
  world.variables["SMSCRM_BACKUP_SCRATCH"] = scratch.path();
  day("backup create");
  day("backup verify");
  day.look("backup list");
  day.look("backup key");
  Connection admin{world.db.url()};
  pqxx::nontransaction plain{admin.handle()};
  const auto other = "restored_" + std::to_string(::getpid());
  plain.exec("CREATE DATABASE " + other);
  auto url = world.db.url();
  const auto name = url.find("dbname=");
  REQUIRE(name != std::string::npos);
  world.variables["SMSCRM_DATABASE_URL"] = url.replace(name, url.find(' ', name) - name, "dbname=" + other);
  day("backup restore");
  world.variables.erase("SMSCRM_DATABASE_URL");
  plain.exec("DROP DATABASE " + other + " WITH (FORCE)");
}

}  // namespace

TEST_CASE("every command's JSON is as its sample, and every command has one") {
  World world{"[settings]\nnumbers.\"+14155550001\" = {status = \"failed\", error_code = 30005}\n"};
  world.variables["SMSCRM_ACTOR"] = "anna";
  world.variables["SMSCRM_WEBHOOK_ALLOW_NETWORKS"] = "127.0.0.0/8";
  const TempDir dir;
  Day day;
  day.run = [&](const Words& words, const std::string& input) { return world(words, input); };

  set_up(day, dir);
  day.look("top", {"--interval", "1s"});
  let_in(day, world);
  bring_people(day, dir);
  write_texts(day);
  send(day, world);
  day.look("doctor");
  audit(day, world);
  go_on(day, dir);
  hear(day, world);
  tell(day, world);
  count_clicks(day);
  take_out(day, dir);
  decide(day);
  keep_servers(day);
  keep_hours(day);
  back_up(day, world);
  day("backup fence", {"--reason", "before a move"});
  day.look("backup status");
  day("backup resume", {"-y"});
  for (const char* shell : {"bash", "zsh", "fish"}) day(std::string{"completion "} + shell);
  day("retention hold", {"+14155550021", "--reason", "case 12"});
  day.look("retention holds");
  day("retention release", {"1", "-y"});
  day("retention set", {"agents", "30d", "-y"});
  day.look("retention show");
  day("retention keep", {"agents"});
  day("contact merge", {"+14155550020", "--into", "+14155550021", "-y"});
  day("contact delete", {"+14155550021", "-y"});
  day("contact erase", {"+14155550020", "--reason", "letter of 3 May", "-y"});
  day.look("contact erasures");
  make_mistakes(day, world);
  day.prepare({"tenant", "create", "other"});
  day("tenant delete", {"other", "-y"});

  CHECK(day.seen == commands_of_the_tree());
  const std::set<std::string> codes{
      "usage",   "invalid",     "not_found", "conflict",     "denied",
      "refused", "unavailable", "internal",  "unknown_field"};  // of rules, one of many
  CHECK(day.codes == codes);
  auto samples = day.errors;
  for (const auto& command : day.seen)
    if (!silent.contains(command) && !unsteady.contains(command)) samples.insert(file_name(command));
  CHECK(stored_samples() == samples);
}
