#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "cli/app.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "core/tenant/live_name.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

std::vector<std::string> words_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> words;
  for (const auto& candidate : candidates) words.push_back(candidate.word);
  return words;
}

bool offers(const std::vector<Candidate>& candidates, const std::string& word) {
  return std::ranges::find(candidates, word, &Candidate::word) != candidates.end();
}

struct Tree {
  Context context;
  std::shared_ptr<CLI::App> root = make_app(context);

  std::vector<Candidate> complete(const std::vector<std::string>& words) {
    return smscrm::complete(*root, context, words);
  }
};

void check_command(Tree& tree, CLI::App& app, std::vector<std::string> path) {
  const auto what = path;
  CAPTURE(what);
  path.emplace_back("");
  const auto below = app.get_subcommands(nullptr);
  if (!below.empty()) {
    const auto offered = tree.complete(path);
    for (const auto* sub : below) CHECK_MESSAGE(offers(offered, sub->get_name()), sub->get_name());
  }
  path.back() = "--";
  const auto flags = tree.complete(path);
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) CHECK_MESSAGE(offers(flags, "--" + name), name);
  CHECK(offers(flags, "--tenant"));
  for (const auto& flag : flags) CHECK_MESSAGE(!flag.description.empty(), flag.word << " has no help");
  for (auto* sub : below) {
    path.back() = sub->get_name();
    check_command(tree, *sub, path);
  }
}

TEST_CASE("every command and flag of the tree is completed and explained") {
  Tree tree;
  check_command(tree, *tree.root, {});
}

TEST_CASE("what may come next") {
  struct Case {
    std::vector<std::string> words;
    std::vector<std::string> want;
  };
  const Case cases[] = {
      {{"tenan"}, {"tenant"}},
      {{"tenant", "cr"}, {"create"}},
      {{"-o", "csv", "tenant", "cr"}, {"create"}},
      {{"tenant", "create", "acme", "--cons"}, {"--consent"}},
      {{"tenant", "create", "acme", "--consent", ""}, {"recorded", "implied"}},
      {{"tenant", "create", "acme", "--consent=i"}, {"--consent=implied"}},
      {{"tenant", "list", "-o", "js"}, {"json"}},
      {{"tenant", "list", "--config", ""}, {":files"}},
      {{"tenant", "list", ""}, {}},
      {{"webhook", "add", "crm", "--events", "cam"},
       {"campaign.launched", "campaign.paused", "campaign.resumed", "campaign.canceled", "campaign.finished",
        "campaign.*"}},
      {{"webhook", "update", "crm", "--events", "message.*,inbound,i"},
       {"message.*,inbound,import.finished", "message.*,inbound,import.failed",
        "message.*,inbound,import.*"}},
      {{"webhook", "update", "crm", "--events=o"}, {"--events=opt_out"}},
      {{"webhook", "add", "crm", "--events", "*"}, {"*"}},
      {{"nonsense", ""}, {}},
  };
  for (const auto& c : cases) {
    Tree tree;
    CAPTURE(c.words);
    CHECK(words_of(tree.complete(c.words)) == c.want);
  }
}

// A busy machine may take longer than a completion has, which then ends without a word: it is asked again.
CommandResult ask_again(const std::vector<std::string>& command,
                        const std::map<std::string, std::string>& environment) {
  auto result = run_command(command, "", environment);
  for (int again = 0; again < 20 && result.out.empty(); ++again)
    result = run_command(command, "", environment);
  return result;
}

CommandResult ask(const TestDb& db, std::vector<std::string> words) {
  words.insert(words.begin(), {"smscrm", "__complete", "--"});
  return ask_again(words, {{"SMSCRM_DATABASE_URL", db.url()}});
}

TEST_CASE("live names come from the database, of the tenant named only") {
  TestDb db;
  const auto acme = add_test_tenant(db, "acme");
  const auto other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    for (const auto& [tenant, slug] :
         {std::pair{acme.id, "spring"}, {acme.id, "summer"}, {other.id, "secret"}}) {
      exec(tx, "INSERT INTO list (tenant_id, slug, name) VALUES ($1, $2, 'L')", tenant, slug);
      exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, $2, 'Hi')", tenant, slug);
    }
    for (const auto kind :
         {"TENANT", "ALIAS", "CAMPAIGN", "LIST", "TEMPLATE", "SENDER", "IMPORT", "AUDIENCE"}) {
      CHECK(is_live_name_kind(kind));
      CHECK_NOTHROW(list_live_names(tx, kind, "acme", ""));
    }
    CHECK(list_live_names(tx, "LIST", "", "").empty());
  });
  CHECK(ask(db, {"tenant", "show", "a"}).out == "acme\tAcme Coffee\n");
  CHECK(ask(db, {"--tenant", "acme", "template", "show", "s"}).out == "spring\tHi\nsummer\tHi\n");
  CHECK(ask(db, {"campaign", "create", "x", "--tenant", "acme", "--audience", "list:sp"}).out ==
        "list:spring\tL\n");
}

TEST_CASE("no database is no reason for a message") {
  for (const auto& url :
       {"", "postgresql://smscrm@/smscrm?host=/nonexistent", "postgresql://smscrm@10.255.255.1/x"}) {
    const auto result =
        run_command({"smscrm", "__complete", "--", "tenant", "show", ""}, "", {{"SMSCRM_DATABASE_URL", url}});
    CHECK(result.status == 0);
    CHECK(result.out == "");
    CHECK(result.err == "");
  }
}

// The program must be found in PATH under its own name; fish wants to write into its home.
std::map<std::string, std::string> shell_environment(const TempDir& home) {
  const auto program = built_program("smscrm");
  return {{"PATH", program.substr(0, program.rfind('/')) + ":/usr/bin:/bin"},
          {"HOME", home.path()},
          {"XDG_CONFIG_HOME", home.path()}};
}

TEST_CASE("bash completes words, also those with colons and equals signs") {
  const TempDir home;
  struct Case {
    std::string line, want;
  };
  const Case cases[] = {
      {"COMP_WORDS=(smscrm tenant cr) COMP_CWORD=2", "create\n"},
      {"COMP_WORDS=(smscrm tenant create a --consent = imp) COMP_CWORD=6", "implied\n"},
      {"COMP_WORDS=(smscrm -o '') COMP_CWORD=2", "table json ndjson csv\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.line);
    const auto result =
        ask_again({"bash", "-c",
                   "source <(smscrm completion bash)\n" + c.line +
                       " && _smscrm && [ ${#COMPREPLY[@]} -gt 0 ] && echo \"${COMPREPLY[@]}\"\n"},
                  shell_environment(home));
    CHECK(result.out == c.want);
    CHECK(result.err == "");
  }
}

TEST_CASE("zsh and fish accept their scripts") {
  const TempDir dir;
  for (const std::string shell : {"zsh", "fish"}) {
    if (run_command({shell, "--version"}, "", shell_environment(dir)).status == 127)
      continue;  // not installed
    const auto script = dir.write("script", run_command({"smscrm", "completion", shell}).out);
    const auto result = run_command({shell, "-n", script}, "", shell_environment(dir));
    CHECK_MESSAGE(result.status == 0, result.err);
  }
  if (run_command({"fish", "--version"}, "", shell_environment(dir)).status == 0) {
    const auto result =
        ask_again({"fish", "-c", "smscrm completion fish | source; complete -C 'smscrm tenant cr'"},
                  shell_environment(dir));
    CHECK(result.out.find("create") == 0);
  }
}

}  // namespace
}  // namespace smscrm
