#include <doctest/doctest.h>

#include "core/provider/twilio_signature.hpp"
#include "tests/support/data.hpp"

using namespace smscrm;

namespace {

using Tokens = std::vector<std::string>;

}  // namespace

TEST_CASE("signatures are those of Twilio's own library") {
  const auto& vectors = test::twilio_vectors()["signatures"];
  REQUIRE(vectors.size() >= 50);
  for (const auto& vector : vectors) {
    CAPTURE(vector["id"].get<std::string>());
    const auto token = vector["auth_token"].get<std::string>();
    const auto url = vector["url"].get<std::string>();
    const auto body = vector["raw_body"].get<std::string>();
    const auto signature = vector["signature"].get<std::string>();
    const auto params = vector["params"].get<Form>();
    CHECK(twilio_signature(token, url, params) == signature);
    if (vector["kind"] == "json")
      CHECK(check_twilio_json(Tokens{token}, signature, url, body));
    else
      CHECK(check_twilio_form(Tokens{token}, signature, url, parse_form(body)));
  }
}

TEST_CASE("requests are accepted and refused as Twilio's own library does") {
  const auto& vectors = test::twilio_vectors()["validations"];
  REQUIRE(vectors.size() >= 32);
  for (const auto& vector : vectors) {
    if (vector.value("lenient", false))
      continue;  // accepted there only after guessing at other spellings of the URL
    CAPTURE(vector["id"].get<std::string>());
    const Tokens tokens{vector["auth_token"].get<std::string>()};
    const auto url = vector["request_url"].get<std::string>();
    const auto body = vector["raw_body"].get<std::string>();
    const auto header = vector["header"].get<std::string>();
    const bool accepted = vector["kind"] == "json" ? check_twilio_json(tokens, header, url, body)
                                                   : check_twilio_form(tokens, header, url, parse_form(body));
    CHECK(accepted == vector["valid"].get<bool>());
  }
}

TEST_CASE("user, password and fragment are not signed") {
  const Form params{{"Body", "hi"}};
  const auto plain = twilio_signature("t", "https://a.example/in?x=1", params);
  CHECK(twilio_signature("t", "https://user:pass@a.example/in?x=1#rc=3&rp=all", params) == plain);
  CHECK(twilio_signature("t", "https://a.example/in?x=1#", params) == plain);
  CHECK(twilio_signature("t", "https://a.example/in?x=1&mail=me@a.example", params) != plain);
  CHECK(check_twilio_form(Tokens{"t"}, plain, "https://u:p@a.example:443/in?x=1", params));
}

TEST_CASE("the port rule reads IPv6 addresses and URLs without a path") {
  CHECK(check_twilio_form(Tokens{"t"}, twilio_signature("t", "https://[::1]/in", {}), "https://[::1]:443/in",
                          {}));
  CHECK(check_twilio_form(Tokens{"t"}, twilio_signature("t", "https://[::1]:443/in", {}), "https://[::1]/in",
                          {}));
  CHECK(check_twilio_form(Tokens{"t"}, twilio_signature("t", "http://a.example:80?x=1", {}),
                          "http://a.example?x=1", {}));
  CHECK_FALSE(check_twilio_form(Tokens{"t"}, twilio_signature("t", "http://a.example:443/", {}),
                                "http://a.example/", {}));
}

TEST_CASE("any of several tokens signs, no token and an empty one never") {
  const std::string url = "https://a.example/in";
  const auto signature = twilio_signature("new", url, {});
  CHECK(check_twilio_form(Tokens{"old", "new"}, signature, url, {}));
  CHECK_FALSE(check_twilio_form(Tokens{"old"}, signature, url, {}));
  CHECK_FALSE(check_twilio_form(Tokens{}, signature, url, {}));
  CHECK_FALSE(check_twilio_form(Tokens{""}, twilio_signature("", url, {}), url, {}));
}

TEST_CASE("the hash of a JSON body is read from its own parameter only") {
  const std::string hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";  // of {}
  const auto accepted = [](const std::string& url) {
    return check_twilio_json(Tokens{"t"}, twilio_signature("t", url, {}), url, "{}");
  };
  CHECK(accepted("https://a.example/in?bodySHA256=" + hash));
  CHECK(accepted("https://a.example/in?a=1&bodySHA256=" + hash + "&b=2"));
  for (const char* before :
       {"?xbodySHA256=", "/bodySHA256=", "?BODYSHA256=", "?a=bodySHA256=", "#bodySHA256=", "#?bodySHA256="})
    CHECK_FALSE(accepted("https://a.example/in" + (before + hash)));
}
