// The contract of a running daemon, /api/v1/openapi.json, and whether an answer is one that it tells of.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace smscrm::test {

class Contract {
 public:
  explicit Contract(nlohmann::json document) : document_(std::move(document)) {}

  // What is wrong with the answer; empty: nothing, or the contract has no such route. Every key that comes
  // has to be told of, though clients must bear with more. `text`: the body.
  std::string fault_of(const std::string& method, const std::string& target, int status,
                       const std::string& text) const;

 private:
  const nlohmann::json* find_operation(const std::string& method, const std::string& target) const;
  const nlohmann::json& resolve(const nlohmann::json& node) const;
  std::string fault(const nlohmann::json& value, const nlohmann::json& schema, const std::string& at) const;

  nlohmann::json document_;
};

}  // namespace smscrm::test
