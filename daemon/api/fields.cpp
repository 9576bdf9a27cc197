#include "daemon/api/fields.hpp"

#include <algorithm>
#include <set>

#include "core/base/form.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr int deepest = 16;

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// What is wrong with a text; empty: nothing.
std::string fault_of_text(const std::string& value, const ApiField& field) {
  if (!is_valid_utf8(value)) return "is no UTF-8";
  if (value.find('\0') != std::string::npos) return "has a NUL character";
  if (count_characters(value) > field.longest)
    return fmt::format("has more than {} characters", field.longest);
  if (!field.choices.empty() && std::ranges::find(field.choices, value) == field.choices.end())
    return fmt::format("is none of {}", fmt::join(field.choices, ", "));
  return "";
}

std::string fault_of_number(double value, const ApiField& field) {
  if (value < static_cast<double>(field.least) || value > static_cast<double>(field.most))
    return fmt::format("is not between {} and {}", field.least, field.most);
  return "";
}

std::string fault_of_texts(const Json& value, const ApiField& field) {
  if (value.size() > field.longest) return fmt::format("has more than {} values", field.longest);
  for (const auto& one : value) {
    if (!one.is_string()) return "has a value that is no text";
    if (const auto fault = fault_of_text(one.get<std::string>(), text("", "")); !fault.empty())
      return "has a value that " + fault;
  }
  return "";
}

std::string fault_of(const Json& value, const ApiField& field) {
  if (value.is_null()) return field.may_be_null ? "" : "is null";
  switch (field.type) {
    case ApiField::Type::text:
      return value.is_string() ? fault_of_text(value.get<std::string>(), field) : "is no text";
    case ApiField::Type::integer:
      return value.is_number_integer() ? fault_of_number(value.get<double>(), field) : "is no whole number";
    case ApiField::Type::number:
      return value.is_number() ? fault_of_number(value.get<double>(), field) : "is no number";
    case ApiField::Type::boolean:
      return value.is_boolean() ? "" : "is neither true nor false";
    case ApiField::Type::texts:
      return value.is_array() ? fault_of_texts(value, field) : "is no list";
    case ApiField::Type::text_map:
      return value.is_object() ? fault_of_texts(value, field) : "is no object";
  }
  return "";
}

const ApiField* find(const ApiFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &ApiField::name);
  return found == fields.end() ? nullptr : &*found;
}

std::string unknown(const std::string& name, const ApiFields& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.name);
  const auto near = nearest(name, names);
  return near ? fmt::format("is not known; did you mean \"{}\"?", *near) : "is not known";
}

// RFC 6901 section 3.
std::string pointer_to(std::string name) {
  for (std::size_t at = 0; (at = name.find_first_of("~/", at)) != std::string::npos; at += 2)
    name.replace(at, 1, name[at] == '~' ? "~0" : "~1");
  return "/" + name;
}

// A value of the query as its type; null when it is none of it.
Json typed(const std::string& value, const ApiField& field) {
  if (field.type == ApiField::Type::integer) {
    const auto number = parse_integer(value);
    return number ? Json(*number) : Json();
  }
  if (field.type == ApiField::Type::boolean) {
    if (value == "true") return true;
    return value == "false" ? Json(false) : Json();
  }
  return value;
}

}  // namespace

Json parse_body(std::string_view text) {
  if (trim(text).empty()) return Json::object();
  std::vector<std::set<std::string>> keys;
  const auto look = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > deepest) throw Problem{400, "unreadable", fmt::format("the body is deeper than {}", deepest)};
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw Problem{400, "unreadable", fmt::format("the body has \"{}\" twice", value.get<std::string>())};
    return true;
  };
  try {
    auto body = Json::parse(text, look);
    if (!body.is_object()) throw Problem{400, "unreadable", "the body is no JSON object"};
    return body;
  } catch (const nlohmann::json::parse_error& error) {
    throw Problem{400, "unreadable", fmt::format("the body is no JSON, at byte {}", error.byte)};
  } catch (const nlohmann::json::exception&) {
    throw Problem{400, "unreadable", "the body is no JSON that can be read"};
  }
}

void check_body(const Json& body, const ApiFields& fields) {
  std::vector<Fault> faults;
  for (const auto& [name, value] : body.items()) {
    const auto* field = find(fields, name);
    const auto fault = field ? fault_of(value, *field) : unknown(name, fields);
    if (!fault.empty()) faults.push_back({pointer_to(name), fault});
  }
  for (const auto& field : fields)
    if (field.is_required && !body.contains(field.name))
      faults.push_back({pointer_to(field.name), "is missing"});
  if (!faults.empty())
    throw Problem{422, "invalid",
                  fmt::format("{} {}", faults.front().pointer.substr(1), faults.front().detail)}
        .with_faults(std::move(faults));
}

Json parse_query(std::string_view query, const ApiFields& fields) {
  Json values = Json::object();
  std::vector<Fault> faults;
  for (const auto& [name, value] : parse_form(query, 100)) {
    const auto* field = find(fields, name);
    auto known = field ? typed(value, *field) : Json();
    auto fault = field ? fault_of(known, *field) : unknown(name, fields);
    if (field && known.is_null())
      fault = field->type == ApiField::Type::integer ? "is no whole number" : "is neither true nor false";
    if (values.contains(name)) fault = "is there twice";
    if (!fault.empty())
      faults.push_back({"?" + name, fault});
    else
      values[name] = std::move(known);
  }
  if (!faults.empty())
    throw Problem{400, "invalid",
                  fmt::format("{} {}", faults.front().pointer.substr(1), faults.front().detail)}
        .with_faults(std::move(faults));
  return values;
}

Json to_schema(const ApiField& field) {
  const auto type = [&](const char* name) {
    return field.may_be_null ? Json(std::vector<std::string>{name, "null"}) : Json(name);
  };
  Json schema;
  switch (field.type) {
    case ApiField::Type::text:
      schema = {{"type", type("string")}, {"maxLength", field.longest}};
      if (!field.choices.empty()) schema["enum"] = field.choices;
      break;
    case ApiField::Type::integer:
    case ApiField::Type::number:
      schema = {{"type", type(field.type == ApiField::Type::integer ? "integer" : "number")},
                {"minimum", field.least},
                {"maximum", field.most}};
      break;
    case ApiField::Type::boolean:
      schema = {{"type", type("boolean")}};
      break;
    case ApiField::Type::texts:
      schema = {{"type", type("array")},
                {"maxItems", field.longest},
                {"items", {{"type", "string"}, {"maxLength", 1000}}}};
      break;
    case ApiField::Type::text_map:
      schema = {{"type", type("object")},
                {"maxProperties", field.longest},
                {"additionalProperties", {{"type", "string"}, {"maxLength", 1000}}}};
      break;
  }
  schema["description"] = field.about;
  return schema;
}

Json to_schema(const ApiFields& fields) {
  Json properties = Json::object(), required = Json::array();
  for (const auto& field : fields) {
    properties[field.name] = to_schema(field);
    if (field.is_required) required.push_back(field.name);
  }
  Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

}  // namespace smscrm
