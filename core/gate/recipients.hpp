// Whom of a campaign's audience the gate lets through: one query, for the preflight, the launch and a look at
// one number alike.
#pragma once

#include <string>
#include <vector>

#include "core/segment/audience.hpp"
#include "core/gate/gate.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct Recipients {
  // The audience's, with beside contact_id and msisdn
  //   answers (Facts::answers);
  //   digest, 64 bits of the number and its contact. The exclusive or of those with one skip reason tells
  //     whether they are the same.
  AudienceQuery query;
  SkipTable skips;

  // Empty for a recipient, whose code is 0.
  const std::string& skip_reason(std::uint32_t answers) const {
    return skips.reasons[static_cast<std::size_t>(skips.codes[answers])];
  }
};

// The audience as it is at `at`. `senders` are those of the campaign; empty: all of the tenant. Throws
// Error{not_found} when the list or segment does not exist, RuleError for its rule.
Recipients compile_recipients(Tx& tx, const Tenant& tenant, const Audience& audience,
                              const std::vector<SenderId>& senders, Timestamp at);

}  // namespace smscrm
