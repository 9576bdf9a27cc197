// So many parts leave in a day of the tenant's zone and no more (core/lane/daily_cap.hpp).
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::daily_cap() {
  return {{}, [](const Facts& facts, Answers) {
            if (!facts.day_end) return pass();
            return facts.parts > facts.cap_room ? hold(daily_cap_reason, *facts.day_end)
                                                : pass_until(*facts.day_end);
          }};
}

}  // namespace smscrm
