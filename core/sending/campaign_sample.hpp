// What one person gets: a body rendered for a look at it, and a test message.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/sending/message.hpp"

namespace smscrm {

struct Sample {
  std::string text;                  // short links are shown as the addresses that they lead to
  std::vector<std::string> missing;  // fields that have neither a value nor a default
  std::optional<ContactId> contact;  // whose fields they are
};

// Renders `body` with the fields of the contact that has `msisdn`; without such a contact, or with an empty
// number, with stand-ins: "Alex" for first_name, "[city]" for any other. `values` go before both.
// Throws Error{invalid} when the body is no template.
Sample render_sample(Tx& tx, TenantId tenant, const std::string& body, const std::string& msisdn,
                     const std::map<std::string, std::string>& values = {});

// Queues the campaign's text as it is now for one number, ahead of all campaigns; counted nowhere. Publish a
// wake-up after the commit. Throws Error{refused} when the number opted out or is on the do-not-contact list,
// or there is no account or sender.
MessageId queue_test(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                     Timestamp at);

}  // namespace smscrm
