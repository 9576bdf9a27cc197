// A world with a daemon, and a program that may do everything over its API.
#pragma once

#include "tests/support/api_client.hpp"
#include "tests/support/world.hpp"

namespace smscrm::test {

inline std::string make_key(const World& world, const std::vector<std::string>& scopes,
                            const std::string& name = "ci") {
  std::vector<std::string> words{"apikey", "create", name, "-o", "json"};
  for (const auto& scope : scopes) words.insert(words.end(), {"--scope", scope});
  return world.must(words).json()["secret"].get<std::string>();
}

inline const std::vector<std::string> every_right{
    "settings:read",  "settings:write",  "contacts:read", "contacts:write", "consent:read",
    "consent:write",  "lists:read",      "lists:write",   "templates:read", "templates:write",
    "campaigns:read", "campaigns:write", "launch",        "pause",          "messages:read",
    "messages:write", "inbox:read",      "inbox:write",   "links:read",     "links:write",
    "webhooks:read",  "webhooks:write",  "reports:read",  "segments:read",  "segments:write"};

struct Api {
  World world;
  std::string key;
  ApiClient call{"", ""};

  Api() {
    world.set_up();
    world.start_daemon();
    key = make_key(world, every_right);
    call = {world.daemon_url(), key};
  }
};

}  // namespace smscrm::test
