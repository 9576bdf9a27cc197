// No output has a part of a password, whatever is wrong with the address that it stands in.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/command.hpp"

using namespace smscrm;

namespace {

struct Setting {
  std::string variable, value;
};

void check_silent(const CommandResult& result) {
  for (const auto& text : {result.out, result.err}) {
    CAPTURE(text);
    CHECK(text.find("hunte") == std::string::npos);
    CHECK(text.find("unter2") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("a password is told by nobody") {
  const Setting settings[] = {
      {"SMSCRM_DATABASE_URL", "host=127.0.0.1 port=1 dbname=x user=u password = hunter2"},
      {"SMSCRM_DATABASE_URL", "host=127.0.0.1 port=1 dbname=x user=u password='a\\'hunter2'"},
      {"SMSCRM_DATABASE_URL", "\"postgresql://u:hunter2@127.0.0.1:1/x\""},
      {"SMSCRM_DATABASE_URL", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x"},
      {"SMSCRM_DATABASE_URL", "postgresql://u@corp:hunter2@127.0.0.1:1/x"},
      {"SMSCRM_DATABASE_URL", "postgresql://u:p@hunter2@127.0.0.1:1/x"},
      {"SMSCRM_DATABASE_URL", "postgresql://u:p?hunter2@127.0.0.1:1/x"},
      {"SMSCRM_DATABASE_URL", "postgresql://u:hunter2/x@127.0.0.1:1/x"},
      {"SMSCRM_DATABASE_URL", "postgresql://127.0.0.1:1/x?user=u&password=a&sslpassword=hunter2"},
      {"SMSCRM_DATABASE_URL", "postgresql://127.0.0.1:1/x?pass%77ord=hunter2"},
      {"SMSCRM_DATABASE_URL", "postgres:/u:hunter2@h/db"},
      {"SMSCRM_REDIS_URL", "redis://:p@hunter2@127.0.0.1:1"},
      {"SMSCRM_REDIS_URL", "redis://:p/hunter2@127.0.0.1:1"},
      {"SMSCRM_REDIS_URL", "\"redis://:hunter2@127.0.0.1:1\""},
      {"SMSCRM_SENTRY_DSN", "https://hunter2@sentry.example/1"},
      {"SMSCRM_SENTRY_DSN", "hunter2@sentry.example/1"},
      {"SMSCRM_TWILIO_API_URL", "https://u:hunter2@127.0.0.1:1"},
      {"SMSCRM_TWILIO_API_URL", "u:hunter2@127.0.0.1:1"},
      {"SMSCRM_HTTP_PUBLIC_URL", "https://u:hunter2@127.0.0.1:1"},
      {"SMSCRM_HTTP_PUBLIC_URL", "ftp://u:hunter2@127.0.0.1:1"},
      {"https_proxy", "http://u:hunter2@127.0.0.1:99999"},
      {"https_proxy", "http://u:p@hunter2@127.0.0.1:1"},
      {"https_proxy", "htp://u:hunter2@127.0.0.1:1"},
  };
  const std::vector<std::vector<std::string>> commands = {
      {"smscrm", "config", "show"},
      {"smscrm", "config", "check"},
      {"smscrm", "doctor"},
      {"smscrm", "tenant", "list"},
      {"smscrm", "doctor", "-o", "json"},
      {"smscrm", "config", "show", "-o", "json"},
      {"smscrmd", "check"},
  };
  const TempDir dir;
  const auto key = dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  for (const auto& [variable, value] : settings)
    for (const auto& command : commands) {
      CAPTURE(variable + "=" + value);
      CAPTURE(fmt::format("{}", fmt::join(command, " ")));
      std::map<std::string, std::string> environment{{"SMSCRM_SECRETS_KEY_FILE", key},
                                                     {"SMSCRM_DATABASE_URL", "postgresql://127.0.0.1:1/x"},
                                                     {"SMSCRM_HTTP_PUBLIC_URL", "https://127.0.0.1:1"}};
      environment[variable] = value;
      check_silent(run_command(command, "", environment));
    }
}

TEST_CASE("an address is shown without its password, and the rest of it is") {
  const auto value_of = [](const std::string& variable, const std::string& value, const std::string& key) {
    for (const auto& row :
         run_command({"smscrm", "config", "show", "-o", "json"}, "", {{variable, value}}).json())
      if (row["key"] == key) return row["value"].get<std::string>();
    return std::string{};
  };
  CHECK(value_of("SMSCRM_DATABASE_URL", "postgresql://me:pw@db/smscrm", "database.url") ==
        "postgresql://me:***@db/smscrm");
  CHECK(value_of("SMSCRM_REDIS_URL", "redis://:pw@cache:6379", "redis.url") == "redis://:***@cache:6379");
  CHECK(value_of("SMSCRM_REDIS_URL", "unix:/run/redis.sock", "redis.url") == "unix:/run/redis.sock");
}

TEST_CASE("a file of a setting that is empty is a mistake, not a setting that is not there") {
  const TempDir dir;
  for (const std::string content : {"", "\n", "  \n"}) {
    const auto file = dir.write("url", content);
    const auto result = run_command({"smscrm", "tenant", "list"}, "", {{"SMSCRM_DATABASE_URL_FILE", file}});
    CHECK(result.status == 2);
    CHECK(result.err.find("SMSCRM_DATABASE_URL_FILE: the file \"" + file + "\" is empty") !=
          std::string::npos);
  }
}

TEST_CASE("the account's token does not travel in clear, but on this machine") {
  const auto status = [](const std::string& url) {
    return run_command({"smscrm", "config", "check"}, "", {{"SMSCRM_TWILIO_API_URL", url}}).status;
  };
  for (const char* url : {"https://api.twilio.com", "http://127.0.0.1:8010", "http://127.0.0.9",
                          "http://[::1]:8010", "http://localhost:8010"})
    CHECK(status(url) == 0);
  for (const char* url : {"http://api.twilio.com", "http://10.0.0.1", "http://127.0.0.1.evil.example",
                          "http://localhost@evil.example", "http://127.0.0.1/8@evil.example"}) {
    CAPTURE(url);
    CHECK(status(url) == (std::string_view{url}.find("/8@") == std::string_view::npos ? 2 : 0));
  }
}
