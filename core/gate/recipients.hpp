// Whom of a campaign's audience the gate lets through: one query, for the preflight, the launch and a look at
// one number alike.
#pragma once

#include <vector>

#include "core/contact/audience.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// The audience's query with, beside contact_id and msisdn,
//   skip_reason, empty for a recipient;
//   digest, 64 bits of the three: the exclusive or of all rows tells whether an audience is the same;
// and for its `more`: g.answers (Facts::answers), and columns of contact AS c.
// `senders` are those of the campaign; empty: all of the tenant. Throws Error{not_found} when the list does
// not exist.
AudienceQuery compile_recipients(Tx& tx, const Tenant& tenant, const Audience& audience,
                                 const std::vector<SenderId>& senders);

}  // namespace smscrm
