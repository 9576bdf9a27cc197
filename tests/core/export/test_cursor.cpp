// What a follow-up brings: all that the export before it did not see, however late it was committed.
#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/consent/dnc.hpp"
#include "core/contact/contact.hpp"
#include "core/export/cursor.hpp"
#include "core/export/export.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

struct Fixture {
  TestDb db;
  Tenant tenant = add_test_tenant(db);
  std::optional<ExportCursor> cursor;

  // The first column of what came since the last one, in order.
  std::string next(ExportKind kind = ExportKind::inbox, const std::string& column = "body") {
    ExportRequest request{.kind = kind, .tenant = tenant};
    request.columns = {column};
    request.after = cursor;
    std::string text;
    db.run([&](Tx& tx) {
      text.clear();
      cursor = run_export(
                   tx, request, now(), [&](std::string_view bytes) { text += bytes; }, [](std::int64_t) {})
                   .cursor;
    });
    auto lines = split(text, '\n');
    lines.erase(lines.begin());
    lines.pop_back();
    for (auto& line : lines) line = trim(line);
    return join(lines, " ");
  }

  void receive(Tx& tx, const std::string& body) {
    exec(tx,
         "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
         " VALUES ($1, $2, '+14155550001', '+15005550006', $2)",
         tenant.id, body);
  }
  void receive(const std::string& body) {
    db.run([&](Tx& tx) { receive(tx, body); });
  }
};

}  // namespace

TEST_CASE("what was committed late comes next, whatever its id, from within a savepoint too") {
  Fixture f;
  auto slow = f.db.connect(), nested = f.db.connect();
  std::optional<Transaction> open{slow}, saved{nested};
  f.receive(*open, "early");
  exec(*saved, "SAVEPOINT one");
  f.receive(*saved, "nested");
  exec(*saved, "RELEASE SAVEPOINT one");
  f.receive("first");
  CHECK(f.next() == "first");
  open->commit();
  saved->commit();
  f.receive("second");
  f.db.settle();
  // Again what came while an older transaction was open: at least once.
  CHECK(f.next() == "early nested first second");
  CHECK(f.next() == "");
  f.receive("third");
  f.db.settle();
  CHECK(f.next() == "third");
}

TEST_CASE("an id from a session's stock is not passed over") {
  Fixture f;
  auto other = f.db.connect();
  const auto write = [&](Tx& tx, const std::string& source) {
    exec(tx,
         "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at)"
         " VALUES ($1, '+14155550001', 'opt_in', 'operator', $2, now())",
         f.tenant.id, source);
  };
  in_transaction(other, [&](Tx& tx) { write(tx, "one"); });
  f.db.run([&](Tx& tx) { write(tx, "thousand"); });
  f.db.settle();
  CHECK(f.next(ExportKind::consent, "source") == "one thousand");
  in_transaction(other, [&](Tx& tx) { write(tx, "two"); });
  CHECK(f.next(ExportKind::consent, "source") == "two");
}

TEST_CASE("a contact comes again when it, its consent, its lists or its do-not-contact change") {
  Fixture f;
  const auto add = [&](const std::string& number) {
    f.db.run([&](Tx& tx) {
      NewContact contact;
      contact.msisdn = number;
      add_contact(tx, f.tenant.id, contact);
    });
  };
  for (const auto* number : {"+14155550001", "+14155550002", "+14155550003", "+14155550004", "+14155550005"})
    add(number);
  const auto changed = [&] {
    f.db.settle();
    return f.next(ExportKind::contacts, "phone");
  };
  CHECK(split(changed(), ' ').size() == 5);
  CHECK(changed() == "");
  ContactChange change;
  change.first_name = "Bo";
  f.db.run([&](Tx& tx) { update_contact(tx, f.tenant.id, "+14155550002", change, now()); });
  f.db.run([&](Tx& tx) { record_consent_of_added(tx, f.tenant.id, "+14155550003", "form", now()); });
  f.db.run([&](Tx& tx) {
    add_list_members(tx, f.tenant.id, add_list(tx, f.tenant.id, "spring", "").id, {"+14155550004"}, now());
  });
  f.db.run([&](Tx& tx) { add_dnc(tx, f.tenant.id, {"+14155550005"}, "", now()); });
  CHECK(changed() == "+14155550002 +14155550003 +14155550004 +14155550005");
  CHECK(changed() == "");
  // A consent that is taken back leaves its entry in the ledger alone.
  f.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at, import_id)"
         " VALUES ($1, '+14155550003', 'withdrawal', 'operator', 'undone', now(), 1)",
         f.tenant.id);
    exec(tx, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn = '+14155550003'", f.tenant.id);
  });
  CHECK(changed() == "+14155550003");
}

TEST_CASE("a cursor is of one kind, one tenant and one history") {
  Fixture f;
  f.next();
  const auto mine = f.cursor.value();
  CHECK(format_cursor(parse_export_cursor(format_cursor(mine))) == format_cursor(mine));
  for (const auto* wrong :
       {"", "17", "inbox.1.2.3", "inbox.1.2.3.x", "outbox.1.2.3.4", "inbox.1.2.3.4.5", "inbox.1.2.3.-4"})
    CHECK_THROWS_AS(parse_export_cursor(wrong), Error);
  const auto code = [&](const std::function<void(ExportCursor&)>& change) {
    f.cursor = mine;
    change(*f.cursor);
    try {
      f.next();
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::internal;
  };
  CHECK(code([](ExportCursor& c) { c.kind = ExportKind::clicks; }) == Errc::usage);
  CHECK(code([](ExportCursor& c) { ++c.tenant; }) == Errc::usage);
  CHECK(code([](ExportCursor& c) { ++c.timeline; }) == Errc::conflict);
  CHECK(code([](ExportCursor& c) { ++c.server; }) == Errc::conflict);
  CHECK(code([](ExportCursor& c) { c.place += 1'000'000'000; }) == Errc::conflict);  // a disk was put back
}

TEST_CASE("of a transaction that is too long ago to compare with, everything comes") {
  Fixture f;
  f.receive("old");
  f.next();
  f.cursor->place -= 3'000'000'000;
  CHECK(f.next() == "old");
}
