#include "core/consent/consent_json.hpp"

namespace smscrm {

Json to_json(const ConsentStatus& status, const std::string& msisdn) {
  const auto reason = refusal(status);
  return {{"phone", msisdn},
          {"consent", to_string(status.state)},
          {"consent_at", or_null(status.changed_at)},
          {"opted_out_of", status.opted_out_of},
          {"dnc", status.dnc_reason.has_value()},
          {"may_be_texted", reason.empty()},
          {"reason", reason.empty() ? Json() : Json(reason)},
          {"because", explain(status)}};
}

Json to_json(const ConsentEvent& event, const std::string& msisdn) {
  return {{"recorded_at", format_rfc3339(event.recorded_at)},
          {"occurred_at", format_rfc3339(event.occurred_at)},
          {"phone", msisdn},
          {"action", to_string(event.action)},
          {"method", to_string(event.method)},
          {"scope", event.scope},
          {"source", event.source},
          {"import", or_null(event.import)},
          {"inbound", or_null(event.inbound)},
          {"message", or_null(event.message)}};
}

Json to_json(const DncEntry& entry) {
  return {{"phone", entry.msisdn}, {"reason", entry.reason}, {"added_at", format_rfc3339(entry.added_at)}};
}

Json dnc_import_to_json(std::int64_t rows, std::int64_t added, std::int64_t unchanged, const Json& rejects) {
  return {{"rows", rows},
          {"added", added},
          {"unchanged", unchanged},
          {"rejected", rejects.size()},
          {"rejects", rejects}};
}

}  // namespace smscrm
