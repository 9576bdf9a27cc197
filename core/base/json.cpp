#include "core/base/json.hpp"

namespace smscrm {

std::string dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const Error& error) {
  Json body{{"code", to_string(error.code())}, {"message", error.what()}};
  if (!error.hint().empty()) body["hint"] = error.hint();
  return {{"error", body}};
}

}  // namespace smscrm
