#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/access/audit.hpp"
#include "core/import/decompress.hpp"
#include "core/net/crypto.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

const std::string people =
    "phone,first_name,tags,city,consent\n4155550001,Ann,vip,Rome,yes\n4155550002,'=1+1,,\"Oslo, N\",no\n";

struct Exports : TenantCli {
  Exports() { CHECK((*this)({"import", "run", "-", "-q"}, people).status == 0); }

  std::string place(const std::string& name) const { return dir.path() + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream file{place(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  // What is in the directory, but for the key.
  int files() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{dir.path()})
      count += entry.path().filename() != "key" ? 1 : 0;
    return count;
  }
};

std::string unpacked(ByteSource source) {
  std::string text;
  char buffer[4096];
  for (std::size_t got = 1; got > 0; text.append(buffer, got)) got = source(buffer, sizeof buffer);
  return text;
}

}  // namespace

TEST_CASE("an export goes to standard output, and what is told of it to standard error") {
  Exports cli;
  const auto told = cli({"export", "contacts", "--columns", "phone,first_name,city,consent"});
  CHECK(told.status == 0);
  const std::string csv =
      "phone,first_name,city,consent\r\n+14155550001,Ann,Rome,yes\r\n+14155550002,'=1+1,\"Oslo, N\",no\r\n";
  CHECK(told.out == csv);
  CHECK(told.err.find("2 rows, SHA-256 " + hex_encode(sha256(csv))) == 0);
  CHECK(told.err.find("--after contacts.") != std::string::npos);
  CHECK(cli({"export", "contacts", "-q"}).err.empty());
  CHECK(cli({"export", "contacts", "--columns", "first_name", "--raw"}).out ==
        "first_name\r\nAnn\r\n=1+1\r\n");
  CHECK(cli({"--csv-raw", "export", "contacts", "--columns", "first_name"}).out ==
        "first_name\r\nAnn\r\n=1+1\r\n");

  const auto lines = cli({"export", "contacts", "--columns", "phone", "-o", "ndjson"});
  CHECK(lines.out == "{\"phone\":\"+14155550001\"}\n{\"phone\":\"+14155550002\"}\n");
  CHECK(nlohmann::json::parse(lines.err)["rows"] == 2);
  CHECK(cli({"export", "contacts", "-o", "json"}).json()[0]["tags"][0] == "vip");
  CHECK(cli({"export", "contacts", "--columns", "tag"}).status == 2);
  CHECK(cli({"export", "contacts", "--tag", "nobody", "-o", "json"}).json().empty());
}

TEST_CASE("a file appears once it is whole, and replaces none unasked") {
  Exports cli;
  const auto file = cli.place("people.csv");
  const auto record = cli({"export", "contacts", "-f", file, "-o", "json"}).json();
  const auto csv = cli.read("people.csv");
  CHECK(csv.starts_with("phone,first_name,"));
  CHECK(record["rows"] == 2);
  CHECK(record["form"] == "csv");
  CHECK(record["file"] == file);
  CHECK(record["bytes"] == csv.size());
  CHECK(record["sha256"] == hex_encode(sha256(csv)));
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  const auto refused = cli({"export", "contacts", "-f", file});
  CHECK(refused.status == 6);
  CHECK(refused.err.find("--force") != std::string::npos);
  CHECK(cli({"export", "contacts", "-f", file, "--force", "--bom", "-q"}).status == 0);
  CHECK(cli.read("people.csv") == "\xEF\xBB\xBF" + csv);
  CHECK(cli({"export", "contacts", "-f", cli.place("none/people.csv")}).status == 2);
  CHECK(cli.files() == 1);

  const auto full = cli({"export", "contacts", "-f", "/dev/full"});
  CHECK(full.status == 1);
  CHECK(full.err.find("/dev/full: No space left on device") != std::string::npos);
  // One that fails on the way, for its column is none, leaves no file of any name.
  CHECK(cli({"export", "contacts", "-f", cli.place("half.csv"), "--columns", "nothing"}).status == 2);
  CHECK(cli.files() == 1);
  // Nobody reads: as any program that is cut off.
  const auto cut = run_command(
      {"bash", "-c", "\"$0\" export contacts | true; exit ${PIPESTATUS[0]}", built_program("smscrm")}, "",
      {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}});
  CHECK((cut.status == 0 || cut.status == 141));
}

TEST_CASE("one that is interrupted leaves no file") {
  Exports cli;
  auto other = cli.db.connect();
  Transaction holds{other};
  exec(holds, "LOCK TABLE contact");  // so that it has begun, and not ended
  const auto ended = run_command(
      {"bash", "-c",
       "\"$0\" export contacts -f \"$1\" & until compgen -G \"$1.*\" >/dev/null; do sleep 0.02; done;"
       " kill -TERM $!; wait $!",
       built_program("smscrm"), cli.place("people.csv")},
      "", {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}});
  CHECK(ended.status == 130);
  CHECK(ended.err.find(cli.place("people.csv") + " was not written") != std::string::npos);
  CHECK(cli.files() == 0);
}

TEST_CASE("the file's name says its form and how it is compressed") {
  Exports cli;
  CHECK(cli({"export", "contacts", "--columns", "phone", "-f", cli.place("a.csv.gz"), "-q"}).status == 0);
  const auto gzipped = cli.read("a.csv.gz");
  CHECK(unpacked(gunzip(read_from(gzipped))) == "phone\r\n+14155550001\r\n+14155550002\r\n");
  const auto record =
      cli({"export", "contacts", "--columns", "phone", "-f", cli.place("a.jsonl.zst"), "-o", "json"}).json();
  CHECK(record["form"] == "ndjson");
  CHECK(record["compression"] == "zstd");
  const auto packed = cli.read("a.jsonl.zst");
  CHECK(record["sha256"] == hex_encode(sha256(packed)));
  CHECK(unpacked(unzstd(read_from(packed))) ==
        "{\"phone\":\"+14155550001\"}\n{\"phone\":\"+14155550002\"}\n");
  CHECK(cli({"export", "contacts", "--form", "json", "-f", cli.place("b"), "--compress", "gzip", "-q"})
            .status == 0);
  const auto array = cli.read("b");
  CHECK(nlohmann::json::parse(unpacked(gunzip(read_from(array)))).size() == 2);
  CHECK(cli({"export", "contacts", "--bom", "--form", "ndjson"}).status == 2);
  // And back: the same file is what an import takes.
  CHECK(cli({"import", "run", cli.place("a.csv.gz"), "-o", "json"}).json()["unchanged"] == 2);
}

TEST_CASE("a follow-up begins where the last export ended") {
  Exports cli;
  cli.db.settle();
  const auto cursor =
      nlohmann::json::parse(cli({"export", "contacts", "-o", "ndjson"}).err)["cursor"].get<std::string>();
  const auto next = [&] { return cli({"export", "contacts", "--after", cursor, "--columns", "phone"}).out; };
  CHECK(next() == "phone\r\n");
  cli({"contact", "add", "4155550003"});
  cli({"contact", "update", "+14155550001", "--first-name", "Anna"});
  CHECK(next() == "phone\r\n+14155550001\r\n+14155550003\r\n");
  CHECK(cli({"export", "contacts", "--after", "contacts.1"}).status == 2);
  CHECK(cli({"export", "inbox", "--after", cursor}).status == 2);
  CHECK(cli({"export", "contacts", "--after", cursor, "--until", "2h"}).status == 2);
  CHECK(nlohmann::json::parse(cli({"export", "contacts", "--until", "1h", "-o", "ndjson"}).err)["cursor"]
            .is_null());
}

TEST_CASE("each kind has a header without rows, and takes what narrows it") {
  Exports cli;
  CHECK(cli({"export", "messages"}).out.starts_with("id,kind,campaign,contact,phone,sender,status,"));
  CHECK(cli({"export", "clicks", "--since", "24h", "--tag", "vip"})
            .out.starts_with("id,clicked_at,class,reason,phone,"));
  CHECK(cli({"export", "inbox", "--where", "tag:vip"}).out.starts_with("id,received_at,phone,name,to,body,"));
  CHECK(cli({"export", "messages", "--status", "failed", "--status", "undelivered"}).status == 0);
  const auto ledger = cli({"export", "consent", "-o", "json"}).json();
  REQUIRE(ledger.size() == 2);
  CHECK(ledger[0]["action"] == "opt_in");
  CHECK(ledger[0]["source"] == "column consent of -");
  cli({"segment", "create", "vips", "--rule", "tag:vip"});
  CHECK(cli({"export", "consent", "--segment", "vips", "-o", "json"}).json().size() == 1);
  CHECK(cli({"export", "contacts", "--segment", "vips", "--where", "all"}).status == 2);
  CHECK(cli({"export", "contacts", "--segment", "none"}).status == 5);
  CHECK(cli({"export", "contacts", "--list", "none"}).status == 5);
  CHECK(cli({"export", "messages", "--campaign", "none"}).status == 5);
}

TEST_CASE("an export is in the audit from its first row on, and the audit is exported") {
  Exports cli;
  cli({"export", "contacts", "--tag", "vip", "-q"});
  cli.db.run([](Tx& tx) { seal_audit(tx, new_secret_key(), 1000, now()); });
  const auto entries = cli({"audit", "export", "-o", "json"}).json();
  const auto begun =
      std::ranges::find_if(entries, [](const auto& e) { return e["action"] == "export.insert"; });
  REQUIRE(begun != entries.end());
  CHECK((*begun)["after"]["kind"] == "contacts");
  CHECK((*begun)["after"]["what"]["tag"] == "vip");
  const auto ended =
      std::ranges::find_if(entries, [](const auto& e) { return e["action"] == "export.update"; });
  REQUIRE(ended != entries.end());
  CHECK((*ended)["object"] == (*begun)["object"]);
  CHECK((*ended)["after"]["rows"] == 1);

  CHECK(cli({"audit", "export"}).status == 2);
  CHECK(cli({"export", "audit", "-o", "json"}).json() == entries);
  const auto part = cli({"export", "audit", "--columns", "position", "-o", "ndjson"});
  CHECK(part.out.starts_with("{\"position\":1}\n{\"position\":2}\n"));
  const auto cursor = nlohmann::json::parse(part.err)["cursor"].get<std::string>();
  CHECK(cli({"export", "audit", "--after", cursor, "-o", "json"}).json().empty());
  cli.db.run([](Tx& tx) { seal_audit(tx, new_secret_key(), 1000, now()); });
  const auto more = cli({"export", "audit", "--after", cursor, "-o", "json"}).json();
  CHECK(!more.empty());
  CHECK(more[0]["position"] == entries.size() + 1);
  CHECK(cli({"export", "audit", "--installation", "-o", "json"}).status == 0);
  CHECK(cli({"export", "contacts", "--tag", "vip", "--where", "tag:vip and"}).status == 2);
}
