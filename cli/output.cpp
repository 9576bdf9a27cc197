#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <unistd.h>

#include "cli/screen.hpp"
#include "core/base/local_time.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/import/csv.hpp"
#include "core/import/formula.hpp"
#include "core/segment/segment_json.hpp"

namespace smscrm {
namespace {

constexpr std::size_t table_batch = 1000;

bool dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

void write_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

// Lines of standard error: broken between words on a terminal.
std::string fitted(const std::string& text) {
  return ::isatty(STDERR_FILENO) != 0 ? wrap_lines(text, terminal_columns(STDERR_FILENO)) : text;
}

}  // namespace

Format parse_format(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "ndjson") return Format::ndjson;
  if (name == "csv") return Format::csv;
  throw Error(Errc::usage, "\"{}\" is no output form; use table, json, ndjson or csv", name);
}

Output::Output(const OutputOptions& options) : options_(options), is_terminal_(::isatty(STDOUT_FILENO) != 0) {
  color_ = is_terminal_ && !options.no_color && !is_set("NO_COLOR") && !dumb_terminal();
}

std::optional<std::size_t> Output::width() const {
  if (!is_terminal_ || options_.wide) return std::nullopt;
  return terminal_columns(STDOUT_FILENO);
}

void Output::set_zone(const std::string& zone) {
  if (!options_.utc) zone_ = zone;
}

std::string Output::time(Timestamp at) const {
  return format_local(at, zone_) + " " + zone_abbreviation(at, zone_);
}

void Output::print_text(std::string_view text) {
  const auto told = with_local_times(printable_lines(text), zone_);
  const auto columns = width();
  print_raw(columns ? wrap_lines(told, *columns) : told);
}

void Output::print_raw(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  if (errno == EPIPE) throw OutputClosed{};
  throw Error(Errc::internal, "cannot write to standard output: {}", std::strerror(errno));
}

std::string Output::csv_line(std::vector<std::string> fields) const {
  for (auto& field : fields) {
    if (is_terminal_) field = printable(field);
    if (!options_.csv_raw) field = guard_formula(std::move(field));
  }
  std::string line;
  format_csv_row(line, fields);
  return line;
}

void Output::flush() {
  if (std::fflush(stdout) == 0) return;
  if (errno == EPIPE) throw OutputClosed{};
  throw Error(Errc::internal, "cannot write to standard output: {}", std::strerror(errno));
}

void Output::print_list(const std::vector<Column>& columns, const std::vector<Json>& rows,
                        std::string_view empty) {
  ListPrinter printer{*this, columns};
  for (const auto& row : rows) printer.add(row);
  printer.finish(empty);
}

std::vector<Column> Output::chosen(std::vector<Column> columns) const {
  if (options_.columns.empty()) return columns;
  std::vector<Column> chosen;
  for (const auto& key : options_.columns) {
    const auto usual = std::ranges::find(columns, key, &Column::key);
    chosen.push_back(usual == columns.end() ? Column{key} : *usual);
    chosen.back().spare_rank = 0;
  }
  return chosen;
}

Json Output::chosen(const Json& row) const {
  if (options_.columns.empty()) return row;
  Json chosen;
  for (const auto& key : options_.columns) {
    const auto found = row.find(key);
    if (found == row.end()) {
      std::vector<std::string> known;
      for (const auto& [name, value] : row.items()) known.push_back(name);
      const auto near = nearest(key, known);
      throw Error(Errc::usage, "--columns: there is no \"{}\"{}", key,
                  near ? fmt::format("; did you mean \"{}\"?", *near) : "")
          .with_hint(fmt::format("one or several, with commas between, of: {}", join(known, ", ")));
    }
    chosen[key] = *found;
  }
  return chosen;
}

void Output::print_record(const Json& whole) {
  const auto record = chosen(whole);
  switch (options_.format) {
    case Format::json:
      print_raw(dump(record, 2) + "\n");
      return;
    case Format::ndjson:
      print_raw(dump(record) + "\n");
      return;
    case Format::csv: {
      std::vector<std::string> keys, values;
      for (const auto& [key, value] : record.items()) {
        keys.push_back(key);
        values.push_back(bare_text(value));
      }
      print_raw(csv_line(keys) + csv_line(values));
      return;
    }
    case Format::table:
      break;
  }
  std::vector<std::pair<std::string, Cell>> lines;
  std::size_t names = 0;
  bool zone_is_told = false;
  for (const auto& [key, value] : record.items()) {
    auto right = show_cell(key, value, zone_);
    if (right.text.empty()) continue;
    if (right.is_time && !zone_is_told) right.text += " " + zone_, zone_is_told = true;
    auto left = printable(title_of(key));
    names = std::max(names, display_width(left));
    lines.emplace_back(std::move(left), std::move(right));
  }
  const auto columns = width();
  for (auto& [key, right] : lines) {
    auto text = right.text;
    const std::string indent(names + 2, ' ');
    if (columns && *columns > indent.size() + 20)
      text = join(wrap(text, *columns - indent.size()), "\n" + indent);
    if (color_ && !right.color.empty()) text = fmt::format("{}{}{}", right.color, text, plain);
    const std::string blanks(names - display_width(key), ' ');
    print_raw(color_ ? fmt::format("{}{}{}{}  {}\n", bold, key, plain, blanks, text)
                     : fmt::format("{}{}  {}\n", key, blanks, text));
  }
}

void Output::note(std::string_view text) {
  if (!options_.quiet) warn(text);
}

void Output::warn(std::string_view text, Times times) {
  auto shown = printable(text);
  if (times == Times::local) shown = with_local_times(shown, zone_);
  write_stderr(fitted(shown) + "\n");
}

void Output::confirm(std::string_view question) {
  if (options_.yes) return;
  if (::isatty(STDIN_FILENO) == 0)
    throw Error(Errc::usage, "cannot ask whether to {}: standard input is no terminal", question)
        .with_hint("add --yes to do it without asking");
  write_stderr(printable(question) + "? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  answer = to_lower(trim(answer));
  if (answer != "y" && answer != "yes") throw Error(Errc::usage, "not confirmed; nothing was done");
}

ListPrinter::ListPrinter(Output& out, std::vector<Column> columns)
    : out_(out), columns_(out.chosen(std::move(columns))) {}

void ListPrinter::add(const Json& whole) {
  // What --columns names is looked for in the first row: the others have the same.
  Json part;
  const bool is_part = out_.chooses_columns() && (count_ == 0 || out_.format() != Format::table);
  if (is_part) part = out_.chosen(whole);
  const auto& row = is_part ? part : whole;
  ++count_;
  switch (out_.format()) {
    case Format::json:
      out_.print_raw((count_ == 1 ? "[\n" : ",\n") + dump(row));
      return;
    case Format::ndjson:
      out_.print_raw(dump(row) + "\n");
      return;
    case Format::table:
      if (!table_) table_.emplace(columns_, out_.zone(), out_.width(), out_.color());
      table_->add(row);
      if (table_->size() == table_batch) out_.print_raw(table_->take());
      return;
    case Format::csv:
      break;
  }
  std::vector<std::string> header, cells;
  for (const auto& column : columns_) {
    const auto found = row.find(column.key);
    header.push_back(column.key);
    cells.push_back(found == row.end() ? "" : bare_text(*found));
  }
  if (count_ == 1) out_.print_raw(out_.csv_line(header));
  out_.print_raw(out_.csv_line(cells));
}

void ListPrinter::finish(std::string_view empty) {
  switch (out_.format()) {
    case Format::json:
      out_.print_raw(count_ == 0 ? "[]\n" : "\n]\n");
      break;
    case Format::ndjson:
      break;
    case Format::csv:
      if (count_ == 0) {
        std::vector<std::string> header;
        for (const auto& column : columns_) header.push_back(column.key);
        out_.print_raw(out_.csv_line(header));
      }
      break;
    case Format::table:
      if (table_) out_.print_raw(table_->take());
      break;
  }
  if (count_ == 0 && !empty.empty()) out_.note(empty);
}

Progress::Progress(const Output& out, std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      shown_(::isatty(STDERR_FILENO) != 0 && !out.quiet() && !is_set("CI") && !dumb_terminal()) {}

Progress::~Progress() { erase(); }

void Progress::erase() {
  if (shown_) write_stderr("\r\033[K");
  drawn_ = {};
}

void Progress::update(std::uint64_t done) {
  const auto at = Clock::now();
  if (!shown_ || at - drawn_ < std::chrono::milliseconds{100}) return;
  drawn_ = at;
  if (!first_) {
    first_ = done;
    begin_ = at;
  }
  const double seconds = std::chrono::duration<double>(at - begin_).count();
  const double rate = seconds > 0 && done > *first_ ? static_cast<double>(done - *first_) / seconds : 0;
  write_stderr(
      fmt::format("\r{}\033[K", format_progress(what_, done, total_, rate, terminal_columns(STDERR_FILENO))));
}

std::string format_progress(const std::string& what, std::uint64_t done, std::uint64_t total, double rate,
                            std::size_t columns) {
  const auto speed = rate > 0 ? fmt::format(" {:.0f}/s", rate) : "";
  std::string text = fmt::format("{} {}{}", what, done, speed);
  if (total > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    auto numbers = fmt::format("{:3.0f}% {}/{}{}", share * 100, done, total, speed);
    if (rate > 0) {
      const auto left = done < total ? static_cast<double>(total - done) / rate : 0;
      numbers += fmt::format(
          " {} left", format_duration(std::chrono::milliseconds{static_cast<std::int64_t>(1000 * left)}));
    }
    constexpr int cells = 30;
    const int full = static_cast<int>(share * cells);
    text = fmt::format("{} [{:#<{}}{:.<{}}] {}", what, "", full, "", cells - full, numbers);
    if (text.size() >= columns) text = fmt::format("{} {}", what, numbers);
  }
  // The last column stays free: terminals begin a new line behind it.
  if (text.size() >= columns) text.resize(columns - 1);
  return text;
}

void print_error(const Error& error, Format format, const std::string& zone) {
  const auto* rule = dynamic_cast<const RuleError*>(&error);
  if (format == Format::json || format == Format::ndjson) {
    write_stderr(dump(rule != nullptr ? to_json(*rule) : to_json(error)) + "\n");
    return;
  }
  const auto told = [&](std::string_view text) { return with_local_times(printable(text), zone); };
  const auto where = rule != nullptr ? fmt::format("column {}: ", rule->place().column) : std::string{};
  for (const auto& line : split(error.what(), '\n'))
    write_stderr(fitted("smscrm: " + where + told(line)) + "\n");
  if (!error.hint().empty()) write_stderr(fitted("  " + told(error.hint())) + "\n");
}

}  // namespace smscrm
