// What a command prints: results on standard output in one of four forms, all made from the same JSON
// objects; everything else (notes, questions, progress, errors) on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.hpp"
#include "core/base/json.hpp"

namespace smscrm {

enum class Format { table, json, ndjson, csv };

// Throws Error{usage}.
Format parse_format(std::string_view name);

struct OutputOptions {
  Format format = Format::table;
  bool quiet = false;
  bool yes = false;  // answers every question
  bool no_color = false;
  bool csv_raw = false;                   // CSV without the guard against formulas (core/import/csv.hpp)
  bool wide = false;                      // tables as wide as they are, on a terminal too
  bool utc = false;                       // no other clock than UTC's
  std::vector<std::string> columns = {};  // of lists and records, instead of the usual ones; in every form
};

// The reader of our standard output has gone (`| head`): the command ends without a word.
struct OutputClosed {};

class Output {
 public:
  explicit Output(const OutputOptions& options);

  Format format() const { return options_.format; }
  bool quiet() const { return options_.quiet; }
  bool color() const { return color_; }  // of standard output

  // How many cells a line of standard output has; nullopt: as many as it takes (no terminal, or --wide).
  std::optional<std::size_t> width() const;

  // By whose clock people read times from now on, an IANA zone; not with --utc. UTC until then.
  void set_zone(const std::string& zone);
  const std::string& zone() const { return zone_; }
  // "2026-11-29 18:50 EST".
  std::string time(Timestamp at) const;

  // A list: an array in JSON. An empty one says `empty` on standard error ("no tenants yet; …").
  void print_list(const std::vector<Column>& columns, const std::vector<Json>& rows,
                  std::string_view empty = "");
  // One object; a table of names and values for people, without what is empty.
  void print_record(const Json& record);
  // What we say to people, of many lines maybe: controls in it are shown (core/base/printable.hpp), times
  // told by the clock of zone(), lines broken to the width.
  void print_text(std::string_view text);
  // What programs read (an export, a script, an image), as it is.
  void print_raw(std::string_view text);

  // "created tenant acme", on standard error unless -q. The newline is added.
  void note(std::string_view text);
  // The same, kept with -q: something the user must know though the command goes on.
  enum class Times { local, as_they_are };
  void warn(std::string_view text, Times times = Times::local);

  // Returns after a yes, or with --yes. Throws Error{usage} after anything else and when there is no
  // terminal to ask on. `question` without its question mark: "delete tenant acme".
  void confirm(std::string_view question);

  // Fields as a line of CSV: on a terminal with controls shown, elsewhere guarded against formulas.
  std::string csv_line(std::vector<std::string> fields) const;

  bool chooses_columns() const { return !options_.columns.empty(); }
  // The columns to print: those of --columns, where they are given.
  std::vector<Column> chosen(std::vector<Column> columns) const;
  // The row or record as JSON forms print it. Throws Error{usage} when --columns names what it has not.
  Json chosen(const Json& row) const;

  // Pushes out what is buffered. Throws Error{internal} when it cannot be written (a full disk),
  // OutputClosed.
  void flush();

 private:
  OutputOptions options_;
  bool is_terminal_;  // standard output
  bool color_ = false;
  std::string zone_ = "UTC";
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
  std::optional<Table> table_;  // made with the first row: by then the zone is known
  std::size_t count_ = 0;
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

// {"error":{"code","message","hint"}} in JSON forms, else "smscrm: message" and a line with the hint; on
// standard error. Times in it are told to people by the clock of `zone`.
void print_error(const Error& error, Format format, const std::string& zone = "UTC");

}  // namespace smscrm
