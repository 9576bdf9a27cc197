#include "core/provider/error_text.hpp"

#include <algorithm>
#include <array>

namespace smscrm {
namespace {

struct KnownText {
  int code;
  ErrorText text;
};

constexpr std::array known_texts{
    KnownText{20003, {"the account's credentials are refused", "Set the token with \"smscrm account set\"."}},
    KnownText{20005, {"the account is not active", "Settle that with Twilio."}},
    KnownText{20404, {"there is no such account", "Correct the SID with \"smscrm account set\"."}},
    KnownText{20429, {"too many requests at once", "It is tried again by itself."}},
    KnownText{21211, {"not a phone number", "Correct or delete the contact."}},
    KnownText{21212, {"the sender is malformed or not allowed", "Check it with \"smscrm sender list\"."}},
    KnownText{21408, {"the account may not text this country", "Allow it in Twilio's Geo Permissions."}},
    KnownText{21606, {"the sender is no number of this account", "Buy it at Twilio, or remove the sender."}},
    KnownText{21608, {"a trial account texts verified numbers only", "Upgrade the account at Twilio."}},
    KnownText{21610, {"the person said STOP to this sender", "Only they can change that, by texting START."}},
    KnownText{21611, {"the sender's queue at Twilio is full", "Lower the sender's rate."}},
    KnownText{21612, {"this number cannot be reached from this sender", "Send from another kind of sender."}},
    KnownText{21614, {"not a mobile number", "Correct or delete the contact."}},
    KnownText{21617, {"the text is too long", "Shorten the template."}},
    KnownText{21703, {"the messaging service has no sender", "Add one to it at Twilio."}},
    KnownText{30001, {"Twilio's queue overflowed", "Lower the rate; it is tried again by itself."}},
    KnownText{30002,
              {"the account is suspended", "Settle that with Twilio, then \"smscrm account resume\"."}},
    KnownText{30003, {"the phone is off or out of coverage", "It is tried again by itself."}},
    KnownText{30004, {"blocked by the person, the carrier or a plan without SMS", ""}},
    KnownText{30005, {"unknown or inactive number", "Correct or delete the contact."}},
    KnownText{30006, {"a landline, or a carrier that takes no SMS", "Correct or delete the contact."}},
    KnownText{30007,
              {"filtered as spam by the carrier", "Name the business, and avoid foreign short links."}},
    KnownText{30008, {"the carrier gives no reason", "It is tried again by itself."}},
    KnownText{30010, {"dearer than the price limit", "Raise the limit at Twilio."}},
    KnownText{30017, {"the carrier is congested", "It is tried again by itself."}},
    KnownText{30018, {"the destination carrier wants a registered sender", "Register the sender at Twilio."}},
    KnownText{30022, {"faster than the number's registration allows", "Lower the sender's rate."}},
    KnownText{30023, {"more a day than the brand's registration allows", "Set a daily cap on the sender."}},
    KnownText{30024, {"the sender is not ready for this number type", "Check the number at Twilio."}},
    KnownText{30027, {"more a day than T-Mobile allows the brand", "Set a daily cap on the sender."}},
    KnownText{30032, {"the toll-free number is not verified", "Verify it at Twilio."}},
    KnownText{30034, {"the number is not registered for A2P 10DLC", "Register it at Twilio."}},
    KnownText{30035, {"the number's registration is being changed", "Wait for Twilio."}},
    KnownText{30036,
              {"its time ran out in Twilio's queue", "Lower the rate, or let the campaign expire later."}},
    KnownText{30410, {"the carrier did not answer Twilio in time", ""}},
    KnownText{30450,
              {"held back as SMS pumping", "It lifts by itself; look at the numbers of that country."}},
    KnownText{30500, {"an error inside Twilio", "It is tried again by itself."}},
    KnownText{30610, {"quiet hours by Twilio's Compliance Toolkit", "Send later in the day."}},
};

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < known_texts.size(); ++i)
    if (known_texts[i - 1].code >= known_texts[i].code) return false;
  return true;
}
static_assert(is_sorted());

}  // namespace

ErrorText explain_error(int code) {
  const auto found = std::lower_bound(known_texts.begin(), known_texts.end(), code,
                                      [](const KnownText& known, int wanted) { return known.code < wanted; });
  return found != known_texts.end() && found->code == code ? found->text : ErrorText{};
}

}  // namespace smscrm
