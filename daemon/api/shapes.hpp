// What the API answers, for its contract. tests/e2e hold every answer against it.
#pragma once

#include <string>

#include "core/base/json.hpp"

namespace smscrm {

// JSON Schema of all that answers consist of, by name: "#/components/schemas/NAME".
Json shape_schemas();

// What the route answers when it succeeds: {"$ref": …}; null for 204. `path` as in the contract, below
// /api/v1. Throws Error{internal} for a route that nobody has said it of.
Json answer_schema(const std::string& method, const std::string& path);

}  // namespace smscrm
