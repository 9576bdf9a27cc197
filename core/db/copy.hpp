// COPY: the fast way to bring rows into a table, and out of the database.
#pragma once

#include <cstddef>
#include <functional>
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

// Calls `each` with the rows of a query in turn, each as COPY writes it with `options` ("FORMAT csv"), its LF
// behind it. One row is in memory at a time. What `each` throws ends the statement, and with it the
// transaction. COPY takes no parameters: they are put into the statement as literals, so that one whose type
// does not show by itself has to be cast.
void copy_out(Tx& tx, const std::string& sql, const std::vector<Param>& params, const std::string& options,
              const std::function<void(std::string_view row)>& each);

}  // namespace smscrm
