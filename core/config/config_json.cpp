#include "core/config/config_json.hpp"

namespace smscrm {

Json to_json(const Setting& setting) {
  return {{"key", setting.key}, {"value", setting.value}, {"origin", setting.origin}};
}

}  // namespace smscrm
