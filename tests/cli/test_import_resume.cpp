// A killed import goes on as if nothing had been: with the real program and the real signal.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

// Some chunks of rows of every kind; beginning and end share numbers.
std::string make_csv(int rows) {
  std::string csv = "phone,name,consent,drink\n";
  for (int i = 0; i < rows; ++i) {
    if (i % 100 == 7)
      csv += fmt::format("n/a {},Bad,,\n", i);
    else
      csv += fmt::format("+1415{:07},N{},{},tea\n", 5'550'000 + (i % 50 == 3 ? i / 2 : i), i,
                         i % 10 == 0   ? "yes"
                         : i % 10 == 1 ? "no"
                                       : "");
  }
  return csv;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

struct Cli {
  TestDb db;
  TempDir dir;
  Cli() {
    add_test_tenant(db, "killed");
    add_test_tenant(db, "undisturbed");
  }

  std::map<std::string, std::string> environment(const std::string& tenant) const {
    return {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", tenant}};
  }
  CommandResult operator()(const std::string& tenant, std::vector<std::string> words) const {
    words.insert(words.begin(), {"smscrm", "import"});
    return run_command(words, "", environment(tenant));
  }
  nlohmann::ordered_json newest() const {
    return (*this)("killed", {"list", "--limit", "1", "-o", "json"}).json();
  }
  template <class Condition>
  void await(Condition&& holds) const {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60}; !holds();
         std::this_thread::sleep_for(std::chrono::milliseconds{20}))
      REQUIRE(std::chrono::steady_clock::now() < end);
  }

  // What a tenant has, without the numbers that the database gave.
  std::string everything(const std::string& tenant) {
    return db.run([&](Tx& tx) {
      return exec(tx,
                  "SELECT md5((SELECT string_agg(concat_ws('|', msisdn, first_name, attributes, tags,"
                  "                                        i.status), ';' ORDER BY msisdn)"
                  "              FROM contact c JOIN import i ON i.tenant_id = t.id AND i.id = c.import_id"
                  "             WHERE c.tenant_id = t.id)) || ' ' ||"
                  "       (SELECT count(*) FROM list_member WHERE tenant_id = t.id) || ' ' ||"
                  "       (SELECT count(*) || ' ' || count(DISTINCT import_id) FROM consent_event"
                  "         WHERE tenant_id = t.id) || ' ' ||"
                  "       (SELECT md5(string_agg(msisdn || state, ';' ORDER BY msisdn)) FROM consent"
                  "         WHERE tenant_id = t.id) || ' ' ||"
                  "       (SELECT md5(string_agg(concat_ws('|', line, reason, fields), ';' ORDER BY line))"
                  "          FROM import_reject WHERE tenant_id = t.id)"
                  "  FROM tenant t WHERE slug = $1",
                  tenant)
          .front()[0]
          .as<std::string>();
    });
  }
};

// The file comes through a pipe, so that it can stop in the middle.
class SlowImport {
 public:
  SlowImport(const Cli& cli, const std::string& pipe, const std::vector<std::string>& flags) {
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::vector<std::string> words{built_program("smscrm"), "import", "run", pipe};
    words.insert(words.end(), flags.begin(), flags.end());
    auto variables = child_environment(cli.environment("killed"));
    std::vector<char*> argv, envp;
    for (auto& word : words) argv.push_back(word.data());
    for (auto& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr), envp.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const int words_of_it = ::open((pipe + ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(words_of_it, STDERR_FILENO), ::dup2(words_of_it, STDOUT_FILENO);
      ::execve(argv[0], argv.data(), envp.data());
      ::_exit(127);
    }
    end_ = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  }
  ~SlowImport() {
    if (pid_ > 0) kill();
    ::close(end_);
  }
  SlowImport(const SlowImport&) = delete;

  void write(std::string_view text) const {
    while (!text.empty()) {
      const auto count = ::write(end_, text.data(), text.size());
      REQUIRE(count > 0);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void kill() { end(SIGKILL); }
  // Returns how it ended, as waitpid says it.
  int end(int signal) {
    int status = 0;
    ::kill(pid_, signal);
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
  int end_;
};

}  // namespace

TEST_CASE("a killed import is resumed, and all is as if nobody had disturbed it") {
  Cli cli;
  const auto csv = make_csv(45'000);
  const auto file = cli.dir.write("contacts.csv", csv);
  const auto pipe = cli.dir.path() + "/pipe.csv", rejects = cli.dir.path() + "/bad.csv",
             plain_rejects = cli.dir.path() + "/plain.csv";
  SlowImport slow{cli, pipe, {"--list", "spring", "--rejects", rejects, "--key", "n7"}};
  slow.write(std::string_view{csv}.substr(0, csv.size() * 4 / 5));
  cli.await([&] { return !cli.newest().empty() && cli.newest()[0]["rows"] > 0; });
  const auto running = cli.newest()[0];
  const auto id = running["import"].dump();
  CHECK(running["status"] == "running");
  CHECK(running["rows"] < 45'000);
  CHECK(cli("killed", {"resume", id, file}).status == 6);
  slow.kill();
  cli.await([&] { return cli.newest()[0]["status"] == "interrupted"; });
  const auto shown = cli("killed", {"show", id, "-o", "json"});
  CHECK(shown.json()["status"] == "interrupted");
  CHECK(shown.json()["rows"] == running["rows"]);
  CHECK(shown.err.find("smscrm import resume " + id) != std::string::npos);

  const auto other = cli.dir.write("other.csv", make_csv(45'000).insert(30, "4"));
  const auto refused = cli("killed", {"resume", id, other});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("that is not the file of import " + id) != std::string::npos);
  std::filesystem::remove(pipe);
  CHECK(cli("killed", {"resume", id}).status == 5);  // the file has gone

  const auto resumed = cli("killed", {"resume", id, file, "-o", "json"});
  CAPTURE(resumed.err);
  CHECK(resumed.status == 3);
  const auto plain =
      cli("undisturbed", {"run", file, "--list", "spring", "--rejects", plain_rejects, "-o", "json"});
  CHECK(plain.status == 3);
  for (const char* fact : {"status", "rows", "created", "updated", "unchanged", "duplicate", "rejected",
                           "opted_out_kept", "reasons", "warnings"}) {
    CAPTURE(fact);
    CHECK(resumed.json()[fact] == plain.json()[fact]);
  }
  CHECK(resumed.json()["import"].dump() == id);
  CHECK(resumed.json()["unchanged"] == 0);
  CHECK(resumed.json()["duplicate"] > 0);
  CHECK(resumed.json()["key"] == "n7");
  CHECK(read(rejects) == read(plain_rejects));
  auto killed = cli.everything("killed"), undisturbed = cli.everything("undisturbed");
  CHECK(killed == undisturbed);
  CHECK(cli("killed", {"resume", id, file}).status == 6);

  const auto again = cli("killed", {"run", file, "--key", "n7", "-o", "json"});
  CHECK(again.json()["replayed"] == true);
  CHECK(again.json()["created"] == resumed.json()["created"]);
}

TEST_CASE("a killed import that is repeated instead finds what was done unchanged, and can be undone") {
  Cli cli;
  const auto csv = make_csv(36'000);
  const auto file = cli.dir.write("contacts.csv", csv);
  SlowImport slow{cli, cli.dir.path() + "/pipe.csv", {"--key", "n7"}};
  slow.write(std::string_view{csv}.substr(0, csv.size() - 100));
  cli.await([&] { return !cli.newest().empty() && cli.newest()[0]["rows"] > 0; });
  slow.kill();
  cli.await([&] { return cli.newest()[0]["status"] == "interrupted"; });
  const auto killed = cli.newest()[0];

  const auto rejects = cli.dir.path() + "/bad.csv";
  const auto again = cli("killed", {"run", file, "--key", "n7", "--rejects", rejects, "-o", "json"}).json();
  CHECK(again["replayed"] == false);
  CHECK(again["unchanged"] == killed["created"]);
  CHECK(again["created"].get<int>() + again["unchanged"].get<int>() + again["duplicate"].get<int>() +
            again["rejected"].get<int>() ==
        36'000);
  const auto undone = cli("killed", {"undo", killed["import"].dump(), "--yes", "-o", "json"}).json();
  CHECK(undone["deleted"] == killed["created"]);
  CHECK(cli("killed", {"resume", killed["import"].dump(), file}).status == 6);  // undone is for good
}

TEST_CASE("an import that is interrupted says what is in, and the way on and back") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    Cli cli;
    const auto csv = make_csv(36'000);
    const auto file = cli.dir.write("contacts.csv", csv);
    const auto pipe = cli.dir.path() + "/pipe.csv", rejects = cli.dir.path() + "/bad.csv";
    SlowImport slow{cli, pipe, {"--rejects", rejects}};
    slow.write(std::string_view{csv}.substr(0, csv.size() - 100));
    cli.await([&] { return !cli.newest().empty() && cli.newest()[0]["rows"] > 0; });
    const auto id = cli.newest()[0]["import"].dump(), rows = cli.newest()[0]["rows"].dump();
    const int status = slow.end(signal);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
    const auto says = read(pipe + ".err");
    CHECK_MESSAGE(says.find(fmt::format("import {0} is interrupted after {1} rows; go on with \"smscrm import"
                                        " resume {0}\", take it back with \"smscrm import undo {0}\"",
                                        id, rows)) != std::string::npos,
                  says);
    CHECK(read(rejects).starts_with("reject_line"));
    cli.await([&] { return cli.newest()[0]["status"] == "interrupted"; });
    const auto resumed = cli("killed", {"resume", id, file, "-o", "json"});
    CAPTURE(resumed.err);
    CHECK(resumed.status == 3);
    CHECK(resumed.json()["rows"] == 36'000);
  }
}

}  // namespace smscrm
