#include "core/db/db.hpp"

#include <utility>

#include "core/base/pulse.hpp"
#include "core/db/conninfo.hpp"
#include "core/db/server_check.hpp"

namespace smscrm {
namespace {

// Limits of ours, unless the user set them: of the attempt to connect, in seconds, and on a connection by TCP
// of how long a silent peer counts as one that is there. Without them a server behind a network that swallows
// packets is waited for until the kernel gives up, which takes a quarter of an hour or, with nothing to send,
// for ever. Rule: https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
constexpr std::pair<const char*, const char*> limits[] = {
    {"connect_timeout", "10"},    {"tcp_user_timeout", "30000"}, {"keepalives_idle", "15"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"},
};

// What libpq is given. Throws Error{usage}, in words that do not quote the address: there is a password in
// it.
std::string with_limits(const std::string& url) {
  auto parsed = parse_conninfo(url);
  if (!parsed)
    throw Error(Errc::usage, "database.url is not an address of PostgreSQL")
        .with_hint("write it as postgresql://user@host/database; special characters of a password as %XX");
  for (const auto& [name, value] : limits)
    if (parsed->find(name) == nullptr) parsed->settings.push_back({name, value});
  return parsed->text();
}

// libpq's words on one line; it breaks and indents them.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\t') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Error connect_error(const std::string& words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (says("authentication failed") || says("no password supplied") || says("no pg_hba.conf entry"))
    return Error(Errc::usage, "the database refuses the user or password: {}", words)
        .with_hint("check database.url");
  if ((says("database \"") || says("role \"")) && says("does not exist"))
    return Error(Errc::usage, "{}", words).with_hint("create it, or correct database.url");
  // A setting of the address that libpq does not take, "sslmode" for example.
  if (says("invalid")) return Error(Errc::usage, "{}", words).with_hint("correct database.url");
  return Error(Errc::unavailable, "no database: {}", words)
      .with_hint("start PostgreSQL, or correct database.url");
}

}  // namespace

Connection::Connection(const std::string& url, const std::string& application) : url_(with_limits(url)) {
  const Waiting for_server;
  try {
    handle_ = std::make_unique<pqxx::connection>(url_);
    handle_->set_variable("TimeZone", "'UTC'");
    handle_->set_variable("application_name", handle_->quote(application));
    handle_->set_client_encoding("UTF8");
    // Of pages that are in memory, or on a disk that does not turn: with the server's 4 a look into an index
    // seems so dear that of a small table all rows of the tenant are read instead, for each row that is
    // looked for.
    handle_->set_variable("random_page_cost", "1.1");
    // Compiling a statement takes a tenth of a second or more, and saves less in any of ours.
    handle_->set_variable("jit", "off");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // 6.4 would reconnect by itself in the middle of a session; 7 never does.
    handle_->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  } catch (const pqxx::pqxx_exception& e) {
    throw connect_error(one_line(e.base().what()));
  }
}

void Connection::keep_statements() {
  kept_ = std::make_unique<StatementNames>();
  // A plan made for any arguments goes by what the tables were like when it was made.
  handle_->set_variable("plan_cache_mode", "force_custom_plan");
}

void append_element(std::string& array, const Param& value) {
  if (array.size() > 1) array += ',';
  if (!value) {
    array += "NULL";
    return;
  }
  array += '"';
  for (const char c : *value) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

Param bytea_param(std::string_view bytes) {
  std::string text = "\\x";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string as_bytes(const Field& field) {
  const std::string_view text{field.c_str(), field.size()};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return bytes;
}

std::vector<std::string> read_array(const Field& field) {
  std::vector<std::string> elements;
  if (field.is_null()) return elements;
  auto parser = field.as_array();
  for (auto [juncture, text] = parser.get_next(); juncture != pqxx::array_parser::done;
       std::tie(juncture, text) = parser.get_next())
    if (juncture == pqxx::array_parser::string_value) elements.push_back(text);
  return elements;
}

Result exec_with(Tx& tx, const std::string& sql, const std::vector<Param>& params) {
  std::vector<const char*> texts;
  texts.reserve(params.size());
  for (const auto& param : params) {
    // What follows a NUL would be left out, unseen.
    if (param && param->find('\0') != std::string::npos)
      throw Error(Errc::invalid, "a text has a NUL character, which PostgreSQL cannot hold");
    texts.push_back(param ? param->c_str() : nullptr);
  }
  const Waiting for_answer;
  const auto arguments = pqxx::prepare::make_dynamic_params(texts.begin(), texts.end());
  const auto* ours = dynamic_cast<const Transaction*>(&tx);
  auto* kept = ours ? ours->kept_statements() : nullptr;
  if (!kept) return tx.exec_params(sql, arguments);
  auto known = kept->find(sql);
  if (known == kept->end()) {
    known = kept->emplace(sql, fmt::format("s{}", kept->size())).first;
    tx.conn().prepare(known->second, sql);
  }
  try {
    return tx.exec_prepared(known->second, arguments);
  } catch (const pqxx::sql_error& e) {
    // It was parsed for another schema: a new connection is the way out. By its code alone, for the server
    // says so in its own language; nothing else of ours is a feature that it does not have.
    if (e.sqlstate() != "0A000") throw;
    throw Error(Errc::unavailable, "the database was migrated: {}", one_line(e.what()));
  }
}

void use_one_snapshot(Tx& tx) { exec(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); }

void refresh_statistics(Tx& tx, const std::vector<const char*>& tables, std::int64_t rows) {
  exec(tx, "SELECT refresh_statistics($1, $2)", tables, rows);
}

void rethrow_unless_retryable(Connection& connection, int attempt) {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& e) {
    throw InDoubt(Errc::unavailable, "the database was lost while it committed: {}", one_line(e.what()));
  } catch (const pqxx::statement_completion_unknown& e) {
    throw InDoubt(Errc::unavailable, "the database does not say whether it committed: {}",
                  one_line(e.what()));
  } catch (const pqxx::serialization_failure& e) {
    if (attempt < 5) return;
    throw Error(Errc::unavailable, "the database is too contended: {}", one_line(e.what()));
  } catch (const pqxx::deadlock_detected& e) {
    if (attempt < 5) return;
    throw Error(Errc::unavailable, "the database is too contended: {}", one_line(e.what()));
  } catch (const pqxx::broken_connection& e) {
    if (!connection.has_served() && refuses_transactions(connection.url())) throw no_session();
    // What libpqxx says where it notices by itself, of a setting that it wanted to read.
    const auto said = one_line(e.what());
    throw Error(Errc::unavailable, "the database was lost: {}",
                said.find("client encoding") == std::string::npos ? said : "the connection was closed");
  } catch (const pqxx::insufficient_resources& e) {
    throw Error(Errc::unavailable, "the database has no room: {}", one_line(e.what()));
  } catch (const pqxx::undefined_table& e) {
    throw Error(Errc::usage, "the database is not migrated: {}", one_line(e.what()))
        .with_hint("run \"smscrm migrate\"");
  } catch (const pqxx::insufficient_privilege& e) {  // its sqlstate() is empty in libpqxx 6.4
    throw Error(Errc::denied, "the database does not let this be done: {}", one_line(e.what()));
  } catch (const pqxx::sql_error& e) {
    if (e.sqlstate() == "55P03")
      throw LockTimeout(Errc::unavailable, "somebody else is changing the same rows: {}", one_line(e.what()));
    // 57P01-57P03: the server is being shut down, has crashed or is starting.
    if (e.sqlstate().rfind("57P", 0) == 0)
      throw Error(Errc::unavailable, "the database is going away: {}", one_line(e.what()));
    if (e.sqlstate() == "57014")
      throw Error(Errc::unavailable, "the database took too long: {}", one_line(e.what()));
    // A standby, or a server that keeps its last room for itself; and 58: its disk fails.
    if (e.sqlstate() == "25006")
      throw Error(Errc::unavailable, "the database is read-only: {}", one_line(e.what()));
    if (e.sqlstate().rfind("58", 0) == 0)
      throw Error(Errc::unavailable, "the database cannot use its disk: {}", one_line(e.what()));
    throw Error(Errc::internal, "the database refused a statement ({}): {}", e.sqlstate(),
                one_line(e.what()));
  } catch (const pqxx::pqxx_exception& e) {
    throw Error(Errc::internal, "database: {}", one_line(e.base().what()));
  }
}

}  // namespace smscrm
