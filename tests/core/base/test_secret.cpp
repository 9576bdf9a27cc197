#include <doctest/doctest.h>

#include "core/base/secret.hpp"

using namespace smscrm;

TEST_CASE("the password of a URL is masked, wherever it has a special character") {
  struct Case {
    std::string url, want;
  };
  const Case cases[] = {
      {"", ""},
      {"redis://127.0.0.1:6379", "redis://127.0.0.1:6379"},
      {"redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"},
      {"unix:/run/redis.sock?db=2", "unix:/run/redis.sock?db=2"},
      {"redis://:pw@h:1", "redis://:***@h:1"},
      {"redis://:p@hunter2@h:1", "redis://:***@h:1"},
      {"redis://:p/hunter2@h:1", "redis://:***@h:1"},
      {"redis://:p?x=hunter2@h:1", "redis://:***@h:1"},
      {"redis://hunter2@h:1", "redis://***@h:1"},
      {"redis://user:hunter2@h:1/0", "redis://user:***@h:1/0"},
      {"redis://us@hunter2:x@h:1", "redis://***@h:1"},
      {"redis://h:1/0?password=hunter2", "redis://h:1/0?password=***"},
      {"redis://h:1/0?hunter2", "redis://h:1/0?***"},
      {"https://key@sentry.example/7", "https://***@sentry.example/7"},
      {"https://api.twilio.com", "https://api.twilio.com"},
      {"hunter2@h:1", "***"},
      {"\"redis://:hunter2@h:1\"", "***"},
      {"red is://:hunter2@h:1", "***"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.url);
    CHECK(mask_url(c.url) == c.want);
  }
}

TEST_CASE("the words of a library are said without the password in a URL that they quote") {
  CHECK(hide_credentials("Could not resolve host: api.example") == "Could not resolve host: api.example");
  CHECK(hide_credentials("tried http://u:p@ss@proxy:3128 twice") == "tried http://***@proxy:3128 twice");
  CHECK(hide_credentials("'socks5://u:pw@p' and https://a/b") == "'socks5://***@p' and https://a/b");
}
