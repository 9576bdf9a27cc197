// JSON, its keys in the order in which they are written.
//
// What a thing looks like to programs is said once, by a `to_json` in the room of its noun
// (core/ROOM/ROOM_json.hpp): every face prints from it. Keys may be added and are never renamed;
// tests/data/json has a sample of each shape, and a test that holds them.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/id.hpp"
#include "core/base/time.hpp"

namespace smscrm {

using Json = nlohmann::ordered_json;

// Null when absent. Times are RFC 3339, lengths of time seconds.
template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
template <class Tag>
Json or_null(const std::optional<Id<Tag>>& id) {
  return id ? Json(id->value) : Json();
}
inline Json or_null(const std::optional<Timestamp>& at) { return at ? Json(format_rfc3339(*at)) : Json(); }
inline Json or_null(const std::optional<std::chrono::seconds>& length) {
  return length ? Json(length->count()) : Json();
}

// As it is written: on one line, or with `indent` blanks a level. Bytes that are not UTF-8 become U+FFFD,
// and what would bite in a terminal (core/base/printable.hpp) is escaped.
std::string dump(const Json& value, int indent = -1);

// {"error":{"code","message","hint"}}, without an empty hint.
Json to_json(const Error& error);

}  // namespace smscrm
