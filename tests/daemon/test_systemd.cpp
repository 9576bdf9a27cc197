// smscrmd as systemd runs it: notifications, the watchdog, reloads and passed sockets.
#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <memory>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/net/curl.hpp"
#include "core/net/redis.hpp"
#include "daemon/service.hpp"
#include "daemon/worker.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/test_db.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// What systemd listens on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof at.sun_path);
    path.copy(at.sun_path, path.size());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  }
  NotifySocket(const NotifySocket&) = delete;
  ~NotifySocket() { ::close(fd_); }

  // The next message that is not about the watchdog; "" when none comes.
  std::string next() {
    return next_if([](const std::string& text) { return text != "WATCHDOG=1"; });
  }
  bool hears_watchdog() {
    return next_if([](const std::string& text) { return text == "WATCHDOG=1"; }) != "";
  }

 private:
  std::string next_if(const std::function<bool(const std::string&)>& wanted) {
    for (pollfd wait{fd_, POLLIN, 0}; ::poll(&wait, 1, 20'000) == 1;) {
      char text[1000];
      const auto size = ::recv(fd_, text, sizeof text, 0);
      if (std::string message(text, static_cast<std::size_t>(size)); wanted(message)) return message;
    }
    return "";
  }
  int fd_;
};

struct Host {
  TempDir dir;
  TestDb db;
  NotifySocket manager{dir.path() + "/notify"};
  std::string file = dir.path() + "/smscrm.toml";
  std::string key = dir.write("key", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n");
  std::string listen = "127.0.0.1:" + std::to_string(free_port());
  std::map<std::string, std::string> environment{{"NOTIFY_SOCKET", dir.path() + "/notify"}};

  Host() { configure(""); }
  void configure(const std::string& more) const {
    std::ofstream{file} << "[database]\nurl = \"" << db.url() << "\"\n[secrets]\nkey_file = \"" << key
                        << "\"\n[http]\nlisten = [\"" << listen << "\"]\n"
                        << more;
  }
  std::unique_ptr<Daemon> start(int passed = -1) const {
    return std::make_unique<Daemon>(std::vector<std::string>{"smscrmd", "--config", file}, environment,
                                    passed);
  }
  // Sends SIGHUP and waits for the end of the reload; what systemd is told then.
  std::string reload(const Daemon& daemon) {
    daemon.signal(SIGHUP);
    const auto begun = manager.next();
    CHECK(begun.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    return manager.next();
  }
};

int get(const std::string& address) {
  HttpCall call;
  call.url = "http://" + address + "/readyz";
  return http_request(call).status;
}

}  // namespace

TEST_CASE("systemd hears READY once requests are answered, and STOPPING at the end") {
  Host host;
  const auto daemon = host.start();
  CHECK(host.manager.next() == "READY=1\nSTATUS=serving");
  CHECK(get(host.listen) == 200);
  CHECK(daemon->stop() == 0);
  CHECK(host.manager.next() == "STOPPING=1\nSTATUS=stopping");
}

TEST_CASE("the watchdog hears of us again and again") {
  Host host;
  host.environment["WATCHDOG_USEC"] = "400000";
  const auto daemon = host.start();
  CHECK(host.manager.hears_watchdog());
  CHECK(host.manager.hears_watchdog());
}

TEST_CASE("who waits for the database is no hang, unless it never answers, and then is found by its name") {
  Host host;
  Config config;
  config.database.url = host.db.url();
  config.secrets.key_file = host.key;
  config.http.listen = {"127.0.0.1:0"};
  config.http.public_url = "http://127.0.0.1";
  config.scheduler.receipt_overdue = 2s;  // looked for five times a second
  struct Case {
    const char *table, *thread;
  };
  for (const auto& [table, thread] : {Case{"tenant", "directory"}, Case{"campaign", "scheduler"},
                                      Case{"receipt_sweep", "reconciler"}, Case{"daemon", "sender database"}}) {
    CAPTURE(table);
    Service service{config};
    service.start();
    constexpr auto limit = 4s;  // tenants are read every three seconds
    Connection blocker{host.db.url(), "test"};
    in_transaction(blocker, [&, table = table, thread = thread](Tx& tx) {
      exec(tx, fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table));
      CHECK(await([&] { return service.find_stuck(limit, limit) == thread; }));
      CHECK_FALSE(service.find_stuck(limit));
    });
    CHECK(await([&] { return !service.find_stuck(limit, limit); }));
    service.stop();
  }
}

TEST_CASE("a thread that works on and on is found by its name, and only while it does") {
  // Once open, open for every call: whoever else uses this Redis wakes it too.
  std::atomic_flag called, go_on;
  WakeListener listener{test_redis_url(), [&] {
                          called.test_and_set();
                          called.notify_one();
                          go_on.wait(false);
                        }};
  const auto is_stuck = [](const Worker& worker) {
    return worker.pulse().is_stuck(std::chrono::steady_clock::now(), 3s, 1h);
  };
  Worker worker{"wake", [&](std::stop_token stop) { listener.run(stop); }};
  called.wait(false);
  CHECK(await([&] { return is_stuck(worker); }));
  go_on.test_and_set();
  go_on.notify_one();
  CHECK(await([&] { return !is_stuck(worker); }));
  // Without news from Redis it turns all the same.
  CHECK_FALSE(await([&] { return is_stuck(worker); }, 5s));
  worker.stop();
}

TEST_CASE("SIGHUP swaps what can change, and says what waits for a restart") {
  Host host;
  const auto daemon = host.start();
  host.manager.next();
  host.configure("public_url = \"https://sms.example.com\"\n[sender]\nbatch = 9\n[log]\nformat = \"json\"\n");
  CHECK(host.reload(*daemon) == "READY=1\nSTATUS=serving");
  CHECK(daemon->log().find("\"msg\":\"configuration reloaded\",\"changed\":\"sender.batch,log.format\","
                           "\"kept_until_restart\":\"http.public_url\"") != std::string::npos);
  host.configure("[log]\nlevel = \"off\"\n");
  CHECK(host.reload(*daemon) == "READY=1\nSTATUS=serving");
  CHECK(daemon->stop() == 0);
  CHECK(daemon->log().find("stopping") == std::string::npos);
}

TEST_CASE("a configuration with mistakes is refused with their lines, and the old one goes on") {
  Host host;
  const auto daemon = host.start();
  host.manager.next();
  host.configure("[sender]\nbatch = 0\nbotch = 1\n");
  CHECK(host.reload(*daemon).find("refused") != std::string::npos);
  const auto log = daemon->log();
  CHECK(log.find("configuration refused, the old one stays") != std::string::npos);
  CHECK(log.find("smscrm.toml:8: sender.batch") != std::string::npos);
  CHECK(log.find("smscrm.toml:9: unknown key") != std::string::npos);
  CHECK(get(host.listen) == 200);
  host.configure("[sender]\nbatch = 5\n");
  CHECK(host.reload(*daemon) == "READY=1\nSTATUS=serving");
}

TEST_CASE("a socket that systemd passes is served, and left open for the next daemon") {
  Host host;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(socket, 16) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  const auto address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  host.listen = "fd://";
  host.configure("");
  for (int i = 0; i < 2; ++i) {
    const auto daemon = host.start(socket);
    CHECK(get(address) == 200);
    CHECK(daemon->stop() == 0);
  }
  // Before the daemon, "smscrmd check" runs without the socket.
  const auto check = run_command({"smscrmd", "check", "--config", host.file}, "", {});
  CHECK(check.status == 0);
  ::close(socket);
}
