// Settings as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/config.hpp"

namespace smscrm {

Json to_json(const Setting& setting);

}  // namespace smscrm
