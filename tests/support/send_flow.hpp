#pragma once

#include <string>
#include <vector>

#include "core/sending/claim.hpp"
#include "core/sending/record.hpp"
#include "tests/support/send_fixture.hpp"

namespace smscrm::test {

using namespace std::chrono_literals;

// A tenant whose lane is held, claiming and recording by hand.
struct SendFlow : SendFixture {
  Lane lane = lease();
  std::string messaging_service;

  Claim claim(ClaimRoom room, Timestamp at = now()) {
    return db.run([&](Tx& tx) {
      const ClaimPlan plan{get_tenant(tx, tenant.slug), list_senders(tx, tenant.id), messaging_service,
                           "https://s.example", LinkKey{SecretKey{std::string(32, 'k')}}};
      auto left = room;
      return claim_messages(tx, lane, plan, left, at);
    });
  }
  Claim claim(int messages = 100, Timestamp at = now()) {
    ClaimRoom room;
    room.messages = messages;
    room.parts = 1000;
    room.senders[sender] = 1000;
    return claim(room, at);
  }
  RecordSummary record(const Claim& claimed, const SendOutcome& result) {
    std::vector<Outcome> outcomes;
    for (const auto& message : claimed.messages) {
      outcomes.push_back({message, result, 0ms});
      if (!result.provider_id.empty()) outcomes.back().result.provider_id += std::to_string(message.id.value);
    }
    return db.run([&](Tx& tx) { return record_outcomes(tx, lane, outcomes, {claimed.id}, now()); });
  }
  std::string statuses() {
    return value(
        "SELECT string_agg(s, ' ' ORDER BY s) FROM (SELECT status || '=' || count(*) AS s FROM message"
        " WHERE tenant_id = $1 GROUP BY status) x");
  }
};

inline SendOutcome accepted() {
  SendOutcome result;
  result.kind = SendOutcome::Kind::accepted;
  result.provider_id = "SM";
  return result;
}

inline SendOutcome rejected(int code, ErrorClass error_class) {
  SendOutcome result;
  result.kind = SendOutcome::Kind::rejected;
  result.error_code = code;
  result.error_class = error_class;
  result.reason = "no";
  return result;
}

}  // namespace smscrm::test
