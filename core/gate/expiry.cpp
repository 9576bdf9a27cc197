// A campaign's time may be over. The provider takes whole seconds, one at least.
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::expiry() {
  return {{}, [](const Facts& facts, Answers) {
            if (!facts.expires_at) return pass();
            return *facts.expires_at - facts.moment.at < std::chrono::seconds{1}
                       ? expire()
                       : pass_until(*facts.expires_at);
          }};
}

}  // namespace smscrm
