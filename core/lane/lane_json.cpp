#include "core/lane/lane_json.hpp"

namespace smscrm {

Json to_json(const Sender& sender) {
  return {{"id", sender.id.value}, {"address", sender.address}, {"kind", to_string(sender.kind)},
          {"rate", sender.rate},   {"pool", sender.pool},       {"daily_cap", or_null(sender.daily_cap)}};
}

Json paused_to_json(bool paused, const LanePause& pause, const std::string& by) {
  return {{"paused", paused},
          {"paused_at", format_rfc3339(pause.since)},
          {"paused_by", by},
          {"pause_code", or_null(pause.code)},
          {"pause_reason", pause.reason}};
}

Json resumed_to_json(const std::optional<LanePause>& pause) {
  return {{"resumed", pause.has_value()},
          {"paused_at", pause ? Json(format_rfc3339(pause->since)) : Json()},
          {"pause_code", pause ? or_null(pause->code) : Json()},
          {"pause_reason", pause ? pause->reason : ""}};
}

Json trouble_to_json(const std::optional<LaneTrouble>& trouble) {
  if (!trouble) return nullptr;
  return {{"code", trouble->code},
          {"reason", trouble->reason},
          {"since", format_rfc3339(trouble->since)},
          {"until", or_null(trouble->until)}};
}

}  // namespace smscrm
