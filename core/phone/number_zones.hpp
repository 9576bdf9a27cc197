// core/phone/number_zones.tsv as it was when this was built.
#pragma once

#include <string_view>

namespace smscrm {

extern const std::string_view number_zones;

}  // namespace smscrm
