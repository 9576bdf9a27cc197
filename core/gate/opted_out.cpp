// Who said no to all that the tenant sends: replies and tests, too (core/consent/consent.hpp).
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::opted_out() {
  return {{{"consent", "SELECT msisdn, state FROM consent WHERE tenant_id = $1",
            [](const Asker&) -> std::string { return "consent.state = 'opted_out'"; }}},
          [](const Facts&, Answers out) { return out[0] ? skip("opted_out") : pass(); }};
}

}  // namespace smscrm
