// Numbers never to text, whatever they agreed to (core/consent/dnc.hpp).
#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::dnc() {
  return {{{"dnc", "SELECT msisdn FROM dnc WHERE tenant_id = $1",
            [](const Asker&) -> std::string { return "dnc.msisdn IS NOT NULL"; }}},
          [](const Facts&, Answers listed) { return listed[0] ? skip("dnc") : pass(); }};
}

}  // namespace smscrm
