#include "core/provider/twilio_webhook.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace smscrm {
namespace {

constexpr std::size_t longest_address = 64;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_text = 20'000;  // bytes; Twilio joins long texts, of 4,096 characters at most
constexpr std::size_t longest_value = 4'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool are_digits(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_sid(std::string_view text, std::string_view prefix) {
  return text.size() == 34 && text.starts_with(prefix) && std::all_of(text.begin() + 2, text.end(), is_hex);
}

// "whatsapp:", "rcs:" and the like; 0: none.
std::size_t channel_size(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 20) return 0;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_letter) ? colon + 1
                                                                                                : 0;
}

// A number, perhaps of a channel: what a person writes from.
bool is_number(std::string_view text) {
  text.remove_prefix(channel_size(text));
  if (text.starts_with('+')) text.remove_prefix(1);
  return are_digits(text, 3, 20);
}

// What may stand behind a channel's prefix, or as an alphanumeric sender.
bool is_name(std::string_view text) {
  const auto channel = channel_size(text);
  text.remove_prefix(channel);
  const auto is_of_name = [&](char c) {
    return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '_' || c == '&' || c == '+' ||
           c == '.' || (channel > 0 && (c == '@' || c == ':'));
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_of_name);
}

bool is_address(std::string_view text) {
  return text.size() <= longest_address && (is_number(text) || is_sid(text, "MG") || is_name(text));
}

constexpr std::array<std::string_view, 13> statuses{
    "accepted", "scheduled", "canceled",           "queued",      "sending",
    "sent",     "failed",    "delivered",          "undelivered", "receiving",
    "received", "read",      "partially_delivered"};

bool is_status(std::string_view text) {
  return std::find(statuses.begin(), statuses.end(), text) != statuses.end();
}

bool is_opt_out_type(std::string_view text) { return text == "STOP" || text == "START" || text == "HELP"; }

// The exact form of what Twilio documents; nullptr: any text.
struct Parameter {
  std::string_view name;
  bool (*is_right)(std::string_view);
  std::string_view form;  // for people
};

constexpr std::array parameters{
    Parameter{"AccountSid", [](std::string_view v) { return is_sid(v, "AC"); }, "AC and 32 hex digits"},
    Parameter{"ApiVersion", [](std::string_view v) { return v == "2010-04-01"; }, "2010-04-01"},
    Parameter{"ErrorCode", [](std::string_view v) { return v.empty() || are_digits(v, 1, 6); }, "a code"},
    Parameter{"From", is_address, "an address"},
    Parameter{"MessageSid", is_message_sid, "SM or MM and 32 hex digits"},
    Parameter{"MessageStatus", is_status, "a status"},
    Parameter{"MessagingServiceSid", [](std::string_view v) { return v.empty() || is_sid(v, "MG"); },
              "MG and 32 hex digits"},
    Parameter{"NumMedia", [](std::string_view v) { return are_digits(v, 1, 2); }, "a number"},
    Parameter{"NumSegments", [](std::string_view v) { return are_digits(v, 1, 3); }, "a number"},
    Parameter{"OptOutType", is_opt_out_type, "STOP, START or HELP"},
    Parameter{"OriginalRepliedMessageSid", is_message_sid, "SM or MM and 32 hex digits"},
    Parameter{"ReferralNumMedia", [](std::string_view v) { return are_digits(v, 1, 2); }, "a number"},
    Parameter{"SmsMessageSid", is_message_sid, "SM or MM and 32 hex digits"},
    Parameter{"SmsSid", is_message_sid, "SM or MM and 32 hex digits"},
    Parameter{"SmsStatus", is_status, "a status"},
    Parameter{"To", is_address, "an address"},
};

// Those of inbound texts whose names come between "Body" and "From". What begins like one of them cannot be
// told from it in a body.
struct Early {
  std::string_view name;
  std::string_view value;  // how it begins; empty: anyhow
};
constexpr std::array early{Early{"ButtonPayload", ""},
                           Early{"ButtonText", ""},
                           Early{"ChannelInstallSid", "XE"},
                           Early{"ChannelMetadata", "{"},
                           Early{"ChannelPrefix", ""},
                           Early{"ChannelStatusMessage", ""},
                           Early{"ChannelToAddress", ""},
                           Early{"EventType", ""},
                           Early{"FlowData", "{"},
                           Early{"Forwarded", "true"},
                           Early{"FrequentlyForwarded", "true"}};

std::optional<std::string> find_fault_of_values(const Form& form) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : form) names.push_back(name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return fmt::format("{} is there twice", twice->substr(0, longest_name));
  for (const auto& [name, value] : form) {
    const auto is_of_name = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
    if (name.empty() || name.size() > longest_name || !is_letter(name[0]) ||
        !std::all_of(name.begin(), name.end(), is_of_name))
      return "a parameter has a name that is none";
    const auto known = std::find_if(parameters.begin(), parameters.end(),
                                    [&, &wanted = name](const Parameter& p) { return p.name == wanted; });
    if (known != parameters.end() && !known->is_right(value))
      return fmt::format("{} is not {}", name, known->form);
    if (value.size() > (name == "Body" ? longest_text : longest_value))
      return fmt::format("{} is too long", name);
  }
  if (!find_field(form, "AccountSid")) return "AccountSid is missing";
  const auto sid = find_field(form, "MessageSid");
  if (!sid) return "MessageSid is missing";
  for (const char* name : {"SmsMessageSid", "SmsSid"})
    if (find_field(form, name).value_or(*sid) != *sid) return fmt::format("{} is not MessageSid", name);
  return std::nullopt;
}

// What was signed after the URL, and where in it the value of one parameter's name begins.
struct Signed {
  std::string text;
  std::vector<std::pair<std::string_view, std::size_t>> names;  // in order

  explicit Signed(const Form& form) {
    std::vector<const Form::value_type*> sorted;
    for (const auto& pair : form) sorted.push_back(&pair);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->first < b->first; });
    for (const auto* pair : sorted) {
      names.emplace_back(pair->first, text.size());
      text.append(pair->first).append(pair->second);
    }
  }
  std::size_t at(std::string_view name) const {
    for (const auto& [each, begin] : names)
      if (each == name) return begin;
    return std::string::npos;
  }
};

// Whether all ids that the bytes could be cut to are `sid`. What a reply refers to is another's, and known by
// its name.
bool is_only_sid(std::string_view text, std::string_view sid) {
  constexpr std::string_view name = "MessageSid", replied = "OriginalReplied";
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const auto found = text.substr(at + name.size(), 34);
    if (is_message_sid(found) && found != sid && !text.substr(0, at).ends_with(replied)) return false;
  }
  return true;
}

// Where the bytes could be cut for the last time to a From with a number; npos: nowhere.
std::size_t last_number_from(std::string_view text) {
  for (auto at = text.rfind("From"); at != std::string_view::npos;
       at = at == 0 ? at - 1 : text.rfind("From", at - 1)) {
    auto value = text.substr(at + 4, 40);
    value.remove_prefix(channel_size(value));
    if (value.starts_with('+')) value.remove_prefix(1);
    if (value.size() >= 3 && std::all_of(value.begin(), value.begin() + 3, is_digit)) return at;
  }
  return std::string_view::npos;
}

// Whoever writes from a number is who the last number says that could be cut out of the bytes: what stands
// before it are the person's words, what comes behind is Twilio's. A name ends where Twilio's next parameter
// begins.
std::optional<std::string> find_fault_of_from(const Signed& all, std::string_view from) {
  constexpr std::array<std::string_view, 4> places{"City", "Country", "State", "Zip"};
  constexpr std::array<std::string_view, 6> next{"From",  "Latitude", "Longitude",
                                                 "Label", "Media",    "Message"};
  const std::string_view text = all.text;
  const auto at = all.at("From");
  const auto number = last_number_from(text);
  if (number == at && is_number(from)) return std::nullopt;
  if (number != std::string_view::npos || is_number(from)) return "From could be another";
  const auto is_place = [&](std::size_t found) {
    return std::any_of(places.begin(), places.end(),
                       [&](auto place) { return text.substr(found + 4).starts_with(place); });
  };
  auto last = text.rfind("From");
  while (last != std::string_view::npos && last > 0 && is_place(last)) last = text.rfind("From", last - 1);
  const auto behind = text.substr(at + 4 + from.size());
  const auto begins = [&](auto name) { return behind.starts_with(name); };
  const auto is_in_it = [&](auto name) { return from.find(name) != std::string_view::npos; };
  if (last != at || std::none_of(next.begin(), next.end(), begins) ||
      std::any_of(next.begin(), next.end(), is_in_it))
    return "From could be another";
  return std::nullopt;
}

bool may_come_before_from(std::string_view name, std::string_view value) {
  if (name == "AccountSid" || name == "AddOns" || name == "Address" || name == "ApiVersion" || name == "Body")
    return true;
  return std::any_of(early.begin(), early.end(),
                     [&](const Early& e) { return e.name == name && value.starts_with(e.value); });
}

// Body begins behind what has a fixed length, and nothing of it could be a parameter's.
std::optional<std::string> find_fault_of_body(const Form& form, const Signed& all) {
  for (const auto& [name, value] : form)
    if (name < "From" && !may_come_before_from(name, value))
      return fmt::format("{} could be a part of the text", name);
  const auto begin = all.at("Body"), from = all.at("From");
  const std::string_view text = all.text;
  constexpr std::string_view version = "ApiVersion2010-04-01";
  const bool has_version = all.at("ApiVersion") != std::string::npos;
  if (!has_version && (all.at("Address") != std::string::npos || all.at("AddOns") != std::string::npos))
    return "ApiVersion is missing";
  const auto last = text.substr(0, from).rfind(std::string{version} + "Body");
  const bool follows = last != std::string_view::npos && last + version.size() == begin;
  if (has_version ? !follows : last != std::string_view::npos) return "Body could begin elsewhere";
  const auto body = *find_field(form, "Body");
  const auto could_be = [&](const Early& e) {
    return body.find(std::string{e.name} + std::string{e.value}) != std::string_view::npos;
  };
  if (std::any_of(early.begin(), early.end(), could_be)) return "Body could be cut in two";
  constexpr std::string_view sid = "MessageSid";
  for (auto at = body.find(sid); at != std::string_view::npos; at = body.find(sid, at + 1))
    if (is_message_sid(body.substr(at + sid.size(), 34))) return "Body has an id of a message in it";
  return std::nullopt;
}

}  // namespace

bool is_message_sid(std::string_view text) { return is_sid(text, "SM") || is_sid(text, "MM"); }

std::optional<std::string> find_fault_of_inbound(const Form& form) {
  if (auto fault = find_fault_of_values(form)) return fault;
  for (const char* name : {"Body", "From", "To"})
    if (!find_field(form, name)) return fmt::format("{} is missing", name);
  const Signed all{form};
  if (!is_only_sid(all.text, *find_field(form, "MessageSid"))) return "MessageSid could be another";
  if (auto fault = find_fault_of_from(all, *find_field(form, "From"))) return fault;
  return find_fault_of_body(form, all);
}

std::optional<std::string> find_fault_of_receipt(const Form& form) {
  if (auto fault = find_fault_of_values(form)) return fault;
  for (const char* name : {"MessageStatus", "To"})
    if (!find_field(form, name)) return fmt::format("{} is missing", name);
  if (!is_only_sid(Signed{form}.text, *find_field(form, "MessageSid"))) return "MessageSid could be another";
  return std::nullopt;
}

}  // namespace smscrm
