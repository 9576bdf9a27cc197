// Whoever is deleted is not texted any more, although a message was written before. By the contact and not
// the number: that somebody was added again with it says nothing of what was written to the one before.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::deleted() {
  return {
      {{{},
        {},
        [](const Asker& asker) { return fmt::format("{} IS NOT NULL AND c.id IS NULL", asker.contact); }}},
      [](const Facts&, Answers gone) { return gone[0] ? skip("deleted") : pass(); }};
}

}  // namespace smscrm
