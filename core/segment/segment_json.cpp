#include "core/segment/segment_json.hpp"

namespace smscrm {

Json to_json(const Segment& segment) {
  return {{"id", segment.id.value},
          {"slug", segment.slug},
          {"rule", segment.rule},
          {"description", segment.description},
          {"created_at", format_rfc3339(segment.created_at)},
          {"updated_at", format_rfc3339(segment.updated_at)}};
}

Json to_json(const RulePreview::Person& person) { return {{"phone", person.msisdn}, {"name", person.name}}; }

Json to_json(const RulePreview& preview) {
  auto sample = Json::array();
  for (const auto& person : preview.sample) sample.push_back(to_json(person));
  return {{"count", preview.count}, {"sample", sample}, {"absent", preview.absent}};
}

Json to_json(const RuleExplanation& explanation) {
  auto absences = Json::array();
  for (const auto& absence : explanation.absences)
    absences.push_back({{"field", absence.field},
                        {"column", absence.place.column},
                        {"length", absence.place.length},
                        {"contacts", absence.contacts}});
  return {{"rule", explanation.rule},
          {"count", explanation.count},
          {"absent", explanation.absent},
          {"absences", absences},
          {"unused_tags", explanation.unused_tags},
          {"segments", explanation.segments},
          {"sql", explanation.sql},
          {"parameters", explanation.parameters},
          {"cost", explanation.cost},
          {"took_ms", explanation.took.count()}};
}

Json to_json(const RuleError& error) {
  auto json = to_json(static_cast<const Error&>(error));
  json["error"]["code"] = error.rule_code();
  json["error"]["column"] = error.place().column;
  json["error"]["length"] = error.place().length;
  return json;
}

}  // namespace smscrm
