// core/provider/twilio_webhook: of all forms with the same signed bytes that pass, the text is the same.
// Input: lines that the person who writes has a hand in: a body, a profile's name, a place, a parameter of
// its own.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/provider/twilio_signature.hpp"
#include "core/provider/twilio_webhook.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

constexpr std::array<std::string_view, 31> names{"AccountSid",
                                                 "AddOns",
                                                 "Address",
                                                 "ApiVersion",
                                                 "Body",
                                                 "Bod",
                                                 "ButtonText",
                                                 "ChannelMetadata",
                                                 "Forwarded",
                                                 "From",
                                                 "FromCity",
                                                 "FromZip",
                                                 "Go",
                                                 "K",
                                                 "Label",
                                                 "MediaUrl0",
                                                 "MessageSid",
                                                 "MessageType",
                                                 "MessagingServiceSid",
                                                 "NumMedia",
                                                 "NumSegments",
                                                 "OptOutType",
                                                 "OriginalRepliedMessageSid",
                                                 "ProfileName",
                                                 "SmsMessageSid",
                                                 "SmsSid",
                                                 "SmsStatus",
                                                 "To",
                                                 "ToCity",
                                                 "WaId",
                                                 "Zzz"};

constexpr std::array<const char*, 5> from{"+14155550123", "whatsapp:+14155550123", "12345", "AcmeGo",
                                          "client:bob"};

std::string signed_bytes(Form form) {
  std::sort(form.begin(), form.end());
  std::string text;
  for (const auto& [name, value] : form) text += name + value;
  return text;
}

// Cut at some of the places where a name stands, or could: names ascend, so the bytes are those that were
// signed.
Form cut_again(const std::string& text, Dice& dice, std::size_t boldness) {
  Form form;
  std::size_t at = 0;
  std::string_view name = "AccountSid";
  while (true) {
    std::size_t next = text.size();
    std::string_view next_name;
    for (std::size_t i = at + name.size(); i < text.size() && next_name.empty(); ++i)
      for (const auto candidate : names)
        if (candidate > name && text.compare(i, candidate.size(), candidate) == 0 &&
            dice.below(boldness) != 0) {
          next = i;
          next_name = candidate;
          break;
        }
    form.emplace_back(name, text.substr(at + name.size(), next - at - name.size()));
    if (next_name.empty()) return form;
    at = next;
    name = next_name;
  }
}

using Text = std::tuple<std::string, std::string, std::string>;

Text text_of(const Form& form) {
  const auto get = [&](const char* name) { return std::string{find_field(form, name).value_or("")}; };
  return {get("MessageSid"), get("From"), get("Body")};
}

}  // namespace

void fuzz_one(std::string_view input) {
  Dice dice{input};
  const std::string sid =
      (dice.below(4) == 0 ? "MM" : "SM") + std::string(32, "0123456789abcdef"[dice.below(16)]);
  Form form{{"AccountSid", "AC" + std::string(32, 'a')},
            {"Body", std::string{take_until(input, '\n')}},
            {"From", from[dice.below(from.size())]},
            {"MessageSid", sid},
            {"NumMedia", "0"},
            {"To", "+15005550006"}};
  if (dice.below(4) != 0) form.emplace_back("ApiVersion", "2010-04-01");
  if (dice.below(4) != 0) form.insert(form.end(), {{"SmsMessageSid", sid}, {"SmsSid", sid}});
  if (dice.below(2) != 0) form.emplace_back("FromCity", "");
  if (dice.below(2) != 0) form.emplace_back("ProfileName", take_until(input, '\n'));
  if (dice.below(4) == 0) form.emplace_back("Address", take_until(input, '\n'));
  if (dice.below(4) == 0) form.emplace_back("Label", take_until(input, '\n'));
  if (dice.below(4) == 0) form.emplace_back("ButtonText", take_until(input, '\n'));
  if (dice.below(4) == 0) form.emplace_back("OriginalRepliedMessageSid", "SM" + std::string(32, 'e'));
  if (dice.below(4) == 0) form.emplace_back("Zzz", take_until(input, '\n'));

  const auto url = "https://sms.example.com/webhooks/twilio/acme/inbound";
  const auto signature = twilio_signature("token", url, form);
  const auto text = signed_bytes(form);
  std::optional<Text> passed;
  if (!find_fault_of_inbound(form)) passed = text_of(form);
  for (int attempt = 0; attempt < 60; ++attempt) {
    const auto other = cut_again(text, dice, 2 + dice.below(6));
    promise(signed_bytes(other) == text, "another cut has the same bytes");
    promise(twilio_signature("token", url, other) == signature, "and so the same signature");
    if (find_fault_of_inbound(other)) continue;
    if (!passed) passed = text_of(other);
    promise(*passed == text_of(other), "what passes is one text, however it is cut");
  }
}

}  // namespace smscrm::fuzz
