#include "core/import/message_log.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/consent/keyword.hpp"
#include "core/consent/opt_out_text.hpp"
#include "core/import/cell_time.hpp"

namespace smscrm {
namespace {

constexpr std::string_view inbound_words[] = {"in",      "inbound",   "incoming", "received",
                                              "receive", "receiving", "mo"};
constexpr std::string_view outbound_words[] = {"out", "outbound", "outgoing", "sent", "send", "mt"};
constexpr std::string_view outbound_statuses[] = {"accepted",  "scheduled",   "queued", "sending",  "sent",
                                                  "delivered", "undelivered", "failed", "canceled", "read"};

bool is_in(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::optional<bool> is_inbound(const LoggedMessage& message) {
  const auto direction = to_lower(trim(message.direction));
  const auto word = direction.substr(0, direction.find_first_of("-_ "));  // "outbound-api"
  if (is_in(inbound_words, word)) return true;
  if (is_in(outbound_words, word)) return false;
  if (!direction.empty()) return std::nullopt;
  const auto status = to_lower(trim(message.status));
  if (is_in(inbound_words, status)) return true;
  if (is_in(outbound_statuses, status)) return false;
  return message.tells_direction ? std::nullopt : std::optional{false};
}

bool is_unsubscribed_error(std::string_view cell) {
  const auto at = cell.find("21610");
  const auto is_digit = [&](std::size_t i) { return i < cell.size() && cell[i] >= '0' && cell[i] <= '9'; };
  return at != std::string_view::npos && !is_digit(at + 5) && (at == 0 || !is_digit(at - 1));
}

}  // namespace

LogReading read_logged_message(const LoggedMessage& message) {
  LogReading reading;
  reading.at = read_cell_time(message.at);
  const auto inbound = is_inbound(message);
  if (!inbound) return reading;
  reading.inbound = *inbound;
  reading.person = trim(*inbound ? message.from : message.to);
  reading.own_number = trim(*inbound ? message.to : message.from);
  if (!*inbound) {
    if (is_unsubscribed_error(message.error)) reading.opt_out = "error 21610";
    return reading;
  }
  const auto body = trim(message.body);
  const auto verdict =
      classify_keyword(body) == Keyword::stop ? OptOutVerdict::opt_out : read_opt_out(body).verdict;
  reading.may_be_opt_out = verdict == OptOutVerdict::unsure;
  if (verdict != OptOutVerdict::opt_out) return reading;
  // The proof, as far as it is one: a long text begins with its reason or ends in a signature.
  constexpr std::size_t most = 160;
  std::size_t end = 0;
  while (end < body.size() && end < most) next_code_point(body, end);
  reading.opt_out = fmt::format("the text \"{}\"", readable_utf8(body.substr(0, end)));
  return reading;
}

}  // namespace smscrm
