#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "core/access/api_key.hpp"
#include "core/access/one_time_link.hpp"
#include "core/access/user.hpp"
#include "core/net/crypto_password.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

struct Cli : TenantCli {
  CommandResult operator()(std::vector<std::string> words, const std::string& input = "") {
    return TenantCli::operator()(std::move(words), input,
                                 {{"SMSCRM_HTTP_PUBLIC_URL", "https://sms.example.com"}});
  }
};

}  // namespace

TEST_CASE("the first user is made in a shell, with a link that lets them in once") {
  Cli cli;
  CHECK(cli({"user", "list"}).err.find("smscrm user create") != std::string::npos);
  CHECK(cli({"user", "create", "ann@acme.example"}).status == 2);
  CHECK(cli({"user", "create", "ann", "--role", "owner"}).status == 2);
  const auto made =
      cli({"user", "create", "Ann@acme.example", "--name", "Ann Lee", "--role", "owner", "-o", "json"})
          .json();
  CHECK(made["email"] == "ann@acme.example");
  CHECK(made["roles"] == nlohmann::ordered_json{{"acme", "owner"}});
  const auto link = made["link"].get<std::string>();
  REQUIRE(link.starts_with("https://sms.example.com/sign-in#"));
  const auto token = link.substr(link.find('#') + 1);
  CHECK(cli.db.run([&](Tx& tx) { return redeem_one_time_link(tx, token, now())->purpose; }) ==
        LinkPurpose::invitation);
  CHECK(cli({"user", "create", "ann@acme.example", "--role", "agent"}).status == 6);

  const auto shown = cli({"user", "show", "ann@acme.example"});
  CHECK(shown.out.find("Ann Lee") != std::string::npos);
  CHECK(cli({"user", "show", "ann@acme.exmaple"}).err.find("did you mean \"ann@acme.example\"") !=
        std::string::npos);
  CHECK(cli({"user", "link", "ann@acme.example"}).out.starts_with("https://sms.example.com/sign-in#"));
}

TEST_CASE("without an address for people a link leads to this machine's own daemon") {
  TenantCli cli;
  CHECK(cli({"user", "create", "ann@acme.example", "--operator"})
            .out.starts_with("http://127.0.0.1:8080/sign-in#"));
  const auto socket =
      cli({"user", "link", "ann@acme.example"}, "", {{"SMSCRM_HTTP_LISTEN", "unix:/run/smscrm.sock"}});
  CHECK(socket.status == 2);
  CHECK(socket.err.find("http.public_url") != std::string::npos);
}

TEST_CASE("a role is changed and taken, but never the last owner's") {
  Cli cli;
  cli({"user", "create", "ann@acme.example", "--role", "owner"});
  cli({"user", "create", "bob@acme.example", "--role", "agent"});
  CHECK(cli({"user", "update", "bob@acme.example"}).status == 2);
  CHECK(cli({"user", "update", "ann@acme.example", "--role", "none"}).status == 6);
  CHECK(cli({"user", "disable", "ann@acme.example"}).status == 6);
  CHECK(
      cli({"user", "update", "bob@acme.example", "--role", "editor", "-o", "json"}).json()["roles"]["acme"] ==
      "editor");
  CHECK(cli({"user", "list", "-o", "json"}).json().size() == 2);
  CHECK(cli({"user", "update", "bob@acme.example", "--role", "none"}).status == 0);
  CHECK(cli({"user", "list", "-o", "json"}).json().size() == 1);
  CHECK(cli({"user", "list", "--all", "-o", "json"}).json().size() == 2);
  CHECK(cli({"user", "disable", "bob@acme.example"}).status == 0);
  CHECK(cli({"user", "link", "bob@acme.example"}).status == 6);
  CHECK(cli({"user", "enable", "bob@acme.example"}).status == 0);
}

TEST_CASE("a password from a file is judged, kept as a hash, and never printed") {
  Cli cli;
  cli({"user", "create", "ann@acme.example", "--role", "owner"});
  CHECK(cli({"user", "passwd", "ann@acme.example"}).status == 2);
  CHECK(cli({"user", "passwd", "ann@acme.example", "--password-file", "-"}, "password1234").status == 2);
  const std::string password = "grocer wandering velvet tuba";
  const auto set = cli({"user", "passwd", "ann@acme.example", "--password-file", "-"}, password + "\n");
  CHECK(set.status == 0);
  CHECK((set.out + set.err).find(password) == std::string::npos);
  const SecretKey key{*base64_decode([&] {
    std::ifstream file{cli.key_file};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }())};
  const auto hash =
      cli.db.run([&](Tx& tx) { return find_credentials(tx, key, "ann@acme.example")->password; });
  CHECK(verify_password(hash, password));
}

TEST_CASE("what a user may do is said by their role") {
  Cli cli;
  cli({"user", "create", "ann@acme.example", "--role", "owner"});
  cli({"user", "create", "bob@acme.example", "--role", "agent"});
  CHECK(cli({"user", "can", "bob@acme.example", "pause"}).status == 0);
  const auto denied = cli({"user", "can", "bob@acme.example", "launch"});
  CHECK(denied.status == 4);
  CHECK(denied.err.find("manager") != std::string::npos);
  CHECK(cli({"user", "can", "bob@acme.example", "lanch"}).err.find("did you mean \"launch\"") !=
        std::string::npos);
  const auto all = cli({"user", "can", "ann@acme.example", "-o", "json"}).json();
  for (const auto& row : all) {
    CAPTURE(row.dump());
    CHECK(row["may"] == (row["least_role"] != "operator"));
  }
  cli({"user", "disable", "bob@acme.example"});
  CHECK(cli({"user", "can", "bob@acme.example", "pause"}).status == 4);
}

TEST_CASE("sessions and the second factor are shown and ended from the shell") {
  Cli cli;
  cli({"user", "create", "ann@acme.example", "--role", "owner"});
  CHECK(cli({"user", "sessions", "ann@acme.example", "-o", "json"}).json().empty());
  CHECK(cli({"user", "sessions", "ann@acme.example", "--end", "7"}).status == 5);
  CHECK(cli({"user", "sessions", "ann@acme.example", "--end-all"}).status == 0);
  CHECK(cli({"user", "totp", "ann@acme.example", "-o", "json"}).json()["second_factor"] == false);
  CHECK(cli({"user", "totp", "ann@acme.example", "--reset"}).status == 0);
}

TEST_CASE("an API key is printed once, rotated and revoked") {
  Cli cli;
  CHECK(cli({"apikey", "create", "ci"}).status == 2);
  CHECK(cli({"apikey", "create", "ci", "--scope", "keys:write"}).status == 2);
  const auto made = cli({"apikey", "create", "ci", "--scope", "contacts:read", "--scope", "imports:write",
                         "--network", "192.0.2.0/24", "--expires", "90d", "-o", "json"})
                        .json();
  const auto secret = made["secret"].get<std::string>();
  const auto admitted = [&](const std::string& text) {
    return cli.db.run([&](Tx& tx) { return use_api_key(tx, text, "192.0.2.1", now()).who.has_value(); });
  };
  CHECK(admitted(secret));
  CHECK(cli({"apikey", "create", "ci", "--scope", "contacts:read"}).status == 6);
  CHECK(cli({"apikey", "show", "ci", "-o", "json"}).out.find(secret) == std::string::npos);
  CHECK(cli({"apikey", "list"}).out.find(secret) == std::string::npos);
  auto next = cli({"apikey", "rotate", "ci", "--overlap", "1h"}).out;
  next.pop_back();
  CHECK(admitted(next));
  CHECK(admitted(secret));
  CHECK(cli({"apikey", "revoke", "ci"}).status == 2);  // nobody to ask
  CHECK(cli({"-y", "apikey", "revoke", "ci"}).status == 0);
  CHECK_FALSE(admitted(next));
  CHECK(cli({"apikey", "list", "-o", "json"}).json().size() == 2);
}
