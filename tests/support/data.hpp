// Test data that lies in tests/data.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace smscrm::test {

std::string read_data(const std::string& name);

// twilio_vectors.json: signatures, validations and part counts as Twilio's own libraries compute them; "meta"
// says how.
const nlohmann::json& twilio_vectors();

}  // namespace smscrm::test
