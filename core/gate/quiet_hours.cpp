// Marketing reaches nobody in the tenant's quiet hours, by the clocks where the person is.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::quiet_hours() {
  return {{}, [](const Facts& facts, Answers) {
            if (!facts.marketing || !facts.moment.tenant.quiet_hours) return pass();
            const auto* hours = facts.moment.hours(facts.zone);
            return hours && hours->quiet_end ? hold("quiet_hours", *hours->quiet_end) : pass();
          }};
}

}  // namespace smscrm
