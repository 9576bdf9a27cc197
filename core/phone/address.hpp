// The key of an address: what contacts, consent, do-not-contact, conversations and the provider's lists go
// by, whatever notation somebody writes. There is no other way from an address of outside to a row.
//
// An address is
//   a number       "+5215512345678", "+1 415 555-2671", "tel:+14155552671", "whatsapp:+14155552671",
//   "rcs:+1415…"
//                  Its key is E.164, of the one line that it reaches (core/phone/line.hpp). A person is one
//                  person on every channel that goes by their number: sms, mms, rcs, tel, smsto, whatsapp and
//                  viber are dropped. A provider's number that no plan knows is its own key:
//                  "+22999999999999".
//   a short code   3 to 8 digits without a plus. Its key is the digits.
//   a name         an alphanumeric sender, at most 11 letters, digits, blanks and "+-_&". Its key is
//   "name:ACME". another        "messenger:1234", "client:bob": an account that has no number. Its key is in
//   small letters. What is
//                  none of all these is "other:" and the text.
// Rules: twilio.com/docs/messaging/channels for the prefixes,
// twilio.com/docs/glossary/what-alphanumeric-sender-id.
//
// Every key names itself: the key of a key is the same.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// Of an address as the provider writes it, where a number has its plus. Never fails. Safe from any thread.
std::string address_key(std::string_view address);

// Of an address as a person types it: a number of `region`, too, and anything that address_key gives, so that
// every command reaches all that is stored. A number without a plan is one all the same, given +, 6 to 15
// digits: this is for saying no, and for looking things up (get_msisdn is for texting). Digits that are no
// number are a short code when there are 3 to 6 of them; "sms:1234567" is always one, and "name:ACME" is a
// name. Throws Error{invalid} naming the text.
std::string get_address_key(std::string_view text, std::string_view region);

// "whatsapp" of "WhatsApp:+14155552671"; empty when there is none.
std::string address_channel(std::string_view address);

// Whether a yes by this channel is one to texts: SMS, MMS or RCS. A no counts whatever it came by.
// Rule: Twilio's help, 223134027: an opt-out by one of the three holds for all.
bool is_text_channel(std::string_view channel);

// The address without a channel that its number is reached by: "+15005550006" of "whatsapp:+15005550006", to
// be found among senders.
std::string without_channel(std::string_view address);

}  // namespace smscrm
