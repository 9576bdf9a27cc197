#include <doctest/doctest.h>

#include "tests/support/importer.hpp"

using namespace smscrm;

namespace {

// Several chunks, which end at some megabytes; keys that come late, one of them for a column that is known.
std::string make_lines() {
  const std::string note(20'000, 'x');
  std::string lines;
  for (int i = 0; i < 1'000; ++i) {
    lines += fmt::format(R"({{"phone":"+1415{}","note":"{}")", 5'550'000 + i, note);
    if (i >= 700) lines += R"(,"email":"a@x.example","Drink":"tea","mobile":"x")";
    lines += i == 650 || i == 750 ? "\n" : "}\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("NDJSON that was interrupted is resumed, with the keys that come late") {
  Importer import;
  const auto lines = make_lines();
  auto begin = bytes_of(lines.substr(0, lines.size() * 3 / 5));
  const ByteSource broken = [&](char* buffer, std::size_t size) {
    const auto got = begin(buffer, size);
    if (got == 0) throw Error(Errc::unavailable, "the disk went away");
    return got;
  };
  CHECK_THROWS_AS(run_import(import.connection, import.tenant, broken, {}), Error);
  const auto failed =
      import.db.run([&](Tx& tx) { return collect(tx, list_imports(import.tenant.id), 1).front(); });
  CHECK(failed.status == "failed");
  CHECK(failed.counts.created > 0);
  CHECK(failed.header == std::vector<std::string>{"phone", "note"});

  ImportEvents events;
  events.rejects = [&](std::string_view text) { import.rejects += text; };
  const auto done =
      resume_import(import.connection, import.tenant, *failed.id, bytes_of(lines), events).import;
  CHECK(done.counts.rows == 1'000);
  CHECK(done.counts.created == 998);
  CHECK(done.counts.rejected == 2);
  CHECK(done.format.format == "ndjson");
  CHECK(import.rejects.starts_with(R"({"reject_line":651,"reject_reason":"not_json","reject_column":"",)"));
  const auto kept = import.db.run([&](Tx& tx) { return get_import(tx, import.tenant.id, *failed.id); });
  CHECK(kept.header == std::vector<std::string>{"phone", "note", "email", "Drink", "mobile"});
  CHECK(import.value("SELECT string_agg(DISTINCT email || (attributes - 'note'), ' ' ORDER BY email ||"
                     "                  (attributes - 'note'))"
                     "  FROM contact WHERE tenant_id = $1") ==
        R"(a@x.example{"drink": "tea", "mobile": "x"} {})");
}

TEST_CASE("a preset and a map say what keys mean, also those that come late") {
  Importer import;
  ImportOptions options;
  options.columns.map = {{"Handy", "phone"}};
  options.columns.preset_map = {{"Mail", "email"}, {"phone", "office"}};
  options.columns.preset_ignore = {"secret"};
  const std::string pad(70'000 / 2, ' ');
  import.run("{\"Handy\":\"4155552671\"}" + pad + "\n" + pad +
                 "{\"Handy\":\"4155552672\",\"phone\":\"x\",\"Mail\":\"a@x.example\",\"secret\":1}\n",
             options);
  CHECK(import.contact("+14155552672") == R"(||a@x.example||||{"office": "x"}|)");
}
