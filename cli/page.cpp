#include "cli/page.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t rows_of_a_table = 50;

std::string grouped(std::int64_t number) { return group_digits(fmt::format("{}", number)); }

}  // namespace

void add_page(CLI::App& verb, Page& page, const std::string& cursor, const std::string& type) {
  add_flag(verb, "--limit", page.limit, "N", "At most so many; without it a table has 50, other forms all.")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  page.cursor = cursor;
  add_flag(verb, cursor, page.begin, type,
           cursor == "--before" ? "Only older ones than this: the next page."
                                : "Only those behind this: the next page.");
}

std::optional<std::int64_t> page_size(Context& context, const Page& page) {
  if (page.limit || context.out().format() != Format::table) return page.limit;
  return rows_of_a_table;
}

std::optional<std::int64_t> page_id(const Page& page) {
  if (page.begin.empty()) return std::nullopt;
  const auto id = parse_integer(page.begin);
  if (!id) throw Error(Errc::usage, "{}: \"{}\" is not a number", page.cursor, page.begin);
  return id;
}

void tell_of_more(Context& context, const Page& page, std::int64_t shown, const RowCount& all,
                  const std::string& last) {
  auto& out = context.out();
  if (out.format() != Format::table) return;
  out.flush();
  const auto total = !all.rows    ? std::string{"many"}
                     : all.is_all ? grouped(*all.rows)
                                  : "more than " + grouped(*all.rows);
  const auto text = fmt::format("{} of {}{}; --limit N, or {} {} for the next", grouped(shown), total,
                                page.begin.empty() ? "" : " that are left", page.cursor, last);
  // A time in it is what the cursor is told, and no time to be read.
  if (!page.limit || !out.quiet()) out.warn(text, Output::Times::as_they_are);
}

void print_page(Context& context, const std::vector<Column>& columns, const Page& page,
                const std::vector<Json>& rows, const std::string& key, std::string_view empty) {
  const auto most = page_size(context, page);
  const auto name_of = [&](const Json& row) { return bare_text(row.value(key, Json{})); };
  auto begin = rows.begin();
  if (!page.begin.empty()) {
    begin = std::ranges::find(rows, page.begin, name_of);
    if (begin == rows.end())
      throw Error(Errc::not_found, "{} {}: the list has no such row", page.cursor, page.begin)
          .with_hint(fmt::format("name one by its {}, as the list shows it", key));
    ++begin;
  }
  const auto left = rows.end() - begin;
  const auto shown = most && *most < left ? *most : left;
  ListPrinter printer{context.out(), columns};
  std::for_each(begin, begin + shown, [&](const Json& row) { printer.add(row); });
  printer.finish(empty);
  if (shown < left) tell_of_more(context, page, shown, {left, true}, name_of(*(begin + shown - 1)));
}

}  // namespace smscrm
