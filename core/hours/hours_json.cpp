#include "core/hours/hours_json.hpp"

#include <algorithm>

namespace smscrm {
namespace {

const char* const weekdays[]{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::string format_clock(std::chrono::minutes clock) {
  return fmt::format("{:02}:{:02}", clock.count() / 60, clock.count() % 60);
}

Json day_to_json(const std::optional<date::local_days>& day) {
  return day ? Json(date::format("%F", *day)) : Json();
}

Json to_json(const HoursRow& row) {
  Json days = Json::array();
  for (const unsigned day : {1U, 2U, 3U, 4U, 5U, 6U, 0U})
    if (row.days.contains(day)) days.push_back(weekdays[day]);
  return {{"days", days},
          {"from", format_clock(row.from)},
          {"to", format_clock(row.to)},
          {"holidays", row.holidays.empty() ? Json() : Json(row.holidays)},
          {"since", day_to_json(row.since)},
          {"until", day_to_json(row.until)}};
}

}  // namespace

Json to_json(const HoursAnswer& answer) {
  return {{"allowed", answer.allowed}, {"next", or_null(answer.next)}, {"zones", answer.zones},
          {"rules", answer.rules},     {"held_by", answer.held_by},    {"data", answer.data}};
}

Json to_json(const HoursRule& rule) {
  Json rows = Json::array();
  for (const auto& row : rule.rows) rows.push_back(to_json(row));
  return {{"rule", rule.name},      {"jurisdiction", rule.jurisdiction},      {"kind", rule.kind},
          {"texts", rule.texts},    {"certainty", to_string(rule.certainty)}, {"rows", rows},
          {"sources", rule.sources}};
}

Json to_json(const HoursSuspension& suspension) {
  return {{"id", suspension.id},
          {"jurisdiction", suspension.jurisdiction},
          {"from", format_rfc3339(suspension.from)},
          {"to", format_rfc3339(suspension.to)},
          {"reason", suspension.reason},
          {"source", suspension.source}};
}

Json to_json(const LawCap& cap) {
  return {{"jurisdiction", cap.jurisdiction},      {"cap", format_frequency_cap(cap.cap)},
          {"certainty", to_string(cap.certainty)}, {"since", day_to_json(cap.since)},
          {"until", day_to_json(cap.until)},       {"sources", cap.sources}};
}

}  // namespace smscrm
