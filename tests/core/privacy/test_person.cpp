// What is held about one person, told to the person.
#include <doctest/doctest.h>
#include <zip.h>

#include "core/consent/dnc.hpp"
#include "core/contact/contact.hpp"
#include "core/inbox/inbound.hpp"
#include "core/privacy/person.hpp"
#include "core/segment/segment.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;

namespace {

struct Person : test::PersonWorld {
  Json collect(const std::string& number) {
    auto connection = db.connect();
    return in_transaction(connection, [&](Tx& tx) { return collect_person(tx, tenant, number, now()); });
  }
};

std::string unzip(const std::string& bytes, const char* name) {
  auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
  auto* archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, nullptr);
  REQUIRE(archive != nullptr);
  zip_stat_t stat;
  REQUIRE(zip_stat(archive, name, 0, &stat) == 0);
  std::string text(stat.size, '\0');
  auto* file = zip_fopen(archive, name, 0);
  CHECK(zip_fread(file, text.data(), text.size()) == static_cast<zip_int64_t>(text.size()));
  zip_fclose(file);
  zip_discard(archive);
  return text;
}

}  // namespace

TEST_CASE("all that is held about a person is told, and nothing of anybody else") {
  Person world;
  const auto person = world.collect(world.anna);
  CHECK(person["schema"] == person_schema);
  CHECK(person["phone"] == world.anna);
  CHECK(person["contact"]["first_name"] == "Canary");
  CHECK(person["lists"][0]["list"] == "news");
  REQUIRE(person["segments"].size() == 1);
  CHECK(person["segments"][0]["segment"] == "vips");
  CHECK(person["consent"][0]["state"] == "opted_out");
  REQUIRE(!person["consent_history"].empty());
  CHECK(person["consent_history"].back()["action"] == "opt_out");
  REQUIRE(person["messages"].size() == 1);
  CHECK(person["messages"][0]["campaign"] == "spring");
  CHECK(person["messages"][0]["status"] == "queued");
  CHECK(person["receipts"][0]["message"] == person["messages"][0]["id"]);
  CHECK(person["texts_received"][0]["provider_id"] == "IN of 0");
  CHECK(person["texts_received"][0]["understood_as"] == "stop");
  CHECK(person["clicks"][0]["user_agent"] == "Browser of " + world.anna);
  CHECK(person["imports"][0]["refused_row"][1] == "rejected of " + world.anna);
  REQUIRE(!person["told_to_others"].empty());
  CHECK(person["told_to_others"][0]["url"] == "https://crm.example/in");
  CHECK(dump(person).find(world.ben) == std::string::npos);
  CHECK(dump(person).find("secret") == std::string::npos);
  for (const auto& part : person_parts()) CHECK(person.contains(std::string{part.key}));
}

TEST_CASE("who is no contact any more, or never was one, is told the same") {
  Person world;
  world.db.run([&](Tx& tx) { delete_contact(tx, world.tenant.id, world.anna); });
  const auto person = world.collect(world.anna);
  CHECK(person["contact"].is_null());
  CHECK(person["messages"].size() == 1);
  CHECK(person["clicks"].size() == 1);
  world.db.run([&](Tx& tx) { add_dnc(tx, world.tenant.id, {"+14155550009"}, "asked by letter", now()); });
  CHECK(world.collect("+14155550009")["do_not_contact"]["reason"] == "asked by letter");
  CHECK_THROWS_WITH_AS(world.collect("+14155550008"), "nothing is held about +14155550008", Error);
}

TEST_CASE("the page shows each part and runs nothing of what people wrote") {
  Person world;
  world.sql("UPDATE contact SET first_name = '<script>alert(1)</script>' WHERE tenant_id = $1");
  const auto person = world.collect(world.anna);
  const auto page = person_page(person);
  for (const auto& part : person_parts())
    CHECK(page.find(fmt::format("<h2 id=\"{}\">", part.key)) != std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(1)&lt;/script&gt;") != std::string::npos);
  CHECK(page.find("Browser of " + world.anna) != std::string::npos);
  const auto archive = person_zip(person, now());
  CHECK(archive.starts_with("PK"));
  CHECK(unzip(archive, "person.html") == page);
  CHECK(Json::parse(unzip(archive, "person.json")) == person);
}

TEST_CASE("no table has begun to hold people without being told here") {
  TestDb db;
  const auto tables = db.run([&](Tx& tx) {
    return exec(tx,
                "SELECT string_agg(DISTINCT table_name, ' ' ORDER BY table_name)"
                "  FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
                "table_name)"
                " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
                "   AND column_name IN ('msisdn', 'contact_id', 'order_key', 'fields')")
        .front()[0]
        .as<std::string>();
  });
  CHECK(tables ==
        "click consent consent_event consent_scope contact dnc erasure import_change import_reject inbound "
        "legal_hold "
        "list_member"
        " message opt_out_review webhook_delivery");
}
