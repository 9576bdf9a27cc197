// Marketing reaches nobody in hours that the law or the tenant keeps quiet, by the clocks of everywhere that
// the person may be (core/hours). What the law looks at is the arrival: so a message passes until a moment
// before they begin, which the provider is told, and not at all when too little is left for its queue, as
// long as that is now. What finds no hour within OpenHours::horizon is skipped, so that nothing waits for
// ever.
#include "core/gate/rules.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto transit = 5s;   // from the provider's queue to the phone
constexpr auto shortest = 5s;  // in that queue: Twilio advises to give it more than that

Verdict hold_until(std::optional<Timestamp> opens) {
  return opens ? hold(quiet_hours_reason, *opens) : skip(no_hours_reason);
}

}  // namespace

Rule rule::quiet_hours() {
  return {{}, [](const Facts& facts, Answers) {
            const auto& moment = facts.moment;
            if (!facts.marketing || !moment.tenant.keeps_hours()) return pass();
            const auto* hours = moment.hours(facts.who);
            if (!hours) return pass();  // core/gate/unknown_zone.cpp
            if (!hours->is_open(moment.at)) return hold_until(hours->opens);
            if (!hours->closes) return pass();
            const auto last = *hours->closes - transit;
            return last - moment.at < shortest + facts.backlog ? hold_until(hours->opens_again)
                                                               : pass_until(last);
          }};
}

}  // namespace smscrm
