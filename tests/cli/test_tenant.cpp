#include <doctest/doctest.h>

#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

struct Cli {
  TestDb db;
  CommandResult operator()(std::vector<std::string> words) const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "", {{"SMSCRM_DATABASE_URL", db.url()}});
  }
};

TEST_CASE("a tenant is created, shown, changed and deleted") {
  Cli cli;
  const auto created = cli({"tenant", "create", "acme", "--name", "Acme Coffee", "--timezone",
                            "America/New_York", "--country", "US", "--quiet-hours", "21:00-08:00"});
  CHECK(created.status == 0);
  CHECK(created.out == "");
  CHECK(created.err ==
        "created tenant acme\nassumed: the hours of the law where people are (--law-hours off for none), "
        "only who has"
        " recorded consent is texted\n");

  const auto shown = cli({"tenant", "show", "acme", "-o", "json"}).json();
  CHECK(shown["name"] == "Acme Coffee");
  CHECK(shown["timezone"] == "America/New_York");
  CHECK(shown["consent"] == "recorded");
  CHECK(shown["quiet_hours"] == "21:00-08:00");

  CHECK(cli({"tenant", "update", "acme", "--quiet-hours", "off", "--consent", "implied", "-q"}).err == "");
  const auto changed = cli({"tenant", "show", "acme", "-o", "json"}).json();
  CHECK(changed["name"] == "Acme Coffee");
  CHECK(changed["quiet_hours"] == "off");
  CHECK(changed["consent"] == "implied");

  const auto unasked = cli({"tenant", "delete", "acme"});
  CHECK(unasked.status == 2);
  CHECK(unasked.err.find("--yes") != std::string::npos);
  CHECK(cli({"tenant", "delete", "acme", "--yes"}).status == 0);
  CHECK(cli({"tenant", "show", "acme"}).status == 5);
}

TEST_CASE("a renamed tenant keeps its earlier slug for webhooks until it is dropped") {
  Cli cli;
  cli({"tenant", "create", "acme"});
  const auto renamed = cli({"tenant", "update", "acme", "--slug", "beta"});
  CHECK(renamed.status == 0);
  CHECK(renamed.err == "updated tenant beta\nits webhooks may still come to acme\n");
  CHECK(cli({"tenant", "show", "beta", "-o", "json"}).json()["aliases"] == nlohmann::json{"acme"});
  CHECK(cli({"tenant", "show", "acme"}).status == 5);
  const auto taken = cli({"tenant", "create", "acme"});
  CHECK(taken.status == 6);
  CHECK(taken.err.find("smscrm tenant update beta --drop-alias acme") != std::string::npos);
  CHECK(cli({"__complete", "--", "tenant", "update", "beta", "--drop-alias", "a"}).out == "acme\tbeta\n");

  const auto dropped = cli({"tenant", "update", "beta", "--drop-alias", "acme", "-o", "json"});
  CHECK(dropped.status == 0);
  CHECK(dropped.json()["aliases"] == nlohmann::json::array());
  CHECK(cli({"tenant", "update", "beta", "--drop-alias", "acme"}).status == 5);
  CHECK(cli({"tenant", "create", "acme"}).status == 0);
  // Both at once: no webhook was ever set up.
  cli({"tenant", "update", "beta", "--slug", "gamma", "--drop-alias", "beta"});
  CHECK(cli({"tenant", "show", "gamma", "-o", "json"}).json()["aliases"] == nlohmann::json::array());
}

TEST_CASE("a list has four forms") {
  Cli cli;
  CHECK(cli({"tenant", "list"}).out == "");
  CHECK(cli({"tenant", "list"}).err.find("no tenants yet") == 0);
  CHECK(cli({"tenant", "list", "-o", "json"}).out == "[]\n");
  cli({"tenant", "create", "acme", "--name", "Acme, \"the\" Coffee"});
  CHECK(cli({"tenant", "list"}).out ==
        "slug  name                timezone  country  consent   quiet hours\n"
        "acme  Acme, \"the\" Coffee  UTC       US       recorded  off\n");
  CHECK(cli({"-o", "csv", "tenant", "list"}).out ==
        "slug,name,timezone,country,consent,quiet_hours\r\n"
        "acme,\"Acme, \"\"the\"\" Coffee\",UTC,US,recorded,off\r\n");
  CHECK(cli({"tenant", "-o", "ndjson", "list"}).json()["slug"] == "acme");
  CHECK(cli({"tenant", "list", "--output", "json"}).json().size() == 1);
}

TEST_CASE("mistakes have a status and a way out") {
  Cli cli;
  cli({"tenant", "create", "acme"});
  const auto again = cli({"tenant", "create", "acme", "-o", "json"});
  CHECK(again.status == 6);
  CHECK(nlohmann::json::parse(again.err)["error"]["code"] == "conflict");
  CHECK(cli({"tenant", "create", "Bad Slug"}).status == 2);
  CHECK(cli({"tenant", "create", "b", "--timezone", "Mars/Olympus"}).status == 2);
  CHECK(cli({"tenant", "create", "b", "--consent", "maybe"}).status == 2);
}

TEST_CASE("how often marketing reaches a number is set, shown and taken off") {
  Cli cli;
  cli({"tenant", "create", "acme"});
  const auto set = cli({"tenant", "update", "acme", "--frequency-cap", "3/168h", "--min-gap", "90m",
                        "--when-capped", "defer", "-o", "json"})
                       .json();
  CHECK(set["frequency_cap"] == "3/7d");
  CHECK(set["min_gap"] == "90m");
  CHECK(set["when_capped"] == "defer");
  const auto named = cli({"tenant", "update", "acme", "--name", "Acme", "-o", "json"}).json();
  CHECK(named["frequency_cap"] == "3/7d");
  const auto off =
      cli({"tenant", "update", "acme", "--frequency-cap", "off", "--min-gap", "off", "-o", "json"});
  CHECK(off.json()["frequency_cap"] == "off");
  CHECK(off.json()["min_gap"] == "off");
  for (const char* wrong : {"3", "0/1d", "3/30s", "3/400d", "1001/1d", "x/1d", "3/"}) {
    const auto refused = cli({"tenant", "update", "acme", "--frequency-cap", wrong});
    CHECK(refused.status == 2);
    CHECK(refused.err.find("write it as 3/7d") != std::string::npos);
  }
  CHECK(cli({"tenant", "update", "acme", "--min-gap", "soon"}).status == 2);
  CHECK(cli({"tenant", "update", "acme", "--when-capped", "never"}).status == 2);
}

TEST_CASE("what nobody said is assumed, told, and what most would want") {
  Cli cli;
  const auto berlin = cli({"tenant", "create", "b", "--timezone", "Europe/Berlin"});
  CHECK(berlin.err.find("assumed: country DE, no quiet hours (--quiet-hours 21:00-08:00 is usual)") !=
        std::string::npos);
  CHECK(cli({"tenant", "create", "e", "--timezone", "US/Eastern", "-o", "json"}).json()["country"] == "US");
  CHECK(cli({"tenant", "create", "n", "--timezone", "Europe/Oslo", "-o", "json"}).json()["country"] == "NO");
  CHECK(cli({"tenant", "create", "o", "--timezone", "Europe/Oslo", "--country", "SE", "-o", "json"})
            .json()["country"] == "SE");
  const auto plain = cli({"tenant", "create", "u", "--quiet-hours", "off", "-o", "json"});
  CHECK(plain.json()["country"] == "US");
  CHECK(plain.json()["quiet_hours"] == "off");
  CHECK(plain.json()["law_hours"] == "off");
  CHECK(plain.err.find("quiet hours") == std::string::npos);
  CHECK(plain.err.find("not the hours of the law (--law-hours medium is usual)") != std::string::npos);
  const auto est = cli({"tenant", "create", "s", "--timezone", "EST"});
  CHECK(est.status == 0);
  CHECK(est.err.find("EST has no summer time") != std::string::npos);
  CHECK(est.err.find("America/New_York is meant?") != std::string::npos);
  CHECK(cli({"tenant", "update", "s", "--timezone", "Etc/GMT+5"}).err.find("no summer time") !=
        std::string::npos);
  CHECK(cli({"tenant", "update", "s", "--timezone", "Asia/Tokyo"}).err.find("no summer time") ==
        std::string::npos);
  CHECK(cli({"tenant", "create", "s"}).status == 6);
  const auto again = cli({"tenant", "create", "s", "--if-missing", "-o", "json"});
  CHECK(again.status == 0);
  CHECK(again.json()["timezone"] == "Asia/Tokyo");
}

TEST_CASE("the only tenant is taken, and of several the one that was chosen") {
  const TestDb db;
  const TempDir home;
  const auto cli = [&](std::vector<std::string> words, std::map<std::string, std::string> variables = {}) {
    words.insert(words.begin(), "smscrm");
    variables["SMSCRM_DATABASE_URL"] = db.url();
    variables["XDG_CONFIG_HOME"] = home.path();
    return run_command(words, "", variables);
  };
  CHECK(cli({"list", "list"}).err.find("there is no tenant yet") != std::string::npos);
  cli({"tenant", "create", "acme"});
  const auto only = cli({"list", "list"});
  CHECK(only.status == 0);
  CHECK(only.err.find("tenant acme, the only one\n") == 0);
  CHECK(cli({"tenant", "show", "-o", "json"}).json()["slug"] == "acme");
  cli({"tenant", "create", "beta"});
  const auto which = cli({"list", "list"});
  CHECK(which.status == 2);
  CHECK(which.err.find("which tenant? there are 2: acme, beta") != std::string::npos);

  CHECK(cli({"tenant", "use", "gamma"}).status == 5);
  const auto used = cli({"tenant", "use", "beta"});
  CHECK(used.status == 0);
  CHECK(used.err.find(home.path() + "/smscrm/smscrm.toml") != std::string::npos);
  CHECK(cli({"tenant", "show", "-o", "json"}).json()["slug"] == "beta");
  CHECK(cli({"tenant", "update", "--name", "Beta & Co", "-o", "json"}).json()["name"] == "Beta & Co");
  CHECK(cli({"tenant", "show", "-o", "json"}, {{"SMSCRM_TENANT", "acme"}}).json()["slug"] == "acme");
  CHECK(cli({"--tenant", "acme", "tenant", "show", "-o", "json"}).json()["slug"] == "acme");
  CHECK(cli({"config", "get", "tenant"}).out == "beta\n");
  CHECK(
      cli({"tenant", "use", "acme"}, {{"SMSCRM_TENANT", "beta"}}).err.find("SMSCRM_TENANT is set to beta") !=
      std::string::npos);
}

}  // namespace
}  // namespace smscrm
