// What one person gets: a body rendered for a look at it, and a test message.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/link/code.hpp"
#include "core/sending/message.hpp"

namespace smscrm {

// The short link that leads to a target.
using Shorten = std::function<std::string(const std::string& target_url)>;

struct Sample {
  std::string text;
  std::vector<std::string> missing;  // fields that have neither a value nor a default
  std::optional<ContactId> contact;  // whose fields they are
};

struct SampleOptions {
  std::map<std::string, std::string> values = {};  // of fields; they go before the contact's
  // Without such a contact, or with an empty number: "Alex" for first_name, "[city]" for any other.
  bool stand_ins = true;
  Shorten shorten = {};  // empty: short links are shown as the addresses that they lead to
};

// Renders `body` with the fields of the contact that has `msisdn`. Throws Error{invalid} when the body is no
// template.
Sample render_sample(Tx& tx, TenantId tenant, const std::string& body, const std::string& msisdn,
                     const SampleOptions& options = {});

// The address of a short link to `target_url` for texts outside campaigns: a link made by hand, the same for
// all of that name, so that it leads there and counts for no campaign.
std::string shorten_by_hand(Tx& tx, TenantId tenant, const std::string& name, const std::string& link_url,
                            const LinkKey& key, const std::string& target_url);

// Queues the campaign's text as it is now for one number, ahead of all campaigns; counted nowhere. Publish a
// wake-up after the commit. `shorten` is asked for the text's short links. Throws Error{refused} when the
// number opted out or is on the do-not-contact list, or there is no account or sender.
MessageId queue_test(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                     const Shorten& shorten, Timestamp at);

}  // namespace smscrm
