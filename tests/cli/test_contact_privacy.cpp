// smscrm contact export.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/base/json.hpp"
#include "core/net/crypto.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

struct People : TenantCli {
  People() {
    CHECK((*this)({"contact", "add", "+14155550001", "--first-name", "Ann", "--consent-source", "web form"})
              .status == 0);
  }
  std::string place(const std::string& name) const { return dir.path() + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream file{place(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
};

}  // namespace

TEST_CASE("what is held about a person is a file for the person, and nobody else's to read") {
  People cli;
  const auto made = cli({"contact", "export", "415 555 0001", "-f", cli.place("anna.zip")});
  CHECK(made.status == 0);
  CHECK(made.out.empty());
  CHECK(made.err.find("all that is held about +14155550001 is in " + cli.place("anna.zip")) !=
        std::string::npos);
  CHECK(cli.read("anna.zip").starts_with("PK"));
  struct stat there {};
  REQUIRE(::stat(cli.place("anna.zip").c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK(cli({"contact", "export", "4155550001", "-f", cli.place("anna.zip")}).status == 6);
  CHECK(cli({"contact", "export", "4155550001", "-f", cli.place("anna.zip"), "--force"}).status == 0);

  const auto told =
      cli({"contact", "export", "4155550001", "-f", cli.place("anna.json"), "-o", "json"}).json();
  CHECK(told["form"] == "json");
  CHECK(told["held"]["contact"] == 1);
  CHECK(told["held"]["consent_history"] == 1);
  CHECK(told["held"]["messages"] == 0);
  const auto bytes = cli.read("anna.json");
  CHECK(told["bytes"] == bytes.size());
  CHECK(told["sha256"] == hex_encode(sha256(bytes)));
  CHECK(Json::parse(bytes)["consent_history"][0]["source"] == "web form");

  CHECK(Json::parse(cli({"contact", "export", "4155550001", "-f", "-", "--form", "json"}).out)["phone"] ==
        "+14155550001");
  CHECK(cli({"contact", "export", "4155550001", "-f", "-", "--form", "html"})
            .out.starts_with("<!doctype html>"));
  CHECK(cli({"contact", "export", "4155550001", "-f", "-"}).out.starts_with("PK"));
}

TEST_CASE("of whom nothing is held there is no file, and the audit knows who was told what") {
  People cli;
  const auto nobody = cli({"contact", "export", "4155550009", "-f", cli.place("nobody.zip")});
  CHECK(nobody.status == 5);
  CHECK(nobody.err.find("nothing is held about +14155550009") != std::string::npos);
  CHECK(!std::filesystem::exists(cli.place("nobody.zip")));
  CHECK(cli({"contact", "export", "4155550001", "-f", cli.place("anna.zip")}).status == 0);
  const auto audit = cli({"audit", "list", "--action", "export", "-o", "json"}).json();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0]["action"] == "export.insert");
}

TEST_CASE("who is erased is gone, and no command brings them back") {
  People cli;
  CHECK(cli({"contact", "erase", "4155550001"}).status == 2);  // nobody to ask
  CHECK(cli({"contact", "show", "4155550001"}).status == 0);
  const auto erased = cli({"contact", "erase", "4155550001", "--reason", "letter of 3 May", "-y"});
  CHECK(erased.status == 0);
  CHECK(erased.err.find("erased 1 contact, 1 proof of consent") != std::string::npos);
  CHECK(erased.err.find("smscrm contact erasures 1") != std::string::npos);
  CHECK(cli({"contact", "show", "4155550001"}).status == 5);
  CHECK(cli({"contact", "erase", "4155550001", "-y"}).status == 5);

  const auto added = cli({"contact", "add", "4155550001"});
  CHECK(added.status == 8);
  CHECK(added.err.find("was erased") != std::string::npos);
  CHECK(added.err.find("START") != std::string::npos);
  CHECK(cli({"consent", "opt-in", "4155550001", "--source", "form"}).status == 8);
  CHECK(cli({"consent", "opt-out", "4155550001", "--source", "letter"}).status == 0);
  CHECK(cli({"contact", "add", "4155550002"}).status == 0);
  CHECK(cli({"contact", "update", "4155550002", "--phone", "4155550001"}).status == 8);
  const auto imported =
      cli({"import", "run", "-", "-o", "json"}, "phone,first_name\n4155550001,Ann\n4155550003,Cid\n");
  CHECK(imported.status == 3);
  CHECK(imported.json()["created"] == 1);
  CHECK(imported.json()["reasons"]["erased"] == 1);
  CHECK(cli({"export", "contacts", "--columns", "phone"}).out.find("4155550001") == std::string::npos);

  const auto receipts = cli({"contact", "erasures", "-o", "json"}).json();
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0]["reason"] == "letter of 3 May");
  CHECK(!receipts[0]["done_at"].is_null());
  CHECK(cli({"contact", "erasures", "1", "-o", "json"}).json() == receipts[0]);
  CHECK(cli({"contact", "erasures", "7"}).status == 5);
  CHECK(cli({"contact", "erasures", "x"}).status == 2);
}
