#include <doctest/doctest.h>

#include "core/segment/rule.hpp"

using namespace smscrm;

namespace {

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("what a rule is read as") {
  struct Case {
    const char *rule, *read;
  };
  const Case cases[] = {
      {"all", "all"},
      {"tag:vip", "tag:vip"},
      {"TAG : vip  # everybody who matters\n", "tag:vip"},
      {"tag:'black friday'", "tag:'black friday'"},
      {"tag in (a, 'b c')", "tag in (a, 'b c')"},
      {"in list:spring and not in list:staff", "(list:spring and not list:staff)"},
      {"tag:a or tag:b and tag:c", "(tag:a or (tag:b and tag:c))"},
      {"not tag:a and tag:b", "(not tag:a and tag:b)"},
      {"not (tag:a or tag:b)", "not (tag:a or tag:b)"},
      {"not not tag:a", "tag:a"},
      {"not not not tag:a", "not tag:a"},
      {"attr.Plan = 'pro'", "attr.plan = 'pro'"},
      {"attr.'Favourite colour' == red", "attr.'favourite colour' == red"},
      {"first_name = 'O''Hara'", "first_name = 'O''Hara'"},
      {"name contains \"o'h\"", "name contains 'o''h'"},
      {"attr.age >= -2.5", "attr.age >= -2.5"},
      {"country <> US", "country != US"},
      {"country not in (US, CA)", "country not in (US, CA)"},
      {"email not ends with '@example.com'", "email not ends with '@example.com'"},
      {"email is not set", "email is empty"},
      {"email is not empty", "email is set"},
      {"last_click < 30D", "last_click < 30D"},
      {"last_click within next 2w", "last_click within next 2w"},
      {"created_at older than 1mo", "created_at older than 1mo"},
      {"created_at between 2027-01-01 and yesterday and dnc",
       "(created_at between 2027-01-01 and yesterday and dnc)"},
      {"created_at since 2027-03-14T10:00:30.5-05:00", "created_at since 2027-03-14T10:00:30.5-05:00"},
      {"attr.born anniversary within next 7d", "attr.born anniversary within next 7d"},
      {"received campaign in (spring, 2026-sale) >= 2 times within 90d",
       "received campaign in (spring, 2026-sale) >= 2 times within 90d"},
      {"skipped for no_consent campaign:spring since today",
       "skipped for no_consent campaign:spring since today"},
      {"sent between 2027-01-01 and 2027-02-01 and replied",
       "(sent between 2027-01-01 and 2027-02-01 and replied)"},
      {"city = x", nullptr},
      {"attr.city = S\xC3\xA3o-Paulo", "attr.city = S\xC3\xA3o-Paulo"},
      {"tag:vip\xC2\xA0"
       "and dnc",
       "(tag:vip and dnc)"},  // a no-break blank, as documents have them
  };
  for (const auto& c : cases) {
    CAPTURE(c.rule);
    if (c.read == nullptr) {
      CHECK_THROWS_AS(parse_rule(c.rule), RuleError);
      continue;
    }
    CHECK(format_rule(parse_rule(c.rule)) == c.read);
    CHECK(format_rule(parse_rule(c.read)) == c.read);
  }
}

TEST_CASE("what is wrong with a rule, and where") {
  struct Case {
    std::string rule;
    const char* code;
    std::size_t column, length;
  };
  const Case cases[] = {
      {"", "empty", 1, 0},
      {"  # nothing", "empty", 1, 0},
      {"tag:vip and plan = 'pro'", "unknown_field", 13, 4},
      {"attr.city = 'S\xC3\xA3o' and plan = 1", "unknown_field", 23, 4},  // characters, not bytes
      {"tag:vip and attr.plan = pro\xE2\x80\x99", "typographic_quote", 28, 1},
      {"name = \xE2\x80\x9Cpro\xE2\x80\x9D", "typographic_quote", 8, 1},
      {"tag:vip and (country = US or country = CA", "syntax", 42, 0},
      {"tag:vip)", "syntax", 8, 1},
      {"tag:vip tag:x", "syntax", 9, 3},
      {"name = 'abc", "unterminated_string", 8, 1},
      {"tag:", "syntax", 5, 0},
      {"tag vip", "syntax", 5, 3},
      {"name", "syntax", 5, 0},
      {"name not set", "syntax", 10, 3},
      {"last_click within 30", "invalid_duration", 19, 2},
      {"last_click within -30d", "invalid_duration", 19, 4},
      {"last_click within 201y", "invalid_duration", 19, 4},
      {"created_at on 2027-02-30", "invalid_date", 15, 10},
      {"attr.renewal = 2027-13-01", "invalid_date", 16, 10},
      {"created_at on someday", "invalid_date", 15, 7},
      {"sent >= many times", "invalid_number", 9, 4},
      {"sent for no_consent", "syntax", 6, 3},
      {"campaign:spring", "syntax", 1, 8},
      {"and tag:a", "syntax", 1, 3},
      {"a \xE2\x89\xA5 3", "syntax", 3, 1},
      {std::string{"tag:a\0", 6}, "syntax", 6, 1},
      {"tag:\xFF", "syntax", 5, 1},
      {repeat("(", 33) + "all" + repeat(")", 33), "too_complex", 33, 1},
      {"all" + repeat(" or tag:x", 251), "too_complex", 3 + 250 * 9 + 5, 3},
      {"country in (US" + repeat(", US", 1000) + ")", "too_complex", 14 + 999 * 4 + 3, 2},
      {repeat(" ", 16 * 1024) + "all", "too_long", 1, 0},
  };
  for (const auto& c : cases) {
    CAPTURE(c.rule);
    try {
      parse_rule(c.rule);
      FAIL_CHECK("it was taken");
    } catch (const RuleError& error) {
      CAPTURE(error.what());
      CHECK(error.rule_code() == c.code);
      CHECK(error.place() == RulePlace{c.column, c.length});
    }
  }
}

TEST_CASE("as much as a rule may have") {
  CHECK_NOTHROW(parse_rule(repeat("(", 32) + "all" + repeat(")", 32)));
  CHECK_NOTHROW(parse_rule("dnc" + repeat(" or tag:x", 249)));
  CHECK_NOTHROW(parse_rule("country in (US" + repeat(", US", 999) + ")"));
  CHECK_NOTHROW(parse_rule(repeat("not ", 4000) + "all"));
}

TEST_CASE("an unknown field names what is near, and how attributes are written") {
  try {
    parse_rule("first_nam = Ann");
    FAIL_CHECK("it was taken");
  } catch (const RuleError& error) {
    CHECK(std::string{error.what()} == "there is no field \"first_nam\"");
    CHECK(error.hint() == "did you mean \"first_name\"? attributes are written attr.first_nam");
  }
}
