#include "cli/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/local_time.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Why somebody is skipped or held, and why a row is rejected, where the identifier with blanks in it says too
// little.
constexpr Pair reasons[] = {
    {"dnc", "do not contact"},
    {"opted_out", "opted out"},
    {"no_consent", "no consent recorded"},
    {"no_hours", "no hour is open within 20 days"},
    {"frequency_cap", "had as many texts as allowed"},
    {"deleted", "contact was deleted"},
    {"number_changed", "contact has another number now"},
    {"unknown_zone", "time zone unknown"},
    {"in_review", "reply awaits review"},
    {"field_count", "wrong number of fields"},
    {"phone_missing", "phone is missing"},
    {"phone_invalid", "phone is not a number"},
    {"invalid_phone", "phone is not a number"},
    {"phone_digits_lost", "phone lost digits in a spreadsheet"},
    {"phone_no_region", "phone needs a country"},
    {"erased", "was erased, and has not come back"},
    {"phone_unassigned", "phone is in no numbering plan"},
    {"consent_at_invalid", "consent_at is not a time"},
    {"consent_unclear", "consent is neither yes nor no"},
    {"phone_several", "more than one phone number"},
    {"phone_words", "words in the phone number"},
    {"country_unknown", "country unknown"},
    {"direction_unknown", "neither sent nor received"},
    {"nested_value", "JSON inside a cell"},
    {"not_utf8", "not in the file's encoding"},
};

constexpr std::string_view green = "\033[32m", yellow = "\033[33m", red = "\033[31m";

constexpr Pair colors[] = {
    {"ok", green},        {"active", green},    {"running", green},      {"delivered", green},
    {"applied", green},   {"finished", green},  {"done", green},         {"opted_in", green},
    {"warn", yellow},     {"paused", yellow},   {"held", yellow},        {"unknown", yellow},
    {"pending", yellow},  {"retrying", yellow}, {"interrupted", yellow}, {"failing", yellow},
    {"disabled", yellow}, {"skipped", yellow},  {"undelivered", red},    {"failed", red},
    {"fail", red},        {"expired", red},     {"canceled", red},       {"revoked", red},
    {"opted_out", red},   {"broken", red},      {"ended", red},
};

// Numbers that name something: nobody counts them.
constexpr std::string_view names[] = {"id",   "key",     "import",   "inbound",    "message",  "contact",
                                      "user", "session", "delivery", "line",       "link",     "error_code",
                                      "port", "attempt", "offset",   "pause_code", "campaign", "pid"};

template <std::size_t count>
std::string_view look_up(const Pair (&pairs)[count], std::string_view word) {
  const auto* found = std::ranges::find(pairs, word, &Pair::first);
  return found == std::end(pairs) ? std::string_view{} : found->second;
}

bool is_name(std::string_view key) {
  return key.ends_with("_id") || key.ends_with("_port") || key.ends_with("_status") ||
         std::ranges::find(names, key) != std::end(names);
}

bool is_time(std::string_view key) {
  for (const std::string_view end : {"_at", "_since", "_until", "_of", "_after"})
    if (key.ends_with(end)) return true;
  return key == "at" || key == "since" || key == "until" || key == "next";
}

bool is_state(std::string_view key) { return key == "status" || key == "state" || key == "consent"; }

bool holds_reasons(std::string_view key) {
  return key == "skipped" || key == "held" || key == "reasons" || key == "warnings";
}

// Sentences of ours, which tell times.
bool is_sentence(std::string_view key) {
  return key == "detail" || key == "hint" || key == "because" || key == "verdict" || key == "last_error";
}

Cell show_text(std::string_view key, const std::string& value, const std::string& zone) {
  if (is_time(key) && value.size() >= 20) {
    try {
      return {.text = format_local(parse_rfc3339(value), zone), .is_time = true};
    } catch (const Error&) {
      return {.text = printable(value)};
    }
  }
  if (key == "skip_reason") return {.text = printable(words_for(value))};
  // A person may have written it.
  if (key == "reason") return {.text = look_up(reasons, value).empty() ? printable(value) : words_for(value)};
  if (is_sentence(key)) return {.text = printable(with_local_times(value, zone))};
  if (is_state(key)) return {.text = printable(title_of(value)), .color = look_up(colors, value)};
  return {.text = printable(value)};
}

std::string show_object(std::string_view key, const Json& value, const std::string& zone) {
  if (value.contains("amount") && value.contains("currency") && value["amount"].is_string() &&
      value["currency"].is_string()) {
    const auto money = format_money(value["amount"].get<std::string>(), value["currency"].get<std::string>());
    const auto estimated = value.find("estimated");
    return money.empty() || estimated == value.end() || *estimated != true ? money : money + ", estimated";
  }
  std::vector<std::string> parts;
  for (const auto& [name, element] : value.items()) {
    const auto text = show_cell(name, element, zone).text;
    if (text.empty()) continue;
    const auto label = holds_reasons(key) ? words_for(name) : key == "attributes" ? name : title_of(name);
    parts.push_back(printable(label) + " " + text);
  }
  return join(parts, ", ");
}

}  // namespace

std::string bare_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return dump(value);
}

Cell show_cell(std::string_view key, const Json& value, const std::string& zone) {
  if (value.is_null()) return {};
  if (value.is_string()) return show_text(key, value.get<std::string>(), zone);
  if (value.is_boolean()) {
    const bool yes = value.get<bool>();
    return {.text = yes ? "yes" : "no", .color = key == "holds" || key == "ok" ? (yes ? green : red) : ""};
  }
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const auto& element : value) parts.push_back(show_cell(key, element, zone).text);
    return {.text = join(parts, ", ")};
  }
  if (value.is_object()) return {.text = show_object(key, value, zone)};
  auto number = dump(value);
  // A rate of 2000.0 is one of 2,000.
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return {.text = is_name(key) ? number : group_digits(std::move(number)), .is_number = true};
}

std::string group_digits(std::string number) {
  const auto first = number.starts_with('-') ? std::size_t{1} : 0;
  const auto end = std::min(number.find('.'), number.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (end == first || !std::all_of(number.begin() + static_cast<std::ptrdiff_t>(first),
                                   number.begin() + static_cast<std::ptrdiff_t>(end), is_digit))
    return number;
  for (auto at = end; at > first + 3;) number.insert(at -= 3, ",");
  return number;
}

std::string format_money(std::string_view amount, std::string_view currency) {
  if (amount.empty()) return "";
  constexpr std::string_view whole[] = {"JPY", "KRW", "CLP", "VND", "ISK", "UGX", "XAF", "XOF", "PYG", "RWF"};
  const auto value = std::strtod(std::string{amount}.c_str(), nullptr);
  const int usual = std::ranges::find(whole, currency) != std::end(whole) ? 0 : 2;
  auto text = fmt::format("{:.{}f}", value, usual);
  if (std::abs(value) < 1) {
    text = fmt::format("{:.4f}", value);
    const auto least = text.find('.') + 1 + static_cast<std::size_t>(usual);
    while (text.size() > least && text.back() == '0') text.pop_back();
    if (text.ends_with('.')) text.pop_back();
  }
  return fmt::format("{} {}", group_digits(std::move(text)), currency);
}

std::string words_for(std::string_view identifier) {
  const auto known = look_up(reasons, identifier);
  return known.empty() ? title_of(identifier) : std::string{known};
}

std::string title_of(std::string_view key) {
  std::string title{key};
  std::ranges::replace(title, '_', ' ');
  return title;
}

}  // namespace smscrm
