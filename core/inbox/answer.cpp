#include "core/inbox/answer.hpp"

#include "core/consent/consent.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/lane/sender.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/single.hpp"

namespace smscrm {

InboxAnswer answer_inbound(Tx& tx, TenantId tenant, InboundId id, const std::string& body, Timestamp at) {
  const auto inbound = get_inbound(tx, tenant, id);
  if (!is_e164(inbound.msisdn))
    throw Error(Errc::refused, "{} has no number that can be texted", inbound.msisdn)
        .with_hint("answer it where it came from");
  const auto consent = get_consent_status(tx, tenant, inbound.msisdn);
  const auto reason = refusal(consent);
  bool refused = reason == "dnc" || reason == "opted_out";
  NewSingle single;
  single.kind = SingleKind::reply;
  single.msisdn = inbound.msisdn;
  single.body = body;
  for (const auto& sender : list_senders(tx, tenant)) {
    if (sender.address != inbound.address) continue;
    single.sender = sender.id;
    refused = refused || is_opted_out(consent, sender.address, sender.pool);
  }
  if (refused)
    throw Error(Errc::refused, "{} is not texted, not even in answer: {}", inbound.msisdn, explain(consent));
  if (is_held_for_review(tx, tenant, inbound.msisdn))
    throw Error(Errc::refused,
                "{} wrote what may be an opt-out, and is not texted until somebody has read it",
                inbound.msisdn)
        .with_hint(
            "see \"smscrm inbox review\", then run \"smscrm inbox accept\" or \"smscrm inbox dismiss\"");
  const auto message = queue_single(tx, tenant, single, at);
  mark_answered(tx, tenant, id, message, at);
  return {message, inbound.msisdn};
}

}  // namespace smscrm
