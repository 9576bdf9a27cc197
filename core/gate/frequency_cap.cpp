// Marketing reaches a number so often and no more, by the tenant's caps and those of the law
// (core/gate/frequency.hpp). Looked at last: what waits for something else may find room afterwards.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::frequency_cap() {
  return {{}, [](const Facts& facts, Answers) {
            if (!facts.marketing || !facts.capped_until) return pass();
            return facts.moment.tenant.when_capped == WhenCapped::skip
                       ? skip(frequency_cap_reason)
                       : hold(frequency_cap_reason, *facts.capped_until);
          }};
}

}  // namespace smscrm
