// COPY: the fast way to bring rows into a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// Rows in PostgreSQL's text form, ready to be sent. Values are UTF-8 without NUL and may hold anything else.
// Rule: PostgreSQL 15, COPY, "Text Format".
class CopyRows {
 public:
  void add(std::string_view value);
  void add_null();
  void end_row();

  // A row, or several, in the same form, made elsewhere.
  void append(std::string_view rows) { text_ += rows; }

  // Makes room for so many bytes at once: grown by and by, the text would take twice as much.
  void reserve(std::size_t bytes) { text_.reserve(bytes); }

  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  void clear() noexcept { text_.clear(); }  // keeps the memory

 private:
  void begin_value();

  std::string text_;
  bool row_begun_ = false;
};

// Appends the rows to `columns` of `table`, both names of ours and not of a user.
void copy_in(Tx& tx, const std::string& table, const std::vector<std::string>& columns, const CopyRows& rows);

}  // namespace smscrm
