// PostgreSQL. Only core/db knows that libpqxx 6.4 is behind it; a newer one is a change here alone.
//
// A Connection, its transactions and their results are one world that belongs to one thread.
// Domain functions take a Tx; only edges open transactions, through in_transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <pqxx/pqxx>

#include "core/base/error.hpp"
#include "core/base/id.hpp"
#include "core/base/time.hpp"

namespace smscrm {

using Tx = pqxx::transaction_base;
using Result = pqxx::result;  // rows are read as row["name"].as<T>(); T may be an Id, a Timestamp, a bool …
using Row = pqxx::row;
using Field = pqxx::field;

// A commit whose answer was lost: it may have happened. Look before doing it again.
class InDoubt : public Error {
 public:
  using Error::Error;
};

// Somebody else held a row or table lock for longer than the session's lock_timeout. Nothing was done.
class LockTimeout : public Error {
 public:
  using Error::Error;
};

// One connection. `url` is a libpq URL or conninfo string. Sessions speak UTC and UTF-8; a lost server is an
// error, never a silent reconnection. Throws Error{unavailable} when there is no server, Error{usage} when it
// refuses the user, password or database.
class Connection {
 public:
  explicit Connection(const std::string& url, const std::string& application = "smscrm");
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  pqxx::connection_base& handle() { return *handle_; }
  bool is_open() const { return handle_->is_open(); }
  const std::string& url() const { return url_; }  // with its password
  // Whether a transaction ever came to its end here.
  bool has_served() const { return has_served_; }
  void note_service() { has_served_ = true; }
  int socket() const { return handle_->sock(); }

  // From now on a statement is parsed once and then kept by the server, which still plans it for its
  // arguments each time. For a thread that repeats a few statements hundreds of times a second: their texts
  // must not vary.
  void keep_statements();

  using StatementNames = std::unordered_map<std::string, std::string>;  // by their text
  StatementNames* kept_statements() { return kept_.get(); }             // nullptr: none are kept

 private:
  std::string url_;
  bool has_served_ = false;
  std::unique_ptr<pqxx::connection> handle_;
  std::unique_ptr<StatementNames> kept_;
};

// What in_transaction opens; domain functions know it as Tx.
class Transaction : public pqxx::work {
 public:
  explicit Transaction(Connection& connection)
      : pqxx::internal::namedclass("transaction"),
        pqxx::work(connection.handle()),
        kept_(connection.kept_statements()) {}

  Connection::StatementNames* kept_statements() const { return kept_; }

 private:
  Connection::StatementNames* kept_;
};

// One parameter as text; nullopt is NULL. What exec makes of its arguments.
using Param = std::optional<std::string>;

inline Param to_param(const char* value) { return value; }
inline Param to_param(std::string_view value) { return std::string{value}; }
inline Param to_param(const std::string& value) { return value; }
inline Param to_param(bool value) { return value ? "t" : "f"; }
inline Param to_param(Timestamp value) { return format_rfc3339(value); }
inline Param to_param(std::nullopt_t) { return std::nullopt; }
template <class Tag>
Param to_param(Id<Tag> value) {
  return fmt::format("{}", value.value);
}
template <class T>
requires std::is_arithmetic_v<T> Param to_param(T value) { return fmt::format("{}", value); }
template <class T>
Param to_param(const std::vector<T>& values);
template <class T>
Param to_param(const std::optional<T>& value) {
  return value ? to_param(*value) : Param{};
}

// Appends one element to the text of an array; `value` NULL when nullopt.
void append_element(std::string& array, const Param& value);

// A vector becomes an array, to be used as unnest($1::bigint[]) and the like. Where rows are joined with one
// by their key, add "key = ANY($1)": PostgreSQL then takes the index, where the join alone may read a whole
// table whose statistics are small or old.
template <class T>
Param to_param(const std::vector<T>& values) {
  std::string text = "{";
  for (const auto& value : values) append_element(text, to_param(static_cast<const T&>(value)));
  text += '}';
  return text;
}

// bytea, both ways.
Param bytea_param(std::string_view bytes);
std::string as_bytes(const Field& field);

// The elements of an array, null ones left out; none when it is null itself.
std::vector<std::string> read_array(const Field& field);

Result exec_with(Tx& tx, const std::string& sql, const std::vector<Param>& params);

// Runs one statement; $1… are the arguments in order. Failures surface in in_transaction as Error.
template <class... Args>
Result exec(Tx& tx, const std::string& sql, const Args&... args) {
  return exec_with(tx, sql, {to_param(args)...});
}

// The statements that follow all see one state of the database. Must come first in the transaction.
void use_one_snapshot(Tx& tx);

// Analyzes those of the tables of which the planner knows fewer than `rows` rows: for it reads all rows of a
// tenant for every few hundred when a table was never analyzed, or grew many times since, and autovacuum
// comes a minute too late. Others who analyze them wait for the end of the transaction.
void refresh_statistics(Tx& tx, const std::vector<const char*>& tables, std::int64_t rows);

// nullopt when the field is NULL.
template <class T>
std::optional<T> as_optional(const Field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<T>();
}

// Called in a catch block: returns when the transaction may simply be run again (serialization failure,
// deadlock, fewer than five attempts), else throws what happened as Error or InDoubt.
void rethrow_unless_retryable(Connection& connection, int attempt);

// Runs `work(tx)` in a transaction, commits and returns what it returned. Runs it again after a serialization
// failure or deadlock, never after a commit in doubt.
template <class Work>
auto in_transaction(Connection& connection, Work&& work) -> std::invoke_result_t<Work&, Tx&> {
  for (int attempt = 1;; ++attempt) {
    try {
      Transaction tx{connection};
      if constexpr (std::is_void_v<std::invoke_result_t<Work&, Tx&>>) {
        work(tx);
        tx.commit();
        connection.note_service();
        return;
      } else {
        auto result = work(tx);
        tx.commit();
        connection.note_service();
        return result;
      }
    } catch (...) {
      rethrow_unless_retryable(connection, attempt);
    }
  }
}

}  // namespace smscrm

namespace pqxx {

template <class Tag>
struct string_traits<smscrm::Id<Tag>> {
  static constexpr const char* name() noexcept { return "id"; }
  static constexpr bool has_null() noexcept { return false; }
  static bool is_null(const smscrm::Id<Tag>&) { return false; }
  [[noreturn]] static smscrm::Id<Tag> null() { internal::throw_null_conversion(name()); }
  static void from_string(const char text[], smscrm::Id<Tag>& id) { pqxx::from_string(text, id.value); }
  static std::string to_string(const smscrm::Id<Tag>& id) { return pqxx::to_string(id.value); }
};

template <>
struct string_traits<smscrm::Timestamp> {
  static constexpr const char* name() noexcept { return "timestamp"; }
  static constexpr bool has_null() noexcept { return false; }
  static bool is_null(const smscrm::Timestamp&) { return false; }
  [[noreturn]] static smscrm::Timestamp null() { internal::throw_null_conversion(name()); }
  static void from_string(const char text[], smscrm::Timestamp& at) { at = smscrm::parse_rfc3339(text); }
  static std::string to_string(const smscrm::Timestamp& at) { return smscrm::format_rfc3339(at); }
};

}  // namespace pqxx
