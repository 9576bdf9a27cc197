// As much of OpenAPI 3.0's schemas as Twilio's Message resource needs.
#include <regex>
#include <stdexcept>

#include "core/base/text.hpp"
#include "tests/daemon/sandbox/peer.hpp"
#include "tests/support/data.hpp"

namespace smscrm::test {

using nlohmann::json;

namespace {

const json& document() {
  static const auto parsed = json::parse(read_data("twilio_message_schema.json"));
  return parsed;
}

bool has_type(const json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  throw std::runtime_error("schema of unknown type " + type);
}

bool has_format(const json& value, const std::string& format) {
  if (format == "uri-map") {
    for (const auto& [name, uri] : value.items())
      if (!uri.is_string() || !has_format(uri, "uri")) return false;
    return true;
  }
  const auto text = value.get<std::string>();
  const auto matches = [&](const char* pattern) { return std::regex_match(text, std::regex{pattern}); };
  if (format == "date-time-rfc-2822")
    return matches(
        "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
        "20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] \\+0000");
  if (format == "currency") return matches("[A-Z]{3}");
  if (format == "uri") return matches("/2010-04-01/Accounts/AC[0-9a-f]{32}/Messages[^ ]*");
  // A sender that is no number passes, too.
  if (format == "phone-number") return matches("(\\+[1-9][0-9]{5,14}|[a-z]+:.+|[A-Za-z0-9 +_&.-]{1,11})");
  throw std::runtime_error("schema of unknown format " + format);
}

void check(const json& value, const json& given, const std::string& where, std::vector<std::string>& faults) {
  const json& schema = given.contains("$ref")
                           ? document().at(json::json_pointer(given["$ref"].get<std::string>().substr(1)))
                           : given;
  const auto fault = [&](const std::string& what) {
    faults.push_back((where.empty() ? "/" : where) + ": " + value.dump() + ' ' + what);
  };
  if (value.is_null()) {
    if (!schema.value("nullable", false)) fault("must not be null");
    return;
  }
  if (!has_type(value, schema.at("type"))) return fault("is no " + schema.at("type").get<std::string>());
  if (schema.contains("format") && !has_format(value, schema["format"]))
    fault("is no " + schema["format"].get<std::string>());
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    fault("is none of the enumeration");
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    if (schema.contains("pattern") &&
        !std::regex_search(text, std::regex{schema["pattern"].get<std::string>()}))
      fault("does not match " + schema["pattern"].get<std::string>());
    if (text.size() < schema.value("minLength", std::size_t{0})) fault("is too short");
    if (text.size() > schema.value("maxLength", text.size())) fault("is too long");
  }
  if (schema.contains("items"))
    for (std::size_t i = 0; i < value.size(); ++i)
      check(value[i], schema["items"], where + '/' + std::to_string(i), faults);
  if (!schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (value.contains(name))
      check(value[name], property, where + '/' + name, faults);
    else
      faults.push_back(where + '/' + name + " is missing");
  }
  for (const auto& [name, property] : value.items())
    if (!schema["properties"].contains(name)) faults.push_back(where + '/' + name + " is not in the schema");
}

std::string schema_faults(const std::string& body, const std::string& schema) {
  std::vector<std::string> faults;
  check(json::parse(body), document().at("components").at("schemas").at(schema), "", faults);
  return join(faults, "; ");
}

}  // namespace

std::string message_faults(const std::string& body) {
  return schema_faults(body, "api.v2010.account.message");
}

std::string list_faults(const std::string& body) { return schema_faults(body, "ListMessageResponse"); }

std::string error_faults(const HttpResult& result) {
  const auto error = json::parse(result.body, nullptr, false);
  if (!error.is_object()) return "not an object: " + result.body;
  std::vector<std::string> faults;
  const auto code = error.value("code", 0);
  if (code < 10'000 || code > 99'999) faults.push_back("code is not of five digits");
  if (error.value("message", "").empty()) faults.push_back("message is empty");
  if (error.value("more_info", "") != "https://www.twilio.com/docs/errors/" + std::to_string(code))
    faults.push_back("more_info leads elsewhere");
  if (error.value("status", 0) != result.status) faults.push_back("status is not that of HTTP");
  if (error.size() != 4) faults.push_back("has other members");
  if (result.content_type != "application/json") faults.push_back("is sent as " + result.content_type);
  return join(faults, "; ");
}

}  // namespace smscrm::test
