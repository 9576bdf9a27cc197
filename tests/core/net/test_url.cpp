#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/net/url.hpp"

using namespace smscrm;

TEST_CASE("an address is brought into the form that headers carry") {
  const std::pair<const char*, const char*> cases[] = {
      {"https://acme.example/menu?a=1", "https://acme.example/menu?a=1"},
      {" https://acme.example ", "https://acme.example"},
      {"HTTPS://Acme.Example/Menu", "https://acme.example/Menu"},
      {"hTTp://acme.example:8080/", "http://acme.example:8080/"},
      {"https://acme.example:/x", "https://acme.example/x"},
      {"https://bücher.example/", "https://xn--bcher-kva.example/"},
      {"https://BÜCHER.example", "https://xn--bcher-kva.example"},
      {"https://straße.example/", "https://xn--strae-oqa.example/"},
      {"https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"},
      {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
      {"https://my_shop.example/", "https://my_shop.example/"},
      {"https://acme.example./", "https://acme.example./"},
      {"https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"},
      {"https://acme.example/straße/ü?q=é&r=%20#größe",
       "https://acme.example/stra%C3%9Fe/%C3%BC?q=%C3%A9&r=%20#gr%C3%B6%C3%9Fe"},
      {"https://acme.example/菜单", "https://acme.example/%E8%8F%9C%E5%8D%95"},
      {"https://acme.example/a%20b?c=%c3%a9", "https://acme.example/a%20b?c=%c3%a9"},
      {"https://acme.example/100%/50%a", "https://acme.example/100%25/50%25a"},
      {"https://acme.example/?a[]=1|2", "https://acme.example/?a%5B%5D=1%7C2"},
      {"https://acme.example/\"<x>\"", "https://acme.example/%22%3Cx%3E%22"},
      {"https://acme.example#a#b", "https://acme.example#a%23b"},
      {"https://acme.example?x=ann@b.example", "https://acme.example?x=ann@b.example"},
  };
  for (const auto& [given, want] : cases) {
    CAPTURE(given);
    CHECK(to_ascii_url(given) == want);
    CHECK_MESSAGE(to_ascii_url(want) == want, "once is enough");
  }
}

TEST_CASE("what leads nowhere, or elsewhere than it says, is refused") {
  for (const std::string url : {"",
                                "acme.example",
                                "javascript:alert(1)",
                                "ftp://a.example",
                                "https:/a.example",
                                "https://",
                                "https:///evil.example",
                                "http://?x",
                                "https://#x",
                                "https://:80/",
                                "https://\\evil.example",
                                "https://a.example\\@evil.example",
                                "https://ann:secret@a.example/",
                                "https://a.example@evil.example",
                                "https://a b.example/",
                                "https://a.example/b c",
                                "https://a.example/\x01",
                                "https://a.example/\x1b[2J",
                                "https://a.example/\x7f",
                                "https://a.example/\r\nX: y",
                                "https://a.example/\xff",
                                "https://a..example/",
                                "https://.example/",
                                "https://a.example:0/",
                                "https://a.example:65536/",
                                "https://a.example:+1/",
                                "https://a.example:x/",
                                "https://[::1/",
                                "https://[x]/",
                                "https://a%41.example/",
                                "https://a\u202e.example/"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(to_ascii_url(url), Error);
  }
  CHECK_THROWS_AS(to_ascii_url("https://a.example/" + std::string(longest_url, 'x')), Error);
  CHECK_THROWS_AS(to_ascii_url("https://a.example/" + std::string(longest_url / 2, '|')), Error);
  CHECK_THROWS_AS(to_ascii_url("https://" + std::string(64, 'x') + ".example/"), Error);
}

TEST_CASE("an origin has neither path, query nor fragment") {
  CHECK(is_origin("https://go.acme.example"));
  CHECK(is_origin("http://go.acme.example:8080"));
  for (const char* url :
       {"https://go.acme.example/", "https://a.example?x", "https://a.example#x", "go.example"})
    CHECK_FALSE(is_origin(url));
}
