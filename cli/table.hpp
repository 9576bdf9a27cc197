// A list as rows and columns for people, laid out to fit a width.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/words.hpp"

namespace smscrm {

// A column of a list as tables and CSV show it. JSON forms print the whole row, whatever the columns.
struct Column {
  std::string key;     // of the row's object; a missing one is an empty cell
  std::string header;  // for tables; empty: the key with its underscores as blanks. CSV says the key.
  int spare_rank = 0;
  bool is_wrapped = false;
  bool is_below = false;

  Column(const char* key_name, std::string header_text = "")
      : key(key_name), header(std::move(header_text)) {}
  Column(std::string key_name) : key(std::move(key_name)) {}

  // Left out where the width is short, the highest rank first; 0, which columns have, never is.
  Column spare(int rank = 1) const;
  // What does not fit goes on below, where other columns are cut off: nothing of it may be missing.
  Column wrapped() const;
  // On a line of its own below the row, without a header: a hint, which most rows have not.
  Column below() const;
};

// The rows of one table, taken in batches. Without a width all is whole.
class Table {
 public:
  Table(std::vector<Column> columns, std::string zone, std::optional<std::size_t> width, bool color);

  void add(const Json& row);
  std::size_t size() const { return rows_.size(); }
  // The rows since the last call as lines, under the header when they are the first.
  std::string take();

 private:
  using Row = std::vector<Cell>;

  std::string header_of(std::size_t column) const;
  void lay_out();
  std::string line(const std::vector<Cell>& cells, bool is_header) const;

  std::vector<Column> columns_;
  std::string zone_;
  std::optional<std::size_t> width_;
  bool color_;
  std::vector<Row> rows_;
  std::vector<bool> is_number_, is_time_;
  std::vector<std::size_t> widths_;  // 0: left out
  bool has_header_ = false;
};

}  // namespace smscrm
