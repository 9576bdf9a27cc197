#include "daemon/sandbox/wire.hpp"

#include <ctime>
#include <iterator>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    out += "null";
  else
    append_json(out, text);
}

void append_date(std::string& out, Timestamp at) {
  out += '"';
  out += format_rfc2822(at);
  out += '"';
}

void append_time(std::string& out, Timestamp at) {
  out += '"';
  out += format_rfc3339(at);
  out += '"';
}

std::string format_seconds(std::time_t seconds) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[utc.tm_wday], utc.tm_mday,
                     months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where the run begins that needs no escape
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    if (byte >= 0x80) {
      if (next_code_point(text, i) >= 0) continue;
      out.append(text, plain, begin - plain);
      out += "\\ufffd";
    } else {
      ++i;
      out.append(text, plain, begin - plain);
      switch (byte) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
      }
    }
    plain = i;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

std::string format_rfc2822(Timestamp at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  // Nearly all dates of a moment are of the same second.
  thread_local std::time_t last = -1;
  thread_local std::string text;
  if (seconds != last) {
    text = format_seconds(seconds);
    last = seconds;
  }
  return text;
}

std::string message_uri(const SandboxMessage& message, std::string_view suffix) {
  std::string uri = "/2010-04-01/Accounts/";
  uri.append(message.account).append("/Messages/").append(message.sid).append(suffix);
  return uri;
}

void append_resource(std::string& out, const SandboxMessage& message) {
  const bool unassigned = is_unassigned(message);
  out += "{\"account_sid\":\"";
  out += message.account;
  out += "\",\"api_version\":\"2010-04-01\",\"body\":";
  append_json(out, message.body);
  out += ",\"date_created\":";
  append_date(out, message.created_at);
  out += ",\"date_sent\":";
  if (message.sent_at)
    append_date(out, *message.sent_at);
  else
    out += "null";
  out += ",\"date_updated\":";
  append_date(out, message.updated_at);
  out += ",\"direction\":\"";
  out += to_string(message.direction);
  out += "\",\"error_code\":";
  if (message.error_code)
    fmt::format_to(std::back_inserter(out), "{}", message.error_code);
  else
    out += "null";
  out += ",\"error_message\":null,\"from\":";
  append_or_null(out, unassigned ? std::string_view{} : message.from);
  out += ",\"messaging_service_sid\":";
  append_or_null(out, message.service);
  fmt::format_to(std::back_inserter(out),
                 ",\"num_media\":\"{}\",\"num_segments\":\"{}\",\"price\":", message.media,
                 unassigned ? 0 : message.parts);
  // A price appears some time after the message was sent; here at once. Inbound ones are free.
  if (message.sent_at && message.direction != TwilioDirection::inbound)
    fmt::format_to(std::back_inserter(out), "\"-{:.5f}\",\"price_unit\":\"USD\"", 0.0079 * message.parts);
  else
    out += "null,\"price_unit\":null";
  out += ",\"sid\":\"";
  out += message.sid;
  out += "\",\"status\":\"";
  out += to_string(message.status);
  out += "\",\"subresource_uris\":{\"media\":\"";
  out += message_uri(message, "/Media.json");
  out += "\"},\"to\":";
  append_json(out, message.to);
  out += ",\"uri\":\"";
  out += message_uri(message);
  out += "\"}";
}

void append_ledger_line(std::string& out, MessageIndex index, const SandboxMessage& message) {
  fmt::format_to(std::back_inserter(out),
                 "{{\"index\":{},\"sid\":\"{}\",\"account\":\"{}\",\"direction\":\"{}\",\"to\":", index,
                 message.sid, message.account, to_string(message.direction));
  append_json(out, message.to);
  out += ",\"from\":";
  append_json(out, message.from);
  out += ",\"service\":";
  append_or_null(out, message.service);
  out += ",\"body\":";
  append_json(out, message.body);
  fmt::format_to(
      std::back_inserter(out),
      ",\"parts\":{},\"media\":{},\"validity\":{},\"status\":\"{}\",\"error_code\":{},\"deleted\":{}",
      message.parts, message.media, message.validity.count(), to_string(message.status), message.error_code,
      message.deleted);
  out += ",\"callback\":";
  append_or_null(out, message.callback);
  out += ",\"requested_at\":";
  append_time(out, message.created_at);
  out += ",\"history\":[";
  for (const auto& change : message.history) {
    if (&change != &message.history.front()) out += ',';
    fmt::format_to(std::back_inserter(out), "{{\"status\":\"{}\",\"at\":", to_string(change.status));
    append_time(out, change.at);
    out += '}';
  }
  out += "]}\n";
}

}  // namespace smscrm
