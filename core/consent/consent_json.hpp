// Consent and the do-not-contact list as JSON.
#pragma once

#include <string>

#include "core/base/json.hpp"
#include "core/consent/consent.hpp"
#include "core/consent/dnc.hpp"

namespace smscrm {

Json to_json(const ConsentStatus& status, const std::string& msisdn);
Json to_json(const ConsentEvent& event, const std::string& msisdn);

Json to_json(const DncEntry& entry);

// What became of a file of numbers: `rejects` are the lines that cannot be read
// (core/import/import_json.hpp).
Json dnc_import_to_json(std::int64_t rows, std::int64_t added, std::int64_t unchanged, const Json& rejects);

}  // namespace smscrm
