// A program that calls the API, over curl(1) as a stranger would. Every answer is held against the contract.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "tests/support/command.hpp"
#include "tests/support/contract.hpp"

namespace smscrm::test {

struct ApiReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string text;

  nlohmann::json json() const { return nlohmann::json::parse(text); }
  std::string code() const { return json().value("code", ""); }
};

class ApiClient {
 public:
  ApiClient(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}

  // `path` below the tenant: "/contacts". With a body it is sent as JSON.
  ApiReply operator()(const std::string& method, const std::string& path, const std::string& body = "",
                      std::vector<std::string> headers = {}) const {
    return raw(method, "/api/v1/tenants/" + tenant + path, body, std::move(headers));
  }
  ApiReply raw(const std::string& method, const std::string& target, const std::string& body = "",
               std::vector<std::string> headers = {}) const {
    std::vector<std::string> words{"curl", "-sS", "-i", "--path-as-is", "-X", method, url_ + target};
    if (!key_.empty()) headers.push_back("Authorization: Bearer " + key_);
    if (!body.empty()) {
      if (headers.empty() || !headers[0].starts_with("Content-Type:"))
        headers.emplace_back("Content-Type: application/json");
      words.insert(words.end(), {"--data-binary", "@-"});
    }
    if (method == "HEAD") words.push_back("-I");
    for (const auto& header : headers) words.insert(words.end(), {"-H", header});
    auto reply = read(run_command(words, body).out);
    if (reply.status != 0) check_contract(method, target, reply);
    return reply;
  }

  std::string tenant = "acme";

 private:
  void check_contract(const std::string& method, const std::string& target, const ApiReply& reply) const {
    static std::optional<Contract> contract;  // of the daemon that was built, whichever of them runs
    if (!contract)
      contract.emplace(
          nlohmann::json::parse(run_command({"curl", "-sS", url_ + "/api/v1/openapi.json"}, "").out));
    const auto fault = contract->fault_of(method, target, reply.status, reply.text);
    CHECK_MESSAGE(fault.empty(), method, " ", target, " ", reply.status, ": ", fault);
  }

  static ApiReply read(const std::string& answer) {
    ApiReply reply;
    auto head_end = answer.find("\r\n\r\n");
    if (head_end == std::string::npos) return reply;
    const auto lines = split(answer.substr(0, head_end), '\n');
    reply.status = std::stoi(lines.at(0).substr(9, 3));
    for (const auto& line : lines)
      if (const auto colon = line.find(':'); colon != std::string::npos)
        reply.headers[to_lower(line.substr(0, colon))] = trim(std::string_view{line}.substr(colon + 1));
    reply.text = answer.substr(head_end + 4);
    return reply;
  }

  std::string url_, key_;
};

}  // namespace smscrm::test
