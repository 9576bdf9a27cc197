#include "tests/support/contract.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm::test {
namespace {

using Document = nlohmann::json;

// How many of the pattern's segments stand for themselves; nullopt: the path is another.
std::optional<int> match(const std::string& pattern, const std::string& path) {
  const auto wanted = split(pattern, '/'), given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  int literal = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool is_open = wanted[i].starts_with('{');
    if (is_open ? given[i].empty() : wanted[i] != given[i]) return std::nullopt;
    if (!is_open) ++literal;
  }
  return literal;
}

bool is_of_type(const Document& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

bool is_time(const std::string& text) {
  return text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text.ends_with('Z');
}

}  // namespace

const Document* Contract::find_operation(const std::string& method, const std::string& target) const {
  const auto path = target.substr(0, target.find('?'));
  auto name = to_lower(method);
  if (name == "head") name = "get";
  const Document* best = nullptr;
  int most = -1;
  for (const auto& [pattern, methods] : document_["paths"].items())
    if (const auto literal = match(pattern, path); literal && *literal > most && methods.contains(name)) {
      most = *literal;
      best = &methods[name];
    }
  return best;
}

const Document& Contract::resolve(const Document& node) const {
  if (!node.contains("$ref")) return node;
  return document_.at(Document::json_pointer{node["$ref"].get<std::string>().substr(1)});
}

std::string Contract::fault(const Document& value, const Document& described, const std::string& at) const {
  const auto& schema = resolve(described);
  if (schema.contains("anyOf")) {
    std::string last;
    for (const auto& one : schema["anyOf"])
      if (last = fault(value, one, at); last.empty()) return "";
    return last;
  }
  const auto types = schema["type"].is_array() ? schema["type"].get<std::vector<std::string>>()
                                               : std::vector{schema["type"].get<std::string>()};
  if (std::ranges::none_of(types, [&](const std::string& type) { return is_of_type(value, type); }))
    return fmt::format("{} is no {}: {}", at, fmt::join(types, " or "), value.dump());
  if (value.is_string() && schema.value("format", "") == "date-time" && !is_time(value))
    return fmt::format("{} is no time: {}", at, value.dump());
  if (value.is_array() && schema.contains("items"))
    for (const auto& one : value)
      if (auto wrong = fault(one, schema["items"], at + "/*"); !wrong.empty()) return wrong;
  if (!value.is_object() || (!schema.contains("properties") && !schema.contains("additionalProperties")))
    return "";
  if (schema.contains("required"))
    for (const auto& name : schema["required"])
      if (!value.contains(name)) return fmt::format("{}/{} is missing", at, name.get<std::string>());
  for (const auto& [name, one] : value.items()) {
    const auto* known = schema.contains("properties") && schema["properties"].contains(name)
                            ? &schema["properties"][name]
                        : schema.contains("additionalProperties") ? &schema["additionalProperties"]
                                                                  : nullptr;
    if (known == nullptr) return fmt::format("{}/{} is not told of", at, name);
    if (auto wrong = fault(one, *known, at + "/" + name); !wrong.empty()) return wrong;
  }
  return "";
}

std::string Contract::fault_of(const std::string& method, const std::string& target, int status,
                               const std::string& text) const {
  const auto* operation = find_operation(method, target);
  if (operation == nullptr) return "";
  const auto& responses = (*operation)["responses"];
  const auto exact = fmt::format("{}", status);
  const auto name = responses.contains(exact) ? exact : fmt::format("{}XX", status / 100);
  if (!responses.contains(name)) return fmt::format("{} is not told of", status);
  const auto& response = resolve(responses[name]);
  if (!response.contains("content")) return text.empty() ? "" : "there is a body where none is told of";
  if (method == "HEAD") return "";
  if (response["content"].begin().key().starts_with("text/")) return "";
  const auto body = Document::parse(text, nullptr, false);
  if (body.is_discarded()) return "the body is no JSON";
  return fault(body, response["content"].begin().value()["schema"], "");
}

}  // namespace smscrm::test
