#include <array>
#include <thread>

#include <doctest/doctest.h>

#include "core/sending/transactional.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using test::SendFixture;

namespace {

const std::string anna = "+14155550001";

QueuedMessage queue(SendFixture& f, const NewTransactional& message) {
  return f.db.run([&](Tx& tx) {
    return queue_transactional(
        tx, f.tenant.id, message, [](const std::string&) { return "https://s.example/r/1"; }, now());
  });
}

Errc refusal(SendFixture& f, const NewTransactional& message) {
  try {
    queue(f, message);
  } catch (const Error& error) {
    CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "0");
    CHECK(f.value("SELECT count(*) FROM message_key WHERE tenant_id = $1") == "0");
    return error.code();
  }
  return Errc::internal;
}

}  // namespace

TEST_CASE("a single text is rendered for its number and waits to leave") {
  SendFixture f;
  const auto queued = queue(f, {.msisdn = anna,
                                .body = "{{name|you}}: {{order}} {{phone}} {{link:https://a.example/}}",
                                .values = {{"order", "5213"}},
                                .sender = "+15005550006",
                                .key = ""});
  CHECK_FALSE(queued.replayed);
  CHECK(f.value("SELECT concat_ws(' ', kind, status, msisdn, body) FROM message WHERE tenant_id = $1") ==
        "transactional waiting +14155550001 you: 5213 +14155550001 https://s.example/r/1");
  CHECK(f.value("SELECT count(*) FROM message m JOIN sender s ON s.id = m.sender_id"
                " WHERE m.tenant_id = $1 AND s.address = '+15005550006'") == "1");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND task = 'send'") == "1");
}

TEST_CASE("a single text with a key is one text, however often and by how many at once it is sent") {
  SendFixture f;
  const NewTransactional message{.msisdn = anna, .body = "Hi", .values = {}, .sender = "", .key = "order-1"};
  std::array<MessageId, 10> ids{};
  {
    std::vector<std::jthread> threads;
    for (auto& id : ids)
      threads.emplace_back([&] {
        auto connection = f.db.connect();
        id = in_transaction(connection, [&](Tx& tx) {
               return queue_transactional(tx, f.tenant.id, message, {}, now());
             }).id;
      });
  }
  for (const auto id : ids) CHECK(id == ids[0]);
  CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "1");
  auto other = message;
  other.body = "Ho";
  try {
    queue(f, other);
    FAIL("another text under the same key was taken");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::conflict);
  }
  CHECK(queue(f, message).replayed);
}

TEST_CASE("a single text is refused to whom it may not reach, and where it would not be whole") {
  SendFixture f;
  NewTransactional message{.msisdn = anna, .body = "Hi", .values = {}, .sender = "", .key = "k"};
  SUBCASE("opted out") {
    set_test_consent(f.db, f.tenant.id, anna, "opted_out");
    CHECK(refusal(f, message) == Errc::refused);
  }
  SUBCASE("on the do-not-contact list") {
    f.sql("INSERT INTO dnc (tenant_id, msisdn, reason) VALUES ($1, '+14155550001', 'court')");
    CHECK(refusal(f, message) == Errc::refused);
  }
  SUBCASE("nothing to send with") {
    f.sql("UPDATE sender SET removed_at = now() WHERE tenant_id = $1");
    CHECK(refusal(f, message) == Errc::refused);
  }
  SUBCASE("a sender that is not there") {
    message.sender = "+15005550099";
    CHECK(refusal(f, message) == Errc::not_found);
  }
  SUBCASE("a field without a value") {
    message.body = "Hi {{first_name}}";
    CHECK(refusal(f, message) == Errc::invalid);
  }
  SUBCASE("no text") {
    message.body = " ";
    CHECK(refusal(f, message) == Errc::invalid);
  }
}
