#include "daemon/sandbox/listing.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "daemon/sandbox/wire.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_page_size = 50;
constexpr std::int64_t max_page_size = 1000;

struct Filter {
  std::string to, from;             // empty: any
  std::optional<Timestamp> since;   // sent then or later
  std::optional<Timestamp> before;  // sent earlier
  std::int64_t page_size = default_page_size;
  std::int64_t page = 0;
  std::string token;  // of the last message of the page before
};

struct DateRange {
  Timestamp begin, end;  // a day, or the second that was named
};

DateRange parse_date(std::string_view text) {
  const auto begin = parse_rfc3339(text);
  return {begin, begin + (text.size() == 10 ? std::chrono::seconds{24 * 3600} : std::chrono::seconds{1})};
}

// "DateSent>=D" on the wire is the name "DateSent>" with the value D; "DateSent>D" is a name without a value.
void read_date(std::string_view name, std::string_view value, Filter& filter) {
  name.remove_prefix(std::string_view{"DateSent"}.size());
  if (name.empty()) {
    const auto range = parse_date(value);
    filter.since = range.begin;
    filter.before = range.end;
  } else if (name == ">") {
    filter.since = parse_date(value).begin;
  } else if (name == "<") {
    filter.before = parse_date(value).end;
  } else if (name.starts_with('>')) {
    filter.since = parse_date(name.substr(1)).end;
  } else if (name.starts_with('<')) {
    filter.before = parse_date(name.substr(1)).begin;
  }
}

std::variant<Filter, ApiError> parse_filter(const Form& query) {
  Filter filter;
  for (const auto& [name, value] : query) {
    if (name == "To") filter.to = value;
    if (name == "From") filter.from = value;
    if (name == "PageToken") filter.token = value;
    if (name == "Page" || name == "PageSize") {
      const auto number = parse_integer(value);
      if (!number || *number < (name == "Page" ? 0 : 1)) return api_error(20001, name);
      (name == "Page" ? filter.page : filter.page_size) = *number;
    }
    if (name.starts_with("DateSent")) {
      try {
        read_date(name, value, filter);
      } catch (const Error&) {
        return api_error(20001, name);
      }
    }
  }
  filter.page_size = std::min(filter.page_size, max_page_size);
  return filter;
}

bool passes(const Filter& filter, const std::string& account, const SandboxMessage& message) {
  if (message.deleted || message.account != account) return false;
  if (!filter.to.empty() && message.to != filter.to) return false;
  if (!filter.from.empty() && (is_unassigned(message) || message.from != filter.from)) return false;
  if (filter.since && !(message.sent_at && *message.sent_at >= *filter.since)) return false;
  return !filter.before || (message.sent_at && *message.sent_at < *filter.before);
}

// Walks from the newest before `end` down until one more than a page is found.
std::vector<MessageIndex> find_page(const SandboxLedger& ledger, const std::string& account,
                                    const Filter& filter, MessageIndex end) {
  std::vector<MessageIndex> found;
  const auto limit = static_cast<std::size_t>(filter.page_size) + 1;
  const auto look = [&](MessageIndex index) {
    if (index < end && passes(filter, account, ledger.at(index))) found.push_back(index);
    return found.size() < limit;
  };
  if (filter.to.empty()) {
    for (auto index = end; index > 0 && look(index - 1);) --index;
  } else if (const auto* to = ledger.list_to(filter.to)) {
    for (auto it = to->rbegin(); it != to->rend() && look(*it);) ++it;
  }
  return found;
}

// The query of another page: the filters as they came.
std::string page_uri(const std::string& account, const Form& query, const Filter& filter, std::int64_t page,
                     const std::string& token) {
  Form form;
  for (const auto& [name, value] : query)
    if (name == "To" || name == "From" || name.starts_with("DateSent")) form.emplace_back(name, value);
  form.emplace_back("PageSize", std::to_string(filter.page_size));
  form.emplace_back("Page", std::to_string(page));
  if (!token.empty()) form.emplace_back("PageToken", token);
  return "/2010-04-01/Accounts/" + account + "/Messages.json?" + format_form(form);
}

}  // namespace

std::variant<std::string, ApiError> list_messages(const SandboxLedger& ledger, const std::string& account,
                                                  const Form& query) {
  auto parsed = parse_filter(query);
  if (auto* error = std::get_if<ApiError>(&parsed)) return *error;
  const auto& filter = std::get<Filter>(parsed);
  auto end = static_cast<MessageIndex>(ledger.size());
  if (!filter.token.empty()) {
    const auto* last = filter.token.starts_with("PA") ? ledger.find(filter.token.substr(2)) : nullptr;
    if (!last) return api_error(20001, "PageToken");
    end = *last;
  }
  auto found = find_page(ledger, account, filter, end);
  const bool has_more = found.size() > static_cast<std::size_t>(filter.page_size);
  if (has_more) found.pop_back();

  std::string out = "{\"messages\":[";
  for (const auto index : found) {
    if (index != found.front()) out += ',';
    append_resource(out, ledger.at(index));
  }
  const auto start = filter.page * filter.page_size;
  out +=
      fmt::format("],\"page\":{},\"page_size\":{},\"start\":{},\"end\":{},\"first_page_uri\":", filter.page,
                  filter.page_size, start, start + std::max<std::int64_t>(std::ssize(found) - 1, 0));
  append_json(out, page_uri(account, query, filter, 0, {}));
  out += ",\"uri\":";
  append_json(out, page_uri(account, query, filter, filter.page, filter.token));
  // Twilio gives the page before as well; a token leads only onwards here, so there is none but the first.
  out += ",\"previous_page_uri\":";
  if (filter.page == 1)
    append_json(out, page_uri(account, query, filter, 0, {}));
  else
    out += "null";
  out += ",\"next_page_uri\":";
  if (has_more)
    append_json(out, page_uri(account, query, filter, filter.page + 1, "PA" + ledger.at(found.back()).sid));
  else
    out += "null";
  out += '}';
  return out;
}

}  // namespace smscrm
