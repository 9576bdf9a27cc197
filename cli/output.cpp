#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/import/csv.hpp"
#include "core/import/formula.hpp"

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

std::string padded(const std::string& text, std::size_t width, bool right) {
  const auto taken = display_width(text);
  const std::string blanks(width > taken ? width - taken : 0, ' ');
  return right ? blanks + text : text + blanks;
}

std::string header_of(const Column& column) {
  if (!column.header.empty()) return column.header;
  auto header = column.key;
  std::ranges::replace(header, '_', ' ');
  return header;
}

const Json& cell_of(const Json& row, const std::string& key) {
  static const Json none;
  const auto found = row.find(key);
  return found == row.end() ? none : *found;
}

std::string csv_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return dump(value);
}

}  // namespace

Format parse_format(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "ndjson") return Format::ndjson;
  if (name == "csv") return Format::csv;
  throw Error(Errc::usage, "\"{}\" is no output form; use table, json, ndjson or csv", name);
}

std::string format_cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const auto& element : value) parts.push_back(format_cell(element));
    return join(parts, ", ");
  }
  if (value.is_object()) {
    for (const auto& [key, element] : value.items())
      if (const auto text = format_cell(element); !text.empty()) parts.push_back(printable(key) + " " + text);
    return join(parts, ", ");
  }
  return dump(value);
}

Output::Output(const OutputOptions& options) : options_(options), is_terminal_(::isatty(STDOUT_FILENO) != 0) {
  color_ = is_terminal_ && !options.no_color && !is_set("NO_COLOR") && !dumb_terminal();
}

void Output::print_text(std::string_view text) { print_raw(printable_lines(text)); }

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

void Output::print_record(const Json& record) {
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
        values.push_back(csv_text(value));
      }
      print_raw(csv_line(keys) + csv_line(values));
      return;
    }
    case Format::table:
      break;
  }
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const auto& [key, value] : record.items()) {
    auto right = format_cell(value);
    if (right.empty()) continue;
    auto left = printable(key);
    std::ranges::replace(left, '_', ' ');
    width = std::max(width, display_width(left));
    lines.emplace_back(std::move(left), std::move(right));
  }
  for (const auto& [key, right] : lines) {
    const auto left = padded(key, width, false);
    print_raw(fmt::format("{}  {}\n", color_ ? "\033[1m" + left + "\033[0m" : left, right));
  }
}

void Output::note(std::string_view text) {
  if (!options_.quiet) warn(text);
}

void Output::warn(std::string_view text) { write_stderr(printable(text) + "\n"); }

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
    : out_(out), columns_(std::move(columns)), is_number_(columns_.size(), false) {}

void ListPrinter::add(const Json& row) {
  ++count_;
  switch (out_.format()) {
    case Format::json:
      out_.print_raw((count_ == 1 ? "[\n" : ",\n") + dump(row));
      return;
    case Format::ndjson:
      out_.print_raw(dump(row) + "\n");
      return;
    case Format::csv:
      break;
    case Format::table:
      break;
  }
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& value = cell_of(row, columns_[i].key);
    if (value.is_number()) is_number_[i] = true;
    cells.push_back(out_.format() == Format::csv ? csv_text(value) : format_cell(value));
  }
  if (out_.format() == Format::table) {
    cells_.push_back(std::move(cells));
    if (cells_.size() == table_batch) print_table();
    return;
  }
  std::vector<std::string> header;
  for (const auto& column : columns_) header.push_back(column.key);
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
      print_table();
      break;
  }
  if (count_ == 0 && !empty.empty()) out_.note(empty);
}

void ListPrinter::print_table() {
  if (cells_.empty()) return;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(display_width(header_of(columns_[i])));
    for (const auto& cells : cells_) widths[i] = std::max(widths[i], display_width(cells[i]));
  }
  const auto line = [&](const auto& cell_at) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += "  ";
      text += padded(cell_at(i), widths[i], is_number_[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  if (!header_printed_) {
    const auto header = line([&](std::size_t i) { return header_of(columns_[i]); });
    out_.print_raw(out_.color() ? "\033[1m" + header + "\033[0m\n" : header + "\n");
    header_printed_ = true;
  }
  for (const auto& cells : cells_) out_.print_raw(line([&](std::size_t i) { return cells[i]; }) + "\n");
  cells_.clear();
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
  winsize size{};
  ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
  const std::size_t columns = size.ws_col > 0 ? size.ws_col : 80;
  write_stderr(fmt::format("\r{}\033[K", format_progress(what_, done, total_, rate, columns)));
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

void print_error(const Error& error, Format format) {
  if (format == Format::json || format == Format::ndjson) {
    write_stderr(dump(to_json(error)) + "\n");
    return;
  }
  for (const auto& line : split(error.what(), '\n')) write_stderr("smscrm: " + printable(line) + "\n");
  if (!error.hint().empty()) write_stderr("  " + printable(error.hint()) + "\n");
}

}  // namespace smscrm
