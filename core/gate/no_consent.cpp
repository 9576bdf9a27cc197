// Campaigns go to those alone whose yes is recorded, unless the tenant's consent is implied. A reply or a
// test answers somebody.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::no_consent() {
  return {{{"consent", "SELECT msisdn, state FROM consent WHERE tenant_id = $1",
            [](const Asker&) -> std::string { return "consent.state = 'opted_in'"; }}},
          [](const Facts& facts, Answers in) {
            const bool needed = facts.of_campaign && facts.moment.tenant.consent == ConsentMode::recorded;
            return needed && !in[0] ? skip("no_consent") : pass();
          }};
}

}  // namespace smscrm
