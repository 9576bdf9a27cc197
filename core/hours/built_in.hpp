// core/hours/quiet_hours.json as it was when this was built.
#pragma once

#include <string_view>

namespace smscrm {

extern const std::string_view built_in_hours;

}  // namespace smscrm
