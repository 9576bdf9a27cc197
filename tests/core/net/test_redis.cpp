#include <atomic>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/net/redis.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("values come back, whatever bytes they are made of") {
  Redis redis{test_redis_url()};
  CHECK(redis.ping());
  const std::string value{"%s \0 \r\n", 7};
  CHECK(redis.set("test %d", value, 60s));
  CHECK(redis.get("test %d") == value);
  CHECK_FALSE(redis.get("absent"));
}

TEST_CASE("without a server every call says no, and nothing is thrown") {
  for (const char* url : {"", "unix:/nowhere/redis.sock", "redis://127.0.0.1:1"}) {
    CAPTURE(url);
    Redis redis{url};
    CHECK_FALSE(redis.ping());
    CHECK_FALSE(redis.publish("a", "b"));
    CHECK_FALSE(redis.get("a"));
  }
}

namespace {

// A Redis of its own, on ports of 127.0.0.1: plain, and over TLS with a certificate of an authority of its
// own.
class OwnRedis {
 public:
  explicit OwnRedis(const std::vector<std::string>& users) : port_(free_port()), tls_port_(free_port()) {
    const auto openssl = [&](const std::vector<std::string>& words) {
      std::vector<std::string> command{"openssl"};
      command.insert(command.end(), words.begin(), words.end());
      const auto result = run_command(command);
      if (result.status != 0) throw std::runtime_error(result.err);
    };
    const auto in = [&](const char* name) { return dir_.path() + "/" + name; };
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", in("key"), "-out",
             in("crt")});
    std::vector<std::string> command{"redis-server",
                                     "--port",
                                     fmt::format("{}", port_),
                                     "--tls-port",
                                     fmt::format("{}", tls_port_),
                                     "--tls-cert-file",
                                     in("crt"),
                                     "--tls-key-file",
                                     in("key"),
                                     "--tls-ca-cert-file",
                                     in("crt"),
                                     "--tls-auth-clients",
                                     "no",
                                     "--save",
                                     "",
                                     "--bind",
                                     "127.0.0.1",
                                     "--dir",
                                     dir_.path(),
                                     "--daemonize",
                                     "yes",
                                     "--pidfile",
                                     in("pid"),
                                     "--logfile",
                                     in("log")};
    for (const auto& user : users) {
      command.emplace_back("--user");
      for (const auto& word : split(user, ' ')) command.push_back(word);
    }
    const auto started = run_command(command);
    if (started.status != 0) throw std::runtime_error(started.out + started.err);
    for (int i = 0; i < 1000 && !answers(); ++i) std::this_thread::sleep_for(10ms);
  }
  OwnRedis(const OwnRedis&) = delete;
  ~OwnRedis() {
    std::ifstream file{dir_.path() + "/pid"};
    if (pid_t pid = 0; file >> pid) ::kill(pid, SIGKILL);
  }

  std::string url(const std::string& user) const {
    return fmt::format("redis://{}127.0.0.1:{}", user, port_);
  }
  std::string tls_url(const std::string& user, bool with_authority = true) const {
    return fmt::format("rediss://{}127.0.0.1:{}{}", user, tls_port_,
                       with_authority ? "?ca=" + dir_.path() + "/crt" : "");
  }

 private:
  bool answers() const {
    return run_command({"redis-cli", "-p", fmt::format("{}", port_), "PING"}).out.find_first_of("PN") == 0;
  }
  TempDir dir_;
  int port_, tls_port_;
};

}  // namespace

TEST_CASE("users and passwords are told apart, and whoever needs none is found out") {
  const OwnRedis guarded{{"default on >p@ss:w%ord ~* &* +@all", "ann on >secret ~* &* +@all"}};
  set_log(LogLevel::off, LogFormat::logfmt);
  struct Case {
    const char* user;
    bool is_let_in;
  };
  const Case cases[] = {
      {"", false},           {":wrong@", false},    {":p%40ss:w%ord@", true}, {":p@ss:w%25ord@", true},
      {"ann:secret@", true}, {"ann:p%40ss@", false}};
  for (const auto& c : cases) {
    CAPTURE(c.user);
    CHECK(Redis{guarded.url(c.user)}.ping() == c.is_let_in);
  }
  CHECK_FALSE(is_open_to_all(guarded.url(":p%40ss:w%ord@")));
  CHECK_FALSE(is_open_to_all(test_redis_url()));  // a socket
  CHECK_FALSE(is_open_to_all("redis://127.0.0.1:1"));
  const OwnRedis open{{}};
  CHECK(is_open_to_all(open.url("")));
  CHECK(is_open_to_all(open.url("ann:secret@")));
}

TEST_CASE("over TLS the peer has to prove who it is") {
  const OwnRedis redis{{"default on >secret ~* &* +@all"}};
  set_log(LogLevel::off, LogFormat::logfmt);
  Redis trusted{redis.tls_url(":secret@")};
  CHECK(trusted.ping());
  const std::string big(200'000, 'x');
  CHECK(trusted.set("big", big, 60s));
  CHECK(trusted.get("big") == big);
  CHECK_FALSE(Redis{redis.tls_url(":secret@", false)}.ping());
  std::string other_name = redis.tls_url(":secret@");
  other_name.replace(other_name.find("127.0.0.1"), 9, "localhost");
  CHECK_FALSE(Redis{other_name}.ping());

  std::atomic<int> woken{0};
  WakeListener listener{redis.tls_url(":secret@"), [&] {
                          ++woken;
                          woken.notify_all();
                        }};
  std::jthread thread{[&](std::stop_token stop) { listener.run(std::move(stop)); }};
  woken.wait(0);
  const int before = woken;
  publish_wake(trusted);
  woken.wait(before);
  CHECK(woken > before);
}

TEST_CASE("an address that is none is refused") {
  for (const char* url :
       {"localhost", "redis://", "redis://host:port", "unix:", "rediss://", "http://host"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(Redis{url}, Error);
  }
}

TEST_CASE("a wake-up reaches the listener, which stops when told to") {
  std::atomic<int> woken{0};
  WakeListener listener{test_redis_url(), [&] {
                          ++woken;
                          woken.notify_all();
                        }};
  std::jthread thread{[&](std::stop_token stop) { listener.run(std::move(stop)); }};
  woken.wait(0);  // subscribed
  // Whoever else uses this Redis wakes it too, so it may hear more than this, and never nothing.
  const int before = woken;
  Redis redis{test_redis_url()};
  publish_wake(redis);
  woken.wait(before);
  CHECK(woken > before);
}
