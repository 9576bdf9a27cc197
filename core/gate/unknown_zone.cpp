// Where a contact's zone is none that this machine knows, written where the data were newer, or before an
// upgrade took a name away, or where the number's digits tell no place at all, nobody can say whether it is
// night there: marketing waits until the zone is mended, or the machine's data are.
#include "core/gate/rules.hpp"

namespace smscrm {
namespace {

constexpr auto look_again = std::chrono::minutes{10};

}  // namespace

Rule rule::unknown_zone() {
  return {{}, [](const Facts& facts, Answers) {
            if (!facts.marketing || !facts.moment.tenant.keeps_hours()) return pass();
            return facts.moment.hours(facts.who) ? pass()
                                                 : hold("unknown_zone", facts.moment.at + look_again);
          }};
}

}  // namespace smscrm
