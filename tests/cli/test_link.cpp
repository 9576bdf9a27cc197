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
  CHECK(shown["short_url"].get<std::string>() + "\n" == created.out);
  CHECK(cli({"link", "list", "-o", "json"}).json().size() == 1);
}

TEST_CASE("mistakes are told apart") {
  Cli cli;
  CHECK(cli({"link", "create", "acme.example"}).status == 2);
  CHECK(cli({"link", "show", "7"}).status == 5);
  CHECK(cli({"link", "list", "--campaign", "nope"}).status == 5);
  const auto nowhere = cli({"link", "create", "https://acme.example/"}, "");
  CHECK(nowhere.status == 2);
  CHECK(nowhere.err.find("http.public_url") != std::string::npos);
}

}  // namespace
}  // namespace smscrm
