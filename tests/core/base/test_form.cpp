#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/form.hpp"
#include "tests/support/data.hpp"

using namespace smscrm;

TEST_CASE("bodies decode to the pairs that Twilio signs") {
  int seen = 0;
  for (const char* set : {"signatures", "validations"}) {
    for (const auto& vector : test::twilio_vectors()[set]) {
      if (vector["kind"] != "form") continue;
      CAPTURE(vector["id"].get<std::string>());
      const auto params = vector["params"].get<Form>();
      CHECK(parse_form(vector["raw_body"].get<std::string>()) == params);
      CHECK(parse_form(format_form(params)) == params);
      ++seen;
    }
  }
  CHECK(seen > 50);
}

TEST_CASE("a form is read leniently") {
  CHECK(parse_form("").empty());
  CHECK(parse_form("&&").empty());
  CHECK(parse_form("a") == Form{{"a", ""}});
  CHECK(parse_form("=v") == Form{{"", "v"}});
  CHECK(parse_form("a=1=2&a=&b=3&") == Form{{"a", "1=2"}, {"a", ""}, {"b", "3"}});
  CHECK(parse_form("a=100%&b=%zz&c=%4&d=%2") == Form{{"a", "100%"}, {"b", "%zz"}, {"c", "%4"}, {"d", "%2"}});
  CHECK(parse_form("a%3D=x+y%20z%2b") == Form{{"a=", "x y z+"}});
  CHECK(parse_form("a=%00") == Form{{"a", std::string(1, '\0')}});
}

TEST_CASE("too many parameters are refused") {
  CHECK(parse_form("a&b&c", 3).size() == 3);
  CHECK_THROWS_WITH_AS(parse_form("a&b&c&d", 3), "the form has more than 3 parameters", Error);
}

TEST_CASE("everything but the unreserved characters is escaped") {
  CHECK(format_form({{"To", "+15005550006"}, {"Body", "a b&c=ü"}}) ==
        "To=%2B15005550006&Body=a%20b%26c%3D%C3%BC");
  CHECK(format_form({}) == "");
  CHECK(url_encode("aZ09-._~/?'()*") == "aZ09-._~%2F%3F%27%28%29%2A");
}

TEST_CASE("a field is found by its exact name, the first of several") {
  const auto form = parse_form("Body=x&body=y&Body=z");
  CHECK(find_field(form, "Body") == "x");
  CHECK(find_field(form, "body") == "y");
  CHECK_FALSE(find_field(form, "BODY"));
}
