// What comes from handsets, and what goes back to them.
#include <algorithm>

#include "core/text/encoding.hpp"
#include "daemon/sandbox/world.hpp"

namespace smscrm {

// A sender's number, and the services that send from it.
std::vector<std::string> SandboxWorld::scopes_of(const std::string& number) const {
  std::vector<std::string> scopes{number};
  for (const auto& [service, pool] : settings.services)
    if (std::find(pool.begin(), pool.end(), number) != pool.end()) scopes.push_back(service);
  const auto sender = senders_.find(number);
  if (sender == senders_.end() || sender->second.service.empty()) return scopes;
  const auto& last = sender->second.service;
  if (std::find(scopes.begin(), scopes.end(), last) == scopes.end()) scopes.push_back(last);
  return scopes;
}

SandboxWorld::Received SandboxWorld::receive(const TwilioAccount& account, const std::string& from,
                                             const std::string& to, const std::string& body, Timestamp now) {
  ++counts_.inbound;
  const auto scopes = scopes_of(to);
  SandboxMessage message;
  message.account = account.sid;
  message.direction = TwilioDirection::inbound;
  message.to = to;
  message.from = from;
  if (scopes.size() > 1) message.service = scopes[1];
  message.body = body;
  message.parts = count_parts(body);
  message.status = TwilioStatus::received;
  message.sent_at = now;
  Received received{add(std::move(message), now), std::nullopt, std::nullopt};

  const auto keyword = is_short_code(to) ? std::nullopt : find_twilio_keyword(body);
  if (keyword) {
    for (const auto& scope : scopes) {
      if (keyword == TwilioKeyword::stop) opt_outs_.add(account.sid, scope, from);
      if (keyword == TwilioKeyword::start) opt_outs_.remove(account.sid, scope, from);
    }
    if (settings.default_replies) {
      SandboxMessage answer;
      answer.account = account.sid;
      answer.direction = TwilioDirection::outbound_reply;
      answer.to = from;
      answer.from = to;
      answer.body = default_reply(*keyword);
      answer.parts = count_parts(answer.body);
      received.auto_reply = add(std::move(answer), now);
      enqueue(*received.auto_reply, now);
    }
  }

  const auto own = settings.inbound_urls.find(to);
  const auto& url = own == settings.inbound_urls.end() ? settings.inbound_url : own->second;
  if (url.empty()) return received;
  const auto& kept = ledger_.at(received.message);
  received.webhook = Notice{account.sid, url, {}, kept.sid, generation_};
  auto& fields = received.webhook->fields;
  fields = {{"ToCountry", ""},
            {"ToState", ""},
            {"SmsMessageSid", kept.sid},
            {"NumMedia", "0"},
            {"ToCity", ""},
            {"FromZip", ""},
            {"SmsSid", kept.sid},
            {"FromState", ""},
            {"SmsStatus", "received"},
            {"FromCity", ""},
            {"Body", body},
            {"FromCountry", ""},
            {"To", to},
            {"ToZip", ""},
            {"NumSegments", std::to_string(kept.parts)},
            {"MessageSid", kept.sid},
            {"AccountSid", account.sid},
            {"From", from},
            {"ApiVersion", "2010-04-01"}};
  if (!kept.service.empty()) fields.emplace_back("MessagingServiceSid", kept.service);
  return received;
}

std::variant<MessageIndex, ApiError> SandboxWorld::reply(const TwilioAccount& account, MessageIndex inbound,
                                                         const TwimlMessage& twiml, Timestamp now) {
  const auto& received = ledger_.at(inbound);
  SandboxMessage answer;
  answer.account = account.sid;
  answer.direction = TwilioDirection::outbound_reply;
  answer.to = twiml.to.empty() ? received.from : twiml.to;
  answer.from = twiml.from.empty() ? received.to : twiml.from;
  Form form{{"To", answer.to}, {"From", answer.from}, {"Body", twiml.body}};
  if (!twiml.callback.empty()) form.emplace_back("StatusCallback", twiml.callback);
  for (int i = 0; i < twiml.media; ++i)
    form.emplace_back("MediaUrl", "https://media.example/" + std::to_string(i));
  auto checked = validate_message(form, false, now);
  if (auto* error = std::get_if<ApiError>(&checked)) return *error;
  if (opt_outs_.has(account.sid, answer.from, answer.to)) return api_error(21610);
  if (is_full(answer.from, 1, now)) return api_error(21611, answer.from);
  auto& valid = std::get<NewTwilioMessage>(checked);
  answer.body = std::move(valid.body);
  answer.callback = std::move(valid.callback);
  answer.parts = valid.parts;
  answer.media = valid.media;
  const auto index = add(std::move(answer), now);
  enqueue(index, now);
  return index;
}

}  // namespace smscrm
