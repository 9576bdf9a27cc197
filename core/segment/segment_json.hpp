// Segments and what their rules say, as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/segment/preview.hpp"
#include "core/segment/segment.hpp"

namespace smscrm {

Json to_json(const Segment& segment);
Json to_json(const RulePreview& preview);
Json to_json(const RuleExplanation& explanation);
Json to_json(const RulePreview::Person& person);

// {"error":{"code","message","hint","column","length"}}; the code is the rule's, such as "unknown_field".
Json to_json(const RuleError& error);

}  // namespace smscrm
