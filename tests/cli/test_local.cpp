#include <filesystem>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/daemon.hpp"

namespace smscrm {
namespace {

// A listening socket on a port of 127.0.0.1 that nobody else has.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket_, 1);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    number = std::to_string(ntohs(address.sin_port));
  }
  ~TakenPort() { ::close(socket_); }
  TakenPort(const TakenPort&) = delete;
  std::string number;

 private:
  int socket_;
};

struct LocalCli {
  TempDir dir;
  std::map<std::string, std::string> environment{{"SMSCRM_LOCAL_DIR", dir.path() + "/local"},
                                                 {"SMSCRM_LOCAL_PG_PORT", std::to_string(free_port())}};

  LocalCli() {
    std::filesystem::permissions(dir.path(), static_cast<std::filesystem::perms>(0711));  // for user postgres
  }
  ~LocalCli() { run({"local", "stop"}); }

  CommandResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "", environment);
  }
};

TEST_CASE("a local database serves commands from start to reset") {
  const LocalCli cli;
  CHECK(cli.run({"local", "status"}).status == 5);
  CHECK(cli.run({"tenant", "list"}).err.find("smscrm local start") != std::string::npos);

  const auto first = cli.run({"local", "start", "-o", "json"});
  REQUIRE_MESSAGE(first.status == 0, first.err);
  CHECK(first.json()["running"] == true);
  CHECK(cli.run({"local", "start"}).err.find("already running") == 0);

  // Redis has a socket in a directory of this user's alone, and no port.
  const auto redis = first.json()["redis_url"].get<std::string>();
  REQUIRE(redis.starts_with("unix:"));
  const auto socket = std::filesystem::path{redis.substr(5)};
  CHECK(std::filesystem::status(socket.parent_path()).permissions() == std::filesystem::perms::owner_all);
  CHECK(run_command({"redis-cli", "-s", socket, "config", "get", "port"}).out == "port\n0\n");

  const auto behind = cli.run({"tenant", "list"});
  CHECK(behind.status == 2);
  CHECK(behind.err.find("run \"smscrm migrate\"") != std::string::npos);
  CHECK(cli.run({"migrate"}).status == 0);
  CHECK(cli.run({"migrate"}).err == "nothing to do: the schema is up to date\n");
  CHECK(cli.run({"tenant", "create", "acme"}).status == 0);

  // Role smscrm must never be able to step over row-level security.
  const auto url = first.json()["database_url"].get<std::string>();
  CHECK(
      run_command({"psql", "-Atc", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user", url}).out ==
      "f\n");
  // And on the port it needs its password.
  const auto tcp = "postgresql://smscrm@127.0.0.1:" + cli.environment.at("SMSCRM_LOCAL_PG_PORT") + "/smscrm";
  const auto refused = run_command({"smscrm", "tenant", "list"}, "", {{"SMSCRM_DATABASE_URL", tcp}});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("password") != std::string::npos);

  CHECK(cli.run({"local", "stop"}).status == 0);
  const auto stopped = cli.run({"tenant", "list"});
  CHECK(stopped.status == 7);
  CHECK(stopped.err.find("start it again with \"smscrm local start\"") != std::string::npos);
  CHECK(cli.run({"local", "status", "-o", "json"}).json()["running"] == false);
  // Nobody has to say its port again, and another is no "already running".
  const auto unsaid = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"smscrm", "local"});
    return run_command(words, "", {{"SMSCRM_LOCAL_DIR", cli.environment.at("SMSCRM_LOCAL_DIR")}});
  };
  const auto again = unsaid({"start", "-o", "json"});
  REQUIRE_MESSAGE(again.status == 0, again.err);
  CHECK(again.json()["database_url"] == url);
  CHECK(unsaid({"start"}).status == 0);
  const auto elsewhere = unsaid({"start", "--pg-port", std::to_string(free_port())});
  CHECK(elsewhere.status == 6);
  CHECK(elsewhere.err.find("runs already, on port " + cli.environment.at("SMSCRM_LOCAL_PG_PORT")) !=
        std::string::npos);
  CHECK(cli.run({"tenant", "list", "-o", "json"}).json().size() == 1);  // the data outlived the stop

  CHECK(cli.run({"local", "reset"}).status == 2);
  CHECK(cli.run({"local", "reset", "--yes"}).status == 0);
  CHECK_FALSE(std::filesystem::exists(cli.dir.path() + "/local"));
}

TEST_CASE("Redis on a port asks for a password, which is not shown") {
  const LocalCli cli;
  const auto port = std::to_string(free_port());
  const auto started = cli.run({"local", "start", "--redis-port", port, "-o", "json"});
  REQUIRE_MESSAGE(started.status == 0, started.err);
  CHECK(started.json()["redis_url"] == "redis://:***@127.0.0.1:" + port);
  CHECK(run_command({"redis-cli", "-p", port, "PING"}).out.find("NOAUTH") == 0);
  REQUIRE(cli.run({"migrate"}).status == 0);
  const auto checked = cli.run({"doctor", "-o", "json"}).json();
  for (const auto& row : checked)
    if (row["check"] == "redis") CHECK(row["status"] == "ok");
}

TEST_CASE("a port in use is named together with the way out") {
  const LocalCli cli;
  const TakenPort taken;
  const auto result = cli.run({"local", "start", "--pg-port", taken.number});
  CHECK(result.status == 6);
  CHECK(result.err == "smscrm: port " + taken.number +
                          " on 127.0.0.1 is taken by another program\n"
                          "  choose another with --pg-port or SMSCRM_LOCAL_PG_PORT\n");
}

TEST_CASE("a directory that was there keeps its permissions, also when the start fails") {
  LocalCli cli;
  const auto directory = cli.dir.path() + "/local";
  std::filesystem::create_directory(directory);
  const auto open_to_all = static_cast<std::filesystem::perms>(01777);  // as /tmp is
  std::filesystem::permissions(directory, open_to_all);
  const TakenPort taken;
  cli.environment["SMSCRM_LOCAL_PG_PORT"] = taken.number;
  CHECK(cli.run({"local", "start"}).status == 6);
  CHECK(std::filesystem::status(directory).permissions() == open_to_all);
}

}  // namespace
}  // namespace smscrm
