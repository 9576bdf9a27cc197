// The private servers as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/local.hpp"

namespace smscrm {

// `directory` is where they keep their things.
Json to_json(const Local& local, const std::filesystem::path& directory, bool running, bool redis_running);

}  // namespace smscrm
