// Marketing reaches nobody in the tenant's quiet hours, by the clocks where the person is. What the law looks
// at is the arrival: so a message passes until a moment before they begin, which the provider is told, and
// not at all when too little is left for its queue, as
// long as that is now.
#include "core/gate/rules.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto transit = 5s;   // from the provider's queue to the phone
constexpr auto shortest = 5s;  // in that queue: Twilio advises to give it more than that

}  // namespace

Rule rule::quiet_hours() {
  return {{}, [](const Facts& facts, Answers) {
            const auto& moment = facts.moment;
            if (!facts.marketing || !moment.tenant.quiet_hours) return pass();
            const auto* hours = moment.hours(facts.zone);
            if (!hours) return pass();  // core/gate/unknown_zone.cpp
            if (hours->quiet_end) return hold("quiet_hours", *hours->quiet_end);
            const auto last = hours->quiet_start - transit;
            return last - moment.at < shortest + facts.backlog ? hold("quiet_hours", hours->next_end)
                                                               : pass_until(last);
          }};
}

}  // namespace smscrm
