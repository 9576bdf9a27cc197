// smscrmd health: what a container's probe is told.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

struct Probed {
  TempDir dir;
  TestDb db;
  std::string key = dir.write("key", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n");
  std::string file;
  std::unique_ptr<Daemon> daemon;

  void start(const std::string& http) {
    file = dir.write("smscrm.toml",
                     fmt::format("[database]\nurl = \"{}\"\n[secrets]\nkey_file = \"{}\"\n[http]\n{}\n",
                                 db.url(), key, http));
    daemon = std::make_unique<Daemon>(std::vector<std::string>{"smscrmd", "--config", file},
                                      std::map<std::string, std::string>{});
  }
  CommandResult ask(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"smscrmd", "health", "--config", file};
    words.insert(words.end(), more.begin(), more.end());
    // A probe asks no proxy, whatever the container's environment names.
    return run_command(words, "", {{"http_proxy", "http://127.0.0.1:1"}, {"no_proxy", ""}});
  }
};

}  // namespace

TEST_CASE("a daemon that runs is well, wherever it listens, and one that has ended is not") {
  Probed world;
  std::string listen;
  SUBCASE("on one address") { listen = fmt::format("127.0.0.1:{}", free_port()); }
  SUBCASE("on all") { listen = fmt::format("0.0.0.0:{}", free_port()); }
  SUBCASE("on a Unix socket") { listen = "unix:" + world.dir.path() + "/http.sock"; }
  world.start(fmt::format("listen = [\"{}\"]", listen));
  CHECK(world.ask().status == 0);
  CHECK(world.ask().out == "ok\n");
  CHECK(await([&] { return world.ask({"--ready"}).status == 0; }));
  world.daemon->kill();
  const auto dead = world.ask();
  CHECK(dead.status == 1);
  CHECK(dead.out.empty());
  CHECK(dead.err.find("smscrmd: " + listen + " does not answer: ") == 0);
}

TEST_CASE("readiness is asked for where it is answered, and an answer that is not 200 is told") {
  Probed world;
  const auto open = fmt::format("127.0.0.1:{}", free_port()),
             inner = fmt::format("127.0.0.1:{}", free_port());
  world.start(fmt::format("listen = [\"{}\"]\nadmin_listen = [\"{}\"]", open, inner));
  CHECK(await([&] { return world.ask({"--ready"}).status == 0; }));
  CHECK(world.ask().status == 0);
  const auto refused = world.ask({"--ready", "--listen", open});
  CHECK(refused.status == 1);
  CHECK(refused.err == "smscrmd: " + open + " answers 404: nothing here\n");
}

TEST_CASE("sockets that systemd holds have to be named") {
  Probed world;
  const auto listen = fmt::format("127.0.0.1:{}", free_port());
  world.start(fmt::format("listen = [\"{}\"]", listen));
  const auto asked = run_command({"smscrmd", "health", "--config", world.file, "--listen", "fd://"});
  CHECK(asked.status == 2);
  CHECK(asked.err.find("--listen ADDRESS") != std::string::npos);
}
