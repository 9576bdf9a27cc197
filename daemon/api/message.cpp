// /messages: single messages, whatever sent them.
#include "core/sending/message.hpp"

#include "core/campaign/template.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/phone/address.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/sending_json.hpp"
#include "core/sending/transactional.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

ApiAnswer find(ApiCall& call, const Json& wanted) {
  MessageFilter filter;
  const auto tenant = call.tenant.id;
  const auto given = [&](const char* name) { return call.text(wanted, name); };
  if (const auto name = given("campaign"); !name.empty())
    filter.campaign = get_campaign(call.tx, tenant, name);
  if (const auto status = given("status"); !status.empty()) filter.statuses = {parse_message_status(status)};
  if (wanted.contains("error_code")) filter.error_code = wanted["error_code"].get<int>();
  if (const auto sender = given("sender"); !sender.empty())
    filter.sender = get_sender(call.tx, tenant, sender).id;
  filter.kind = given("kind");
  if (const auto since = given("since"); !since.empty()) filter.since = parse_rfc3339(since);
  if (const auto to = given("to"); !to.empty()) filter.msisdn = get_address_key(to, call.tenant.country);
  if (const auto before = id_cursor_of(call)) filter.before = MessageId{*before};
  return answer_page(
      call, list_messages(tenant, filter), [](const Message& message) { return to_json(message); },
      [](const Message& message) { return fmt::format("{}", message.id.value); });
}

ApiAnswer show(ApiCall& call) {
  const MessageId id{call.id(0)};
  return {to_json(get_message(call.tx, call.tenant.id, id), list_message_events(call.tx, call.tenant.id, id),
                  list_message_attempts(call.tx, call.tenant.id, id))};
}

ApiAnswer send(ApiCall& call) {
  const auto template_name = call.in_body("template");
  NewTransactional message{
      .msisdn = get_msisdn(call.in_body("to"), call.tenant.country),
      .body = call.in_body("body"),
      .values = {},
      .sender = call.in_body("sender"),
      .key = call.request_key.empty() ? "" : "api " + hex_encode(sha256(call.request_key))};
  if (message.body.empty() == template_name.empty())
    throw Error(Errc::invalid, "say what to send with one of \"body\" and \"template\"");
  if (!template_name.empty()) message.body = get_template(call.tx, call.tenant.id, template_name).body;
  if (call.body.contains("values"))
    message.values = call.body["values"].get<std::map<std::string, std::string>>();
  call.refuse_erased(message.msisdn);
  const auto& link_url = link_url_of(call.tenant, call.environment.public_url);
  const auto shorten = [&](const std::string& target) {
    if (link_url.empty()) throw Error(Errc::refused, "the short links of the text have nowhere to point");
    return shorten_by_hand(call.tx, call.tenant.id,
                           template_name.empty() ? "single messages" : "template " + template_name, link_url,
                           get_link_key(call.tx, call.environment.secret), target);
  };
  const auto queued = queue_transactional(call.tx, call.tenant.id, message, shorten, call.at);
  return {queued_to_json(queued.id, message.msisdn), 202, fmt::format("/messages/{}", queued.id.value), true};
}

ApiAnswer resolve(ApiCall& call) {
  const auto verdict = call.in_body("as");
  const MessageId id{call.id(0)};
  resolve_message(call.tx, call.tenant.id, id, parse_verdict(verdict), call.doer, call.at);
  return {resolved_to_json(1, verdict, 0), 200, "", true};
}

}  // namespace

std::vector<ApiRoute> message_routes() {
  std::vector<std::string> statuses;
  for (const auto status : message_statuses) statuses.emplace_back(to_string(status));
  const ApiFields filters{
      text("campaign", "Only of this campaign.").up_to(100),
      text("status", "Only with this status.").one_of(statuses),
      integer("error_code", "Only those that ended with this error.").from(0, 1'000'000),
      text("sender", "Only from this address of ours.").up_to(50),
      text("kind", "Only of this kind.").one_of({"campaign", "reply", "test", "transactional"}),
      text("since", "RFC 3339: only those whose status changed since.").up_to(40)};
  auto searched = filters;
  searched.push_back(text("to", "A number.").required().up_to(100));
  return {
      {"GET",
       "/messages",
       "messages:read",
       "List messages, newest first.",
       page_fields(filters),
       {},
       [](ApiCall& call) { return find(call, call.query); }},
      {"POST", "/messages/search", "messages:read", "List the messages to a number.", page_fields(), searched,
       [](ApiCall& call) { return find(call, call.body); }},
      {.method = "POST",
       .path = "/messages",
       .scope = "messages:write",
       .summary = "Send one text now, outside campaigns. Opt-outs hold.",
       .query = {},
       .body = {text("to", "To whom.").required().up_to(100),
                text("body", "What to send, with fields and short links.").up_to(10'000),
                text("template", "Send this text instead.").up_to(100),
                text_map("values", "Values of fields.").up_to(200),
                text("sender", "From this address of ours.").up_to(50)},
       .answer = send,
       .takes_key = true,
       .needs_key = true},
      {"GET", "/messages/{message}", "messages:read", "One message, and what happened to it.", {}, {}, show},
      {"POST",
       "/messages/{message}/resolve",
       "messages:write",
       "Decide one that is unknown and held.",
       {},
       {text("as", "It arrived; it did not and is sent again; it did not and stays so.")
            .required()
            .one_of({"sent", "resend", "failed"})},
       resolve},
  };
}

}  // namespace smscrm
