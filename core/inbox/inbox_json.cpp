#include "core/inbox/inbox_json.hpp"

namespace smscrm {

Json to_json(const Inbound& inbound) {
  return {{"id", inbound.id.value},
          {"received_at", format_rfc3339(inbound.received_at)},
          {"phone", inbound.msisdn},
          {"name", inbound.contact_name},
          {"to", inbound.address},
          {"body", inbound.body},
          {"keyword", inbound.keyword},
          {"rule", inbound.rule},
          {"not_own", inbound.not_own},
          {"campaign", inbound.campaign},
          {"message", or_null(inbound.message)},
          {"reply", inbound.reply},
          {"media", Json::parse(inbound.media)},
          {"read_at", or_null(inbound.read_at)},
          {"answered_at", or_null(inbound.answered_at)},
          {"answer", or_null(inbound.answer)}};
}

Json to_json(const InboxAnswer& answer) {
  return {{"message", answer.message.value}, {"phone", answer.msisdn}, {"status", "waiting"}};
}

Json to_json(const OptOutReview& review) {
  return {{"id", review.inbound.value},
          {"due_at", format_rfc3339(review.due_at)},
          {"received_at", format_rfc3339(review.received_at)},
          {"phone", review.msisdn},
          {"campaign", review.campaign},
          {"rule", review.rule},
          {"not_own", review.not_own},
          {"body", review.body}};
}

Json to_json(const KeywordReply& keyword) {
  return {{"keyword", keyword.word},
          {"reply", keyword.reply},
          {"list", keyword.list_slug},
          {"stops", keyword.stops}};
}

}  // namespace smscrm
