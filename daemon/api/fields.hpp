// What a request may carry, said once: requests are checked by it, and the contract (openapi.json) shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "daemon/api/problem.hpp"

namespace smscrm {

struct ApiField {
  enum class Type { text, integer, number, boolean, texts, text_map };

  std::string name;
  Type type = Type::text;
  std::string about;  // a sentence
  bool is_required = false;
  std::size_t longest = 1'000;                       // characters of a text; how many of texts and of a map
  std::int64_t least = 0, most = 1'000'000'000'000;  // of integers and numbers
  std::vector<std::string> choices = {};             // of a text; empty: any
  bool may_be_null = false;                          // in a PATCH: takes the value away

  ApiField required() const {
    auto one = *this;
    one.is_required = true;
    return one;
  }
  ApiField nullable() const {
    auto one = *this;
    one.may_be_null = true;
    return one;
  }
  ApiField up_to(std::size_t characters) const {
    auto one = *this;
    one.longest = characters;
    return one;
  }
  ApiField from(std::int64_t lower, std::int64_t upper) const {
    auto one = *this;
    one.least = lower, one.most = upper;
    return one;
  }
  ApiField one_of(std::vector<std::string> words) const {
    auto one = *this;
    one.choices = std::move(words);
    return one;
  }
};

inline ApiField text(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::text, std::move(about)};
}
inline ApiField integer(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::integer, std::move(about)};
}
inline ApiField number(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::number, std::move(about)};
}
inline ApiField boolean(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::boolean, std::move(about)};
}
inline ApiField texts(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::texts, std::move(about)};
}
inline ApiField text_map(std::string name, std::string about) {
  return {std::move(name), ApiField::Type::text_map, std::move(about)};
}

using ApiFields = std::vector<ApiField>;

// A JSON object of at most `deepest` levels, each of whose keys is there once. An empty text is {}. Throws
// Problem 400.
Json parse_body(std::string_view text);

// Throws Problem 422 with all faults at once: unknown names, what is missing, of another type, too long.
void check_body(const Json& body, const ApiFields& fields);

// "limit=5&status=failed" as typed values. Throws Problem 400 with all faults; a name twice is one.
Json parse_query(std::string_view query, const ApiFields& fields);

// JSON Schema, as OpenAPI 3.1 has it.
Json to_schema(const ApiFields& fields);
Json to_schema(const ApiField& field);

}  // namespace smscrm
