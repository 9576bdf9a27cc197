#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>

#include "core/net/crypto.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

struct Cli {
  TestDb db;
  TempDir dir;
  Tenant tenant = add_test_tenant(db);

  Cli() { write_new_key_file(dir.path() + "/key"); }

  CommandResult operator()(std::vector<std::string> words,
                           const std::string& public_url = "https://sms.example.com") const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "",
                       {{"SMSCRM_DATABASE_URL", db.url()},
                        {"SMSCRM_TENANT", "acme"},
                        {"SMSCRM_HTTP_PUBLIC_URL", public_url},
                        {"SMSCRM_SECRETS_KEY_FILE", dir.path() + "/key"}});
  }
};

TEST_CASE("a link made by hand prints its short URL and is found again") {
  Cli cli;
  const auto created = cli({"link", "create", "https://acme.example/menu", "--name", "menu"});
  CHECK(created.status == 0);
  CHECK(created.out.rfind("https://sms.example.com/r/", 0) == 0);
  CHECK(created.err == "created link 1\n");
  const auto shown = cli({"link", "show", "1", "-o", "json"}).json();
  CHECK(shown["target_url"] == "https://acme.example/menu");
  CHECK(shown["hits"].dump() == "{}");
  CHECK(shown["short_url"].get<std::string>() + "\n" == created.out);
  CHECK(cli({"link", "list", "-o", "json"}).json().size() == 1);
}

TEST_CASE("a link is ended and leads on again, and says since when it is ended") {
  Cli cli;
  REQUIRE(cli({"link", "create", "https://acme.example/menu"}).status == 0);
  const auto state = [&] { return cli({"link", "show", "1", "-o", "json"}).json()["disabled_at"]; };
  CHECK(state().is_null());
  CHECK(cli({"link", "disable", "1"}).status == 0);
  const auto since = state();
  CHECK(since.is_string());
  CHECK(cli({"link", "disable", "1", "-o", "json"}).json()["disabled_at"] == since);
  CHECK(cli({"link", "list", "-o", "json"}).json()[0]["disabled_at"] == since);
  CHECK(cli({"link", "enable", "1"}).status == 0);
  CHECK(state().is_null());
  CHECK(cli({"link", "disable", "7"}).status == 5);
}

TEST_CASE("mistakes are told apart") {
  Cli cli;
  CHECK(cli({"link", "create", "https://acme.example/", "--expires", "4000000d"}).status == 2);
  CHECK(cli({"link", "create", "https://acme.example/" + std::string(2'048, 'a')}).status == 2);
  CHECK(cli({"link", "create", "https://acme.example/", "--name", std::string(201, 'a')}).status == 2);
  CHECK(cli({"link", "create", "acme.example"}).status == 2);
  CHECK(cli({"link", "create", "https://acme.example/", "--expires", "2020-01-01"}).status == 2);
  CHECK(cli({"link", "show", "7"}).status == 5);
  CHECK(cli({"link", "list", "--campaign", "nope"}).status == 5);
  const auto nowhere = cli({"link", "create", "https://acme.example/"}, "");
  CHECK(nowhere.status == 2);
  CHECK(nowhere.err.find("http.public_url") != std::string::npos);
}

TEST_CASE("the QR code of a link is drawn, and written as PNG") {
  Cli cli;
  REQUIRE(cli({"link", "create", "https://acme.example/menu"}).status == 0);
  const auto drawn = cli({"link", "show", "1", "--qr"});
  CHECK(drawn.status == 0);
  CHECK(std::count(drawn.out.begin(), drawn.out.end(), '\n') >= 14);
  CHECK(drawn.err.find("https://sms.example.com/r/") != std::string::npos);
  const auto file = cli.dir.path() + "/menu.png";
  CHECK(cli({"link", "show", "1", "--qr-file", file, "--qr-scale", "2"}).status == 0);
  std::ifstream png{file, std::ios::binary};
  std::string head(8, '\0');
  png.read(head.data(), 8);
  CHECK(head == "\x89PNG\r\n\x1a\n");
  std::ifstream again{file, std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{again}, {}};
  CHECK(cli({"link", "show", "1", "--qr-file", "-", "--qr-scale", "2"}).out == whole);
  CHECK(cli({"link", "show", "1", "--qr-file", "/nowhere/menu.png"}).status == 2);
}

TEST_CASE("a tenant's links begin with its own domain") {
  Cli cli;
  CHECK(cli({"tenant", "update", "acme", "--link-url", "go.acme.example"}).status == 2);
  const auto updated =
      cli({"tenant", "update", "acme", "--link-url", "https://go.acme.example/", "-o", "json"});
  CHECK(updated.json()["link_url"] == "https://go.acme.example");
  // Then nothing of the installation's is needed.
  const auto created = cli({"link", "create", "https://acme.example/menu"}, "");
  CHECK(created.out.rfind("https://go.acme.example/r/", 0) == 0);
  CHECK(cli({"link", "show", "1", "-o", "json"}).json()["short_url"].get<std::string>() + "\n" ==
        created.out);
  CHECK(cli({"link", "show", "1", "--qr"}).err.find("https://go.acme.example/r/") != std::string::npos);
  CHECK(cli({"tenant", "update", "acme", "--link-url", ""}).status == 0);
  CHECK(cli({"link", "show", "1", "-o", "json"})
            .json()["short_url"]
            .get<std::string>()
            .rfind("https://sms.example.com/r/", 0) == 0);
}

TEST_CASE("reclassify says what it changed") {
  Cli cli;
  REQUIRE(cli({"link", "create", "https://acme.example/menu"}).status == 0);
  cli.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO click (tenant_id, link_id, clicked_at, method, user_agent, class)"
         " VALUES ($1, 1, now(), 'GET', 'Mozilla/5.0 (iPhone)', 'bot')",
         cli.tenant.id);
  });
  CHECK(cli({"link", "reclassify", "-o", "json"}).json()["unique_clicks"] == 1);
  CHECK(cli({"link", "show", "1", "-o", "json"}).json()["clicks"] == 1);
  CHECK(cli({"link", "reclassify", "-o", "json"}).json()["changed"] == 0);
}

}  // namespace
}  // namespace smscrm
