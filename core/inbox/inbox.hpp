// The texts that people sent (core/inbox/inbound.hpp), for whoever reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/db/listing.hpp"

namespace smscrm {

struct Inbound {
  InboundId id;
  std::string msisdn, address, body, keyword, reply, media;
  std::string rule;          // that read it as an opt-out, or as one to be reviewed; empty: none
  std::string not_own;       // of the body, what was not the sender's own words, a line each; empty: nothing
  std::string campaign;      // slug; empty: answers none
  std::string contact_name;  // empty: not known
  std::optional<MessageId> message;
  Timestamp received_at;
  std::optional<Timestamp> read_at;
  std::optional<MessageId> answer;  // the newest by somebody (core/inbox/answer.hpp); nullopt: nobody has
  std::optional<Timestamp> answered_at;
};

struct InboxFilter {
  bool unread_only = false;
  std::string campaign;             // slug; empty: all
  std::string msisdn;               // empty: all
  bool keywords = true;             // STOP, START and HELP too
  std::optional<InboundId> before;  // only older ones: the page after this text
};

// Newest first.
Listing<Inbound> list_inbound(TenantId tenant, const InboxFilter& filter);
// Throws Error{not_found}.
Inbound get_inbound(Tx& tx, TenantId tenant, InboundId id);
void mark_read(Tx& tx, TenantId tenant, InboundId id, Timestamp at);
// Read, too.
void mark_answered(Tx& tx, TenantId tenant, InboundId id, MessageId answer, Timestamp at);

}  // namespace smscrm
