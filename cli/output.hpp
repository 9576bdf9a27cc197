// What a command prints: results on standard output in one of four forms, all made from the same JSON
// objects; everything else (notes, questions, progress, errors) on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"

namespace smscrm {

enum class Format { table, json, ndjson, csv };

// Throws Error{usage}.
Format parse_format(std::string_view name);

// A column of a list as tables and CSV show it. JSON forms print the whole row, whatever the columns.
struct Column {
  std::string key;     // of the row's object; a missing one is an empty cell
  std::string header;  // for tables; empty: the key with its underscores as blanks. CSV says the key.

  Column(const char* key_name, std::string header_text = "")
      : key(key_name), header(std::move(header_text)) {}
};

struct OutputOptions {
  Format format = Format::table;
  bool quiet = false;
  bool yes = false;  // answers every question
  bool no_color = false;
  bool csv_raw = false;  // CSV without the guard against formulas (core/import/csv.hpp)
};

// The reader of our standard output has gone (`| head`): the command ends without a word.
struct OutputClosed {};

class Output {
 public:
  explicit Output(const OutputOptions& options);

  Format format() const { return options_.format; }
  bool quiet() const { return options_.quiet; }
  bool color() const { return color_; }  // of standard output

  // A list: an array in JSON. An empty one says `empty` on standard error ("no tenants yet; …").
  void print_list(const std::vector<Column>& columns, const std::vector<Json>& rows,
                  std::string_view empty = "");
  // One object; a table of names and values for people, without what is empty.
  void print_record(const Json& record);
  // Plain text for people, of many lines maybe: controls in it are shown (core/base/printable.hpp).
  void print_text(std::string_view text);
  // What programs read (an export, a script, an image), as it is.
  void print_raw(std::string_view text);

  // "created tenant acme", on standard error unless -q. The newline is added.
  void note(std::string_view text);
  // The same, kept with -q: something the user must know though the command goes on.
  void warn(std::string_view text);

  // Returns after a yes, or with --yes. Throws Error{usage} after anything else and when there is no
  // terminal to ask on. `question` without its question mark: "delete tenant acme".
  void confirm(std::string_view question);

  // Fields as a line of CSV: on a terminal with controls shown, elsewhere guarded against formulas.
  std::string csv_line(std::vector<std::string> fields) const;

  // Pushes out what is buffered. Throws Error{internal} when it cannot be written (a full disk),
  // OutputClosed.
  void flush();

 private:
  OutputOptions options_;
  bool is_terminal_;  // standard output
  bool color_ = false;
};

// A list whose rows come one by one: JSON forms and CSV leave as they come, tables after every 1,000 rows.
class ListPrinter {
 public:
  ListPrinter(Output& out, std::vector<Column> columns);
  void add(const Json& row);
  void finish(std::string_view empty = "");  // call once, after the last row

 private:
  void print_table();

  Output& out_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> cells_;
  std::vector<bool> is_number_;
  std::size_t count_ = 0;
  bool header_printed_ = false;
};

// A line of progress, in ASCII as `what` is, that fits into `columns`: without its bar, then cut off, where
// they are few. `total` 0: unknown. Without a rate there is no time left.
std::string format_progress(const std::string& what, std::uint64_t done, std::uint64_t total, double rate,
                            std::size_t columns);

// A bar with rate and time left, erased when it goes. Shown only on a terminal, never with -q, in CI (CI set)
// or with TERM=dumb.
class Progress {
 public:
  // `total` 0: unknown, so no bar but a count.
  Progress(const Output& out, std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;

  bool shown() const { return shown_; }
  // The rate is of what was done since the first update.
  void update(std::uint64_t done);
  // Takes the bar away before something else is written; the next update draws it again.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::uint64_t total_;
  bool shown_;
  std::optional<std::uint64_t> first_;
  Clock::time_point begin_{};
  Clock::time_point drawn_{};
};

// How a cell or a value of a record looks to people: strings as they are but for controls, null empty, lists
// and objects short.
std::string format_cell(const Json& value);

// {"error":{"code","message","hint"}} in JSON forms, else "smscrm: message" and a line with the hint; on
// standard error.
void print_error(const Error& error, Format format);

}  // namespace smscrm
