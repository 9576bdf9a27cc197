#include <doctest/doctest.h>

#include "tests/support/command.hpp"

namespace smscrm {
namespace {

std::string origin_of(const CommandResult& shown, const std::string& key, const std::string& value) {
  for (const auto& row : shown.json())
    if (row["key"] == key && row["value"] == value) return row["origin"];
  return "no such value";
}

TEST_CASE("later layers win, and each value tells where it is from") {
  const TempDir dir;
  const auto password = dir.write("url", "postgresql://me:secret@db/smscrm\n");
  const auto file = dir.write("a.toml",
                              "[http]\nlisten = [\"127.0.0.1:1\", \"unix:/run/x\"]\n"
                              "[twilio]\ntimeout = \"3s\"\nmax_in_flight = 9\n"
                              "[log]\nlevel = \"warn\"\n");
  const auto shown =
      run_command({"smscrm", "--config", file, "config", "show", "-o", "json", "--log-level", "error"}, "",
                  {{"SMSCRM_TWILIO_TIMEOUT", "250ms"}, {"SMSCRM_DATABASE_URL_FILE", password}});
  REQUIRE_MESSAGE(shown.status == 0, shown.err);
  CHECK(origin_of(shown, "http.listen", "127.0.0.1:1,unix:/run/x") == file + ":2");
  CHECK(origin_of(shown, "twilio.timeout", "250ms") == "SMSCRM_TWILIO_TIMEOUT");
  CHECK(origin_of(shown, "twilio.max_in_flight", "9") == file + ":5");
  CHECK(origin_of(shown, "log.level", "error") == "--log-level");
  CHECK(origin_of(shown, "sender.enabled", "true") == "default");
  CHECK(origin_of(shown, "database.url", "postgresql://me:***@db/smscrm") == "SMSCRM_DATABASE_URL_FILE");
}

TEST_CASE("the user's file is read unless --config names another") {
  const TempDir dir;
  run_command({"mkdir", dir.path() + "/smscrm"});
  dir.write("smscrm/smscrm.toml", "[log]\nformat = \"json\"\n");
  const auto shown =
      run_command({"smscrm", "config", "show", "-o", "json"}, "", {{"XDG_CONFIG_HOME", dir.path()}});
  CHECK(origin_of(shown, "log.format", "json") == dir.path() + "/smscrm/smscrm.toml:2");
  CHECK(run_command({"smscrm", "config", "show"}, "", {{"SMSCRM_CONFIG", "/nonexistent.toml"}}).status == 2);
}

TEST_CASE("a network that is none is a mistake with its place") {
  const auto result = run_command({"smscrm", "config", "check"}, "",
                                  {{"SMSCRM_WEBHOOK_ALLOW_NETWORKS", "10.0.0.0/8,10.0.0.0/99"}});
  CHECK(result.status == 2);
  CHECK(result.err.find("SMSCRM_WEBHOOK_ALLOW_NETWORKS: \"10.0.0.0/99\" in webhook.allow_networks") !=
        std::string::npos);
}

TEST_CASE("every mistake is reported at once, with its place and the nearest key") {
  const TempDir dir;
  const auto file = dir.write("a.toml",
                              "[databse]\nurl = \"x\"\n"
                              "[log]\nlevel = \"loud\"\nformt = \"json\"\n"
                              "[http]\nlisten = \"127.0.0.1:1\"\npublic_url = \"sms.example.com\"\n");
  const auto result =
      run_command({"smscrm", "--config", file, "config", "check"}, "", {{"SMSCRM_SENDER_BACH", "1"}});
  CHECK(result.status == 2);
  CHECK(result.out == "");
  for (const auto& part : {":2: unknown key \"databse.url\"; did you mean \"database.url\"?",
                           ":4: log.level: ", ":5: unknown key \"log.formt\"; did you mean \"log.format\"?",
                           ":8: http.public_url: ",
                           "SMSCRM_SENDER_BACH: no such setting; did you mean \"SMSCRM_SENDER_BATCH\"?"}) {
    CAPTURE(part);
    CAPTURE(result.err);
    CHECK(result.err.find(part) != std::string::npos);
  }
}

TEST_CASE("a key file that cannot be used is one clear line") {
  const TempDir dir;
  for (const auto& file : {std::string{"/nonexistent/key"}, dir.write("bad", "not a key\n")}) {
    CAPTURE(file);
    const auto result = run_command({"smscrm", "config", "check"}, "", {{"SMSCRM_SECRETS_KEY_FILE", file}});
    CHECK(result.status == 2);
    CHECK(result.err.find(file) != std::string::npos);
  }
}

}  // namespace
}  // namespace smscrm
