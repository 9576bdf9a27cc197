// /inbox: what people write, and answers.
#include "core/campaign/campaign.hpp"
#include "core/inbox/answer.hpp"
#include "core/inbox/inbox_json.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

InboundId inbound_of(const ApiCall& call) { return InboundId{call.id(0)}; }

ApiAnswer all(ApiCall& call) {
  InboxFilter filter;
  filter.unread_only = call.query.value("unread", false);
  filter.keywords = call.query.value("keywords", true);
  if (const auto name = call.in_query("campaign"); !name.empty())
    filter.campaign = get_campaign(call.tx, call.tenant.id, name).slug;
  if (const auto before = id_cursor_of(call)) filter.before = InboundId{*before};
  return answer_page(
      call, list_inbound(call.tenant.id, filter), [](const Inbound& one) { return to_json(one); },
      [](const Inbound& one) { return fmt::format("{}", one.id.value); });
}

ApiAnswer show(ApiCall& call) { return {to_json(get_inbound(call.tx, call.tenant.id, inbound_of(call)))}; }

ApiAnswer read(ApiCall& call) {
  get_inbound(call.tx, call.tenant.id, inbound_of(call));
  mark_read(call.tx, call.tenant.id, inbound_of(call), call.at);
  return show(call);
}

ApiAnswer reply(ApiCall& call) {
  const auto answer =
      answer_inbound(call.tx, call.tenant.id, inbound_of(call), call.in_body("body"), call.at);
  return {to_json(answer), 202, fmt::format("/messages/{}", answer.message.value), true};
}

ApiAnswer reviews(ApiCall& call) {
  std::optional<InboundId> after;
  if (const auto id = id_cursor_of(call)) after = InboundId{*id};
  return answer_page(
      call, list_reviews(call.tenant.id, after), [](const OptOutReview& one) { return to_json(one); },
      [](const OptOutReview& one) { return fmt::format("{}", one.inbound.value); });
}

ApiAnswer decide(ApiCall& call, bool accepts) {
  const auto id = inbound_of(call);
  accepts ? accept_review(call.tx, call.tenant.id, id, call.at)
          : dismiss_review(call.tx, call.tenant.id, id, call.at);
  return {to_json(get_inbound(call.tx, call.tenant.id, id)), 200, "", true};
}

}  // namespace

std::vector<ApiRoute> inbox_routes() {
  return {
      {"GET",
       "/inbox",
       "inbox:read",
       "List what people wrote, newest first.",
       page_fields({boolean("unread", "Only what nobody has read."),
                    boolean("keywords", "With STOP, HELP and the like; without it they are there."),
                    text("campaign", "Only answers to this campaign.").up_to(100)}),
       {},
       all},
      {"GET", "/inbox/{inbound}", "inbox:read", "One text.", {}, {}, show},
      {"POST", "/inbox/{inbound}/read", "inbox:write", "Mark it read.", {}, {}, read},
      {.method = "POST",
       .path = "/inbox/{inbound}/reply",
       .scope = "inbox:write",
       .summary = "Answer it, from the sender that was written to.",
       .query = {},
       .body = {text("body", "The answer.").required().up_to(1'600)},
       .answer = reply,
       .takes_key = true,
       .needs_key = true},
      {"GET",
       "/opt-out-reviews",
       "inbox:read",
       "Texts that may be opt-outs, the most urgent first.",
       page_fields(),
       {},
       reviews},
      {"POST",
       "/opt-out-reviews/{inbound}/accept",
       "consent:write",
       "It is an opt-out.",
       {},
       {},
       [](ApiCall& call) { return decide(call, true); }},
      {"POST",
       "/opt-out-reviews/{inbound}/dismiss",
       "consent:write",
       "It is none.",
       {},
       {},
       [](ApiCall& call) { return decide(call, false); }},
  };
}

}  // namespace smscrm
