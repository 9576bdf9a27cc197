// Short links as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/json.hpp"
#include "core/link/link.hpp"
#include "core/link/reclassify.hpp"

namespace smscrm {

Json to_json(const LinkClicks& link);
// The link's keys, its hits by class, and `short_url` unless that is empty.
Json to_json(const LinkClicks& link, const std::map<std::string, std::int64_t>& hits,
             const std::string& short_url);
Json to_json(const Link& link, const std::string& short_url);  // one just made
Json to_json(const Reclassified& changed);

}  // namespace smscrm
