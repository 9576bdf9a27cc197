// What programs see of hours.
#pragma once

#include "core/base/json.hpp"
#include "core/hours/answer.hpp"

namespace smscrm {

Json to_json(const HoursAnswer& answer);
Json to_json(const HoursRule& rule);
Json to_json(const HoursSuspension& suspension);
Json to_json(const LawCap& cap);

}  // namespace smscrm
