// A person's browser, as far as signing in goes: it keeps the cookie, says which page it is on, and sends the
// token that its page was told.
#pragma once

#include <algorithm>

#include "tests/support/api_client.hpp"

namespace smscrm::test {

class Browser {
 public:
  explicit Browser(const std::string& url) : origin(url), client_(url, "") {}

  // `path` below /api/v1: "/auth/login". Headers that are given stand in for its own of that name; one
  // without a value takes its own away.
  ApiReply operator()(const std::string& method, const std::string& path, const std::string& body = "",
                      const std::vector<std::string>& given = {}) {
    std::vector<std::string> headers;
    const auto add = [&](const std::string& name, const std::string& value) {
      const auto is_given = [&](const std::string& header) { return header.starts_with(name + ":"); };
      if (std::ranges::none_of(given, is_given) && !value.empty()) headers.push_back(name + ": " + value);
    };
    add("Content-Type", "application/json");
    add("Origin", origin);
    add("Cookie", cookie.empty() ? "" : "__Host-smscrm=" + cookie);
    add("X-CSRF-Token", csrf);
    headers.insert(headers.begin(), given.begin(), given.end());
    std::ranges::stable_partition(headers,
                                  [](const std::string& one) { return one.starts_with("Content-Type:"); });
    auto reply = client_.raw(method, "/api/v1" + path, body, headers);
    if (const auto set = reply.headers.find("set-cookie"); set != reply.headers.end()) {
      cookie = set->second.substr(0, set->second.find(';'));
      cookie.erase(0, cookie.find('=') + 1);
    }
    if (reply.status == 200 && reply.text.starts_with('{')) {
      const auto answer = reply.json();
      const auto& me = answer.contains("me") ? answer["me"] : answer;
      if (me.contains("csrf_token")) csrf = me["csrf_token"];
    }
    return reply;
  }

  std::string origin, cookie, csrf;

 private:
  ApiClient client_;
};

}  // namespace smscrm::test
