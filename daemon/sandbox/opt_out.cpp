#include "daemon/sandbox/opt_out.hpp"

#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::string key(const std::string& account, const std::string& scope, const std::string& number) {
  return account + ' ' + scope + ' ' + number;
}

}  // namespace

std::optional<TwilioKeyword> find_twilio_keyword(std::string_view text) {
  const auto word = to_lower(trim(text));
  for (const auto* stop : {"stop", "unsubscribe", "end", "quit", "stopall", "cancel", "revoke", "optout"})
    if (word == stop) return TwilioKeyword::stop;
  for (const auto* start : {"start", "yes", "unstop"})
    if (word == start) return TwilioKeyword::start;
  for (const auto* help : {"help", "info"})
    if (word == help) return TwilioKeyword::help;
  return std::nullopt;
}

std::string_view default_reply(TwilioKeyword keyword) {
  switch (keyword) {
    case TwilioKeyword::stop:
      return "You have successfully been unsubscribed. You will not receive any more messages from this "
             "number. "
             "Reply START to resubscribe.";
    case TwilioKeyword::start:
      return "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
             "Reply STOP to unsubscribe. Msg&Data Rates May Apply.";
    case TwilioKeyword::help:
      return "Reply STOP to unsubscribe. Msg&Data Rates May Apply.";
  }
  return "";
}

void OptOutList::add(const std::string& account, const std::string& scope, const std::string& number) {
  keys_.insert(key(account, scope, number));
}

void OptOutList::remove(const std::string& account, const std::string& scope, const std::string& number) {
  keys_.erase(key(account, scope, number));
}

bool OptOutList::has(const std::string& account, const std::string& scope, const std::string& number) const {
  return keys_.contains(key(account, scope, number));
}

}  // namespace smscrm
