// The opt-outs that Twilio itself keeps and answers.
// Rules: https://support.twilio.com/hc/en-us/articles/223134027 (keywords, replies, scope), and 223181748:
// numbers have it by default, short codes do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace smscrm {

enum class TwilioKeyword { stop, start, help };

// The whole text is the keyword, in any case, blanks around it aside.
std::optional<TwilioKeyword> find_twilio_keyword(std::string_view text);

std::string_view default_reply(TwilioKeyword keyword);

// Who has opted out of what; a scope is a sender's number or a messaging service.
class OptOutList {
 public:
  void add(const std::string& account, const std::string& scope, const std::string& number);
  void remove(const std::string& account, const std::string& scope, const std::string& number);
  bool has(const std::string& account, const std::string& scope, const std::string& number) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::unordered_set<std::string> keys_;
};

}  // namespace smscrm
