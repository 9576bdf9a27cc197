#include <map>
#include <optional>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/text/message_template.hpp"

using namespace smscrm;

namespace {

Rendered render_with(std::string_view body, const std::map<std::string, std::string, std::less<>>& values) {
  const auto find_value = [&](std::string_view field) -> std::optional<std::string_view> {
    const auto found = values.find(field);
    return found == values.end() ? std::nullopt : std::optional<std::string_view>{found->second};
  };
  return render(parse_template(body), find_value,
                [](std::size_t index) { return "<" + std::to_string(index) + ">"; });
}

}  // namespace

TEST_CASE("places are filled in and the rest is kept to the byte") {
  struct Case {
    std::string what, body, want;
  };
  const Case cases[] = {
      {"plain text", "Hello, world", "Hello, world"},
      {"nothing", "", ""},
      {"blanks at the ends stay", " \n{{name}} \n", " \nAnn \n"},
      {"a field", "Hi {{name}}!", "Hi Ann!"},
      {"case and blanks in a name do not count", "{{ Name }}{{NAME}}", "AnnAnn"},
      {"a default that is not needed", "{{name|there}}", "Ann"},
      {"a default", "Hi {{nick|there}}", "Hi there"},
      {"a default keeps its blanks and bars", "{{nick| my | dear }}", " my | dear "},
      {"an empty value takes the default", "{{empty|there}}", "there"},
      {"an empty default", "[{{nick|}}]", "[]"},
      {"a value is not parsed again", "{{braces}}", "{{name}}"},
      {"links, the same address once", "{{link:https://a.b/c}} {{link:http://x}} {{ LINK: https://a.b/c }}",
       "<0> <1> <0>"},
      {"escaped braces", "{{{{name}}}} {{{{{{name}}", "{{name}} {{Ann"},
      {"single braces are text", "{a} } { {{{name}}} {", "{a} } { {Ann} {"},
      {"beyond ASCII", "¡{{name}}! 😀", "¡Ann! 😀"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto rendered = render_with(c.body, {{"name", "Ann"}, {"empty", ""}, {"braces", "{{name}}"}});
    CHECK(rendered.text == c.want);
    CHECK(rendered.missing.empty());
  }
}

TEST_CASE("a template lists its fields and links") {
  const auto body = parse_template("{{B}}{{a|x}}{{b}}{{link:https://a.b/?q=1|2}}");
  CHECK(body.fields == std::vector<std::string>{"b", "a"});
  CHECK(body.links == std::vector<std::string>{"https://a.b/?q=1%7C2"});
}

TEST_CASE("fields with neither value nor default are empty and reported") {
  const auto rendered = render_with("{{a}}-{{b|x}}-{{c}}-{{a}}-{{empty}}", {{"empty", ""}});
  CHECK(rendered.text == "-x---");
  CHECK(rendered.missing == std::vector<std::size_t>{0, 2, 0, 3});
}

TEST_CASE("a mistake is refused with its place") {
  struct Case {
    std::string body, at, why;
  };
  const Case cases[] = {
      {"Hi {{name", "byte 3", "is not closed"},
      {"Hi {{name} you", "byte 3", "is not closed"},
      {"Hi {{name, see {{link:https://a.b}}", "byte 3", "is not closed"},
      {"{{a|{{b}}}}", "byte 0", "is not closed"},
      {"Hi {name}}", "byte 8", "closes nothing"},
      {"{{}}", "byte 0", "no name"},
      {"é{{ |x}}", "byte 2", "no name"},
      {"{{first name}}", "byte 0", "\"first name\" is not a field"},
      {"{{naïve}}", "byte 0", "is not a field"},
      {"{{lnk:https://a.b}}", "byte 0", "is not a field"},
      {"{{link:ftp://a.b}}", "byte 0", "must begin with https://"},
      {"{{link:javascript:alert(1)}}", "byte 0", "must begin with https://"},
      {"{{link:}}", "byte 0", "must begin with https://"},
      {"{{link:https://}}", "byte 0", "names no host"},
      {"{{link:https:///path}}", "byte 0", "names no host"},
      {"{{link:https://a.b/c d}}", "byte 0", "%20"},
      {"{{link:https://ann:secret@a.b/}}", "byte 0", "a user"},
      {"{{link:https://a.b/" + std::string(2048, 'x') + "}}", "byte 0", "2048 bytes"},
      {"ab\xff", "byte 2", "not UTF-8"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.body);
    try {
      parse_template(c.body);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      const std::string what = error.what();
      CAPTURE(what);
      CHECK(error.code() == Errc::invalid);
      CHECK(what.find(c.at + ":") != std::string::npos);
      CHECK(what.find(c.why) != std::string::npos);
    }
  }
}

TEST_CASE("a letter, digit or field directly behind a link is glued to it") {
  for (const char* body : {"{{link:https://a.b}}now", "{{link:https://a.b}}2", "{{link:https://a.b}}{{name}}",
                           "x {{link:https://a.b}} {{link:https://a.b}}{{link:https://c.d}}"}) {
    CAPTURE(body);
    CHECK(has_glued_link(parse_template(body)));
  }
  for (const char* body :
       {"{{link:https://a.b}}", "{{link:https://a.b}} now", "now{{link:https://a.b}}.", "no link"}) {
    CAPTURE(body);
    CHECK_FALSE(has_glued_link(parse_template(body)));
  }
}
