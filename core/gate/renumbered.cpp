// What was written for a number that its contact has no more: somebody else may have it by now, and the text
// was never meant for the new one.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::renumbered() {
  return {{{{},
            {},
            // A set is of contacts as they are now.
            [](const Asker& asker) { return asker.of_set ? "false" : "c.msisdn <> " + asker.msisdn; }}},
          [](const Facts&, Answers moved) { return moved[0] ? skip("number_changed") : pass(); }};
}

}  // namespace smscrm
