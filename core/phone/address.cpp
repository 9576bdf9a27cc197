#include "core/phone/address.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/phone/line.hpp"
#include "core/phone/notation.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

// Those that go by a number. Of the others, digits are no number.
constexpr std::array<std::string_view, 7> number_channels{"sms",   "mms",      "rcs",  "tel",
                                                          "smsto", "whatsapp", "viber"};
constexpr std::string_view whatsapp = "whatsapp";
constexpr std::string_view name_channel = "name", other_channel = "other";  // our own
constexpr std::size_t longest_name = 11, shortest_short_code = 3, longest_short_code = 8,
                      longest_bare_code = 6;
constexpr std::size_t longest_other = 100;  // of what we cannot read at all

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_short_code(std::string_view text) {
  return all_digits(text) && text.size() >= shortest_short_code && text.size() <= longest_short_code;
}

// https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view{" +-_&"}.find(c) != std::string_view::npos;
  };
  return text.size() <= longest_name && std::all_of(text.begin(), text.end(), fits) &&
         std::any_of(text.begin(), text.end(), is_letter);
}

struct Parts {
  std::string channel;  // lower case; empty: none
  std::string_view rest;
};

Parts divide(std::string_view address) {
  address = trim(address);
  const auto colon = address.find(':');
  const auto channel = address.substr(0, colon);
  if (colon == std::string_view::npos || channel.empty() ||
      !std::all_of(channel.begin(), channel.end(), is_letter))
    return {{}, address};
  return {to_lower(channel), trim(address.substr(colon + 1))};
}

bool has_number(std::string_view channel) {
  return channel.empty() ||
         std::find(number_channels.begin(), number_channels.end(), channel) != number_channels.end();
}

// RCS knows businesses by a name, "rcs:acme_agent".
bool is_agent(std::string_view channel, std::string_view rest) {
  const auto fits = [](char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-'; };
  return channel == "rcs" && std::all_of(rest.begin(), rest.end(), fits) &&
         std::any_of(rest.begin(), rest.end(), is_letter);
}

// Of a text with a plus; empty when it is no number.
std::string number_key(std::string_view text) {
  if (auto phone = parse_phone(text, {})) return std::move(phone->e164);
  std::string number{text};
  std::erase_if(number, [](char c) { return std::string_view{" -().\t"}.find(c) != std::string_view::npos; });
  return is_e164(number) ? one_line(number) : std::string{};
}

std::string name_key(std::string_view name) {
  auto key = fmt::format("{}:", name_channel).append(name);
  for (auto c = key.begin() + name_channel.size() + 1; c != key.end(); ++c)
    if (*c >= 'a' && *c <= 'z') *c = static_cast<char>(*c - 'a' + 'A');
  return key;
}

std::string other_key(std::string_view channel, std::string_view rest) {
  auto length = std::min(rest.size(), longest_other);
  while (length < rest.size() && length > 0 && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U)
    --length;
  return std::string{channel}.append(":").append(to_lower(rest.substr(0, length)));
}

// Of what may follow a channel that goes by numbers; empty when it is none of that. `may_lack_plus`: digits
// are an international number.
std::string plain_key(std::string_view text, bool may_lack_plus) {
  if (text.starts_with('+'))
    if (auto key = number_key(text); !key.empty()) return key;
  if (is_short_code(text)) return std::string{text};
  if (may_lack_plus && all_digits(text))
    if (auto phone = parse_phone("+" + std::string{text}, {}); phone && phone->valid)
      return std::move(phone->e164);
  return {};
}

}  // namespace

std::string address_key(std::string_view address) {
  const auto [channel, rest] = divide(address);
  if (has_number(channel)) {
    if (auto key = plain_key(rest, channel.empty() || channel == whatsapp); !key.empty()) return key;
    if (channel.empty() && is_name(rest)) return name_key(rest);
  }
  if (channel == name_channel && is_name(rest)) return name_key(rest);
  return other_key(channel.empty() ? other_channel : std::string_view{channel}, rest);
}

std::string get_address_key(std::string_view text, std::string_view region) {
  const auto [channel, rest] = divide(text);
  if (!channel.empty() && has_number(channel))
    if (auto key = plain_key(rest, channel == whatsapp); !key.empty()) return key;
  const auto phone = parse_phone(text, region);
  // The shortest numbers of a plan may be codes as well; what nobody is given is a code.
  const bool is_code = channel.empty() && is_short_code(rest) && rest.size() <= longest_bare_code;
  if (is_code && !(phone && phone->valid)) return std::string{rest};
  if (phone) return phone->e164;
  if (rest.starts_with('+') && has_number(channel))
    if (auto key = number_key(rest); !key.empty()) return key;
  const bool is_account = is_agent(channel, rest) || (!channel.empty() && !rest.empty() &&
                                                      !has_number(channel) && !is_phone_label(channel));
  return is_account ? address_key(text) : get_msisdn(text, region);  // which says why not
}

std::string address_channel(std::string_view address) { return divide(address).channel; }

bool is_text_channel(std::string_view channel) {
  return channel.empty() || channel == "sms" || channel == "mms" || channel == "rcs" || channel == "tel" ||
         channel == "smsto";
}

std::string without_channel(std::string_view address) {
  const auto [channel, rest] = divide(address);
  return std::string{!channel.empty() && has_number(channel) && !rest.empty() ? rest : trim(address)};
}

}  // namespace smscrm
