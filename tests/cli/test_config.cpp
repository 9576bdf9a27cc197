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

TEST_CASE("a setting is written into the user's file, and everything else in it stays") {
  const TempDir home;
  const std::map<std::string, std::string> variables{{"XDG_CONFIG_HOME", home.path()}};
  const auto cli = [&](std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"smscrm", "config"});
    return run_command(words, input, variables);
  };
  const auto path = home.path() + "/smscrm/smscrm.toml";
  const auto content = [&] { return run_command({"cat", path}).out; };
  CHECK(cli({"set", "log.level", "warn"}).status == 0);
  CHECK(content() == "[log]\nlevel = \"warn\"\n");
  CHECK(run_command({"stat", "-c", "%a", path}).out == "600\n");
  CHECK(cli({"set", "tenant", "acme"}).status == 0);
  CHECK(cli({"set", "http.listen", "127.0.0.1:1, unix:/run/x"}).status == 0);
  CHECK(cli({"set", "database.pool_size", "9"}).status == 0);
  CHECK(content() ==
        "tenant = \"acme\"\n[log]\nlevel = \"warn\"\n\n[http]\nlisten = [\"127.0.0.1:1\", \"unix:/run/x\"]\n"
        "\n[database]\npool_size = 9\n");
  home.write("smscrm/smscrm.toml",
             "# mine\n[http]  # outside\nlisten = [\n  \"127.0.0.1:1\",\n]\n# end\n[log]\n");
  CHECK(cli({"set", "http.listen", "127.0.0.1:2"}).status == 0);
  CHECK(cli({"set", "http.public_url", "-"}, "https://a.example\n").status == 0);
  CHECK(cli({"set", "log.level", "info"}).status == 0);
  const auto whole = content();
  CHECK(whole ==
        "# mine\n[http]  # outside\npublic_url = \"https://a.example\"\nlisten = [\"127.0.0.1:2\"]\n# "
        "end\n[log]\n"
        "level = \"info\"\n");
  CHECK(cli({"get", "http.public_url"}).out == "https://a.example\n");

  // What cannot be changes nothing.
  for (const auto& [key, value, says] :
       {std::tuple{"log.levl", "info", "did you mean \"log.level\"?"},
        std::tuple{"log.level", "loud", path.c_str()},
        std::tuple{"http.public_url", "sms.example.com", "must begin with http"}}) {
    const auto refused = cli({"set", key, value});
    CHECK(refused.status == 2);
    CHECK_MESSAGE(refused.err.find(says) != std::string::npos, refused.err);
    CHECK(refused.err.find(".new") == std::string::npos);
  }
  CHECK(content() == whole);
  home.write("smscrm/smscrm.toml", "log = { level = \"info\" }\n");
  CHECK(cli({"set", "log.level", "warn"}).err.find("change it with an editor") != std::string::npos);
  CHECK(content() == "log = { level = \"info\" }\n");
  CHECK(run_command({"ls", home.path() + "/smscrm"}).out == "smscrm.toml\n");

  CHECK(cli({"path"}).out == "/etc/smscrm/smscrm.toml\n" + path + "\n");
  CHECK(cli({"get", "log.levl"}).status == 2);
}

TEST_CASE("a file that is not there, and mistakes in their order") {
  const auto none = run_command({"smscrm", "--config", "/nonexistent.toml", "config", "check"});
  CHECK(none.status == 2);
  CHECK(none.err.find("/nonexistent.toml: No such file or directory") != std::string::npos);
  const TempDir dir;
  const auto file = dir.write("a.toml", "[webhook]\nx = 1\n[http]\ny = 2\n[log]\nz = 3\n");
  const auto wrong = run_command({"smscrm", "--config", file, "config", "check"}).err;
  const auto at = [&](const char* line) { return wrong.find(file + line); };
  CHECK(at(":2:") < at(":4:"));
  CHECK(at(":4:") < at(":6:"));
  CHECK(at(":6:") != std::string::npos);
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

TEST_CASE("mistakes come in the file's order, and a file that is not there is one") {
  const TempDir dir;
  const auto file = dir.write("a.toml",
                              "[http]\npublic_url = \"x\"\n[twilio]\ntimeout = \"x\"\nmaxx = 1\n[aa]\nb = 1\n"
                              "[log]\nlevel = \"loud\"\n");
  const auto result = run_command({"smscrm", "--config", file, "config", "check"});
  std::size_t before = 0;
  for (const auto* line : {":2: ", ":4: ", ":5: ", ":7: ", ":9: "}) {
    CAPTURE(line);
    const auto at = result.err.find(file + line);
    REQUIRE_MESSAGE(at != std::string::npos, result.err);
    CHECK(at >= before);
    before = at;
  }
  const auto none = run_command({"smscrm", "--config", "/nonexistent.toml", "config", "check"});
  CHECK(none.err == "smscrm: /nonexistent.toml: No such file or directory\n");
}

TEST_CASE("a variable that nothing reads is told, and the nearest that something does") {
  const auto result = run_command({"smscrm", "config", "check"}, "", {{"SMSCRM_TENNANT", "acme"}});
  CHECK(result.status == 0);
  CHECK(result.err.find("SMSCRM_TENNANT is set, and nothing reads it; did you mean SMSCRM_TENANT?") == 0);
  CHECK(run_command({"smscrm", "-q", "config", "check"}, "", {{"SMSCRM_TENNANT", "acme"}}).err == "");
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
