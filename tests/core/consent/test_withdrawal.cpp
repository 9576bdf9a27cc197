#include <random>

#include <doctest/doctest.h>

#include "core/consent/withdrawal.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

namespace {

Timestamp day(int n) { return parse_rfc3339(fmt::format("2026-05-{:02}", n)); }

}  // namespace

TEST_CASE("ledger and states agree after withdrawals amid any history") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  std::mt19937 random{7};
  std::vector<std::string> numbers;
  for (int i = 0; i < 30; ++i) numbers.push_back(fmt::format("+14155552{:03}", i));
  std::int64_t withdrawn = 0, kept = 0;
  for (int batch = 1; batch <= 30; ++batch) {
    std::vector<ConsentChange> changes;
    for (unsigned i = 0; i < 20; ++i) {
      const auto method = static_cast<ConsentMethod>(random() % 4);
      changes.push_back({.msisdn = numbers[random() % numbers.size()],
                         .action = random() % 4 != 0 ? ConsentAction::opt_in : ConsentAction::opt_out,
                         .method = method,
                         .source = "test",
                         .occurred_at = day(1 + static_cast<int>(random() % 9))});
      if (method == ConsentMethod::import) changes.back().import = ImportId{batch};
    }
    db.run([&](Tx& tx) { record_consent(tx, acme.id, changes); });
    if (batch % 3 != 0) continue;
    const ImportId undone{batch - static_cast<int>(random() % 3)};
    const auto done = db.run([&](Tx& tx) { return withdraw_import_consent(tx, acme.id, undone, "undone"); });
    withdrawn += done.withdrawn, kept += done.kept;
    for (const auto& number : numbers) {
      const auto events = db.run([&](Tx& tx) { return list_consent_events(tx, acme.id, number); });
      CHECK(fold_consent(events) ==
            db.run([&](Tx& tx) { return get_consent_status(tx, acme.id, number); }).state);
    }
  }
  CHECK(withdrawn > 0);
  CHECK(kept > 0);
}

TEST_CASE("undo takes back what the import said, and nothing that people said") {
  Importer import;
  const auto say = [&](const std::string& msisdn, ConsentAction action, ConsentMethod method) {
    import.db.run([&](Tx& tx) {
      record_consent(
          tx, import.tenant.id,
          {{.msisdn = msisdn, .action = action, .method = method, .source = "x", .occurred_at = now()}});
    });
};
say("+14155552672", ConsentAction::opt_in, ConsentMethod::operator_);
ImportOptions options;
options.consent_source = "wrong file";
const auto id =
    *import
         .run("phone,Do not text\n4155552671,\n4155552672,\n4155552673,\n4155552674,\n4155552675,yes\n",
              options)
         .import.id;
say("+14155552673", ConsentAction::opt_out, ConsentMethod::keyword);
say("+14155552674", ConsentAction::opt_in, ConsentMethod::keyword);
const auto before = now();
const auto undone =
    import.db.run([&](Tx& tx) { return withdraw_import_consent(tx, import.tenant.id, id, "undone"); });
CHECK(undone.withdrawn == 2);
CHECK(undone.kept == 2);
CHECK(undone.opt_outs == 1);
CHECK(import.consent("+14155552671") == "none");
CHECK(import.consent("+14155552672") == "opted_in");   // before
CHECK(import.consent("+14155552673") == "opted_out");  // since
CHECK(import.consent("+14155552674") == "opted_in");   // since
CHECK(import.consent("+14155552675") == "opted_out");
const auto events =
    import.db.run([&](Tx& tx) { return list_consent_events(tx, import.tenant.id, "+14155552671"); });
REQUIRE(events.size() == 2);
CHECK(events.back().action == ConsentAction::withdrawal);
CHECK(fold_consent(events) == ConsentState::none);
CHECK(fold_consent(import.db.run([&](Tx& tx) {
        return list_consent_events(tx, import.tenant.id, "+14155552671", before);
      })) == ConsentState::opted_in);
}

TEST_CASE("the file that was meant gives its consent after the wrong one was undone") {
  Importer import;
  ImportOptions options;
  options.consent_source = "web form";
  const std::string csv = "phone\n4155552671\n4155552672\n";
  const auto first = *import.run("phone\n4155552672\n", options).import.id;
  options.consent_source = "shop";
  const auto second = *import.run(csv, options).import.id;
  const auto undo = [&](ImportId id) {
    import.db.run([&](Tx& tx) {
      withdraw_import_consent(tx, import.tenant.id, id, "undone");
    exec(tx, "UPDATE import SET status = 'undone' WHERE tenant_id = $1 AND id = $2", import.tenant.id, id);
    });
};
undo(second);
CHECK(import.consent("+14155552671") == "none");
CHECK(import.consent("+14155552672") == "opted_in");
import.run(csv, options);
CHECK(import.consent("+14155552671") == "opted_in");
undo(first);
CHECK(import.consent("+14155552672") == "opted_in");  // for what the last one said, the same words again
}
