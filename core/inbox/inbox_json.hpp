// The inbox, its reviews and keywords as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/inbox/answer.hpp"
#include "core/inbox/inbox.hpp"
#include "core/inbox/keyword_reply.hpp"
#include "core/inbox/opt_out_review.hpp"

namespace smscrm {

Json to_json(const Inbound& inbound);
Json to_json(const InboxAnswer& answer);
Json to_json(const OptOutReview& review);
Json to_json(const KeywordReply& keyword);

}  // namespace smscrm
