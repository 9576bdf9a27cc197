// Imports of a messy file: 8 columns, numbers as people of three countries write them, at home and abroad, 1
// % invalid and 2 % duplicates. The limit is COPY of the clean rows into the same table with the same
// indexes, in the form that COPY takes, which is made beforehand.
#include <cstring>

#include "core/db/copy.hpp"
#include "core/import/import.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

struct Person {
  std::string written, msisdn;  // empty msisdn: no number
  std::string country = "US";
  std::string first_name, last_name, email, tags, city, plan;
};

bool is_invalid(std::int64_t row) { return row % 100 == 7; }
bool is_duplicate(std::int64_t row) { return row % 50 == 3; }  // of the row before it

// Every row has a number of its own but the duplicates. `version` changes the first name.
Person make_person(std::int64_t row, int version) {
  const auto n = is_duplicate(row) ? row - 1 : row;
  constexpr int areas[] = {212, 213, 303, 305, 310, 312, 404, 415, 512, 602};
  const auto national = 2'000'000 + n / 10 * 7'368'787 % 7'999'993;  // distinct: the modulus is prime
  const auto area = areas[n % 10];
  Person person;
  if (is_invalid(row)) {
    person.written = "n/a 12";
  } else if (n % 5 == 3) {
    person.country = "GB";
    person.msisdn = fmt::format("+447{}", 400'000'000 + n);
    constexpr const char* forms[] = {"07{} {:06}", "+44 (0)7{} {:06}"};
    person.written = fmt::format(fmt::runtime(forms[n / 5 % 2]), (400'000'000 + n) / 1'000'000,
                                 (400'000'000 + n) % 1'000'000);
  } else if (n % 5 == 4) {
    person.country = "DE";
    person.msisdn = fmt::format("+49151{}", 10'000'000 + n);
    constexpr const char* forms[] = {"0151 {}", "+49 151 {}", "0151/{}"};
    person.written = fmt::format(fmt::runtime(forms[n / 5 % 3]), 10'000'000 + n);
  } else {
    person.msisdn = fmt::format("+1{}{}", area, national);
    constexpr const char* forms[] = {"({}) {}-{:04}", "{}-{}-{:04}", "+1 {} {} {:04}"};
    person.written = fmt::format(fmt::runtime(forms[n % 3]), area, national / 10'000, national % 10'000);
  }
  person.first_name = fmt::format("First{}v{}", n % 5000, version);
  person.last_name = fmt::format("Last{}", n % 20'000);
  person.email = fmt::format("person{}@mail.example", n);
  person.tags = n % 3 == 0 ? "vip;spring" : "spring";
  person.city = fmt::format("City {}", n % 300);
  person.plan = n % 2 == 0 ? "gold" : "silver";
  return person;
}

// Rows begin..end-1 as a CSV, made as it is read.
ByteSource make_csv(std::int64_t begin, std::int64_t end, int version) {
  return [=, row = begin, text = std::string{"Phone,First Name,Last Name,Email,Tags,Country,City,Plan\r\n"},
          at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    if (at == text.size()) {
      text.clear();
      at = 0;
      for (; row < end && text.size() < 64 * 1024; ++row) {
        const auto p = make_person(row, version);
        text += fmt::format("{},{},{},{},{},{},{},{}\r\n", p.written, p.first_name, p.last_name, p.email,
                            p.tags, p.country, p.city, p.plan);
      }
    }
    const auto part = std::min(size, text.size() - at);
    std::memcpy(buffer, text.data() + at, part);
    at += part;
    return part;
  };
}

// Rows a second of COPY.
double measure_copy(std::int64_t rows) {
  TestDb db;
  const auto tenant = *to_param(add_test_tenant(db).id);
  auto connection = db.connect();
  const std::vector<std::string> columns{"tenant_id", "msisdn",  "first_name", "last_name",
                                         "email",     "country", "attributes", "tags"};
  double seconds = 0;
  std::int64_t copied = 0;
  for (std::int64_t row = 0; row < rows;) {
    CopyRows block;
    for (int i = 0; i < 50'000 && row < rows; ++i, ++row) {
      if (is_invalid(row) || is_duplicate(row)) continue;
      const auto p = make_person(row, 1);
      const auto attributes = fmt::format(R"({{"city":"{}","plan":"{}"}})", p.city, p.plan);
      const auto tags = row % 3 == 0 ? "{spring,vip}" : "{spring}";
      for (const std::string_view value :
           {std::string_view{tenant}, std::string_view{p.msisdn}, std::string_view{p.first_name},
            std::string_view{p.last_name}, std::string_view{p.email}, std::string_view{p.country},
            std::string_view{attributes}, std::string_view{tags}})
        block.add(value);
      block.end_row();
      ++copied;
    }
    const Stretch stretch;
    in_transaction(connection, [&](Tx& tx) { copy_in(tx, "contact", columns, block); });
    seconds += stretch.seconds();
  }
  BenchLine line;
  line.name = "import: COPY of clean rows";
  line.items = copied;
  line.seconds = seconds;
  print_line(line);
  return static_cast<double>(copied) / seconds;
}

}  // namespace

void bench_import(const BenchArgs& args) {
  const auto rows = args.items > 0 ? args.items : 200'000;
  const auto limit = measure_copy(rows);
  TestDb db;
  const auto tenant = add_test_tenant(db);
  auto connection = db.connect();
  const auto run = [&](const char* name, std::int64_t begin, int version) {
    ImportOptions options;
    options.source = "bench.csv";
    const Stretch stretch;
    const auto done =
        run_import(connection, tenant, make_csv(begin, begin + rows, version), options).import.counts;
    print_line(
        {.name = name,
         .items = done.rows,
         .seconds = stretch.seconds(),
         .cpu_seconds = stretch.cpu_seconds(),
         .limit_rate = limit,
         .note = fmt::format("created {} updated {} unchanged {} duplicate {} rejected {}", done.created,
                             done.updated, done.unchanged, done.duplicate, done.rejected)});
  };
  run("import into nothing", 0, 1);
  run("import of the same again", 0, 1);
  run("import half changed, half new", rows / 2, 2);
}

}  // namespace smscrm
