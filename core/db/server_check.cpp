#include "core/db/server_check.hpp"

#include <memory>

#include <libpq-fe.h>

#include "core/base/pulse.hpp"

namespace smscrm {
namespace {

struct Session {
  int backend;
  std::string mark;
};

Session look(Connection& connection) {
  return in_transaction(connection, [](Tx& tx) {
    const auto row =
        exec(tx, "SELECT pg_backend_pid(), coalesce(current_setting('smscrm.session', true), '')").front();
    return Session{row[0].as<int>(), row[1].as<std::string>()};
  });
}

void mark(Connection& connection, const std::string& word) {
  in_transaction(connection,
                 [&](Tx& tx) { exec(tx, "SELECT set_config('smscrm.session', $1, false)", word); });
}

}  // namespace

void check_encoding(Connection& connection) {
  const auto [name, encoding] = in_transaction(connection, [](Tx& tx) {
    const auto row = exec(tx, "SELECT current_database(), current_setting('server_encoding')").front();
    return std::pair{row[0].as<std::string>(), row[1].as<std::string>()};
  });
  if (encoding != "UTF8")
    throw Error(Errc::usage, "the encoding of database {} is {}, and texts need UTF8", name, encoding)
        .with_hint("make another: CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0");
}

void check_session(Connection& connection, const std::string& url) {
  mark(connection, "ours");
  const auto before = look(connection);
  // A pooler has no server for it but the one that it just lent to the first, or fetches a new one; in that
  // case the two take turns.
  Connection other{url, "smscrm session check"};
  for (int turn = 0; turn < 3; ++turn) {
    mark(other, "another's");
    const auto theirs = look(other), after = look(connection);
    if (theirs.backend == before.backend || after.backend != before.backend || after.mark != "ours")
      throw no_session();
  }
}

bool refuses_transactions(const std::string& url) {
  const Waiting for_server;
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(url.c_str()), &PQfinish};
  const std::unique_ptr<PGresult, decltype(&PQclear)> begun{PQexec(connection.get(), "BEGIN"), &PQclear};
  const std::string_view words = PQerrorMessage(connection.get());
  return PQstatus(connection.get()) == CONNECTION_BAD && words.find("statement pooling") != words.npos;
}

Error no_session() {
  return Error(Errc::usage, "the database keeps no session: a pooler in between lends it by the transaction")
      .with_hint(
          "connect to PostgreSQL itself, or have the pooler give a session one connection (PgBouncer:"
          " pool_mode=session)");
}

}  // namespace smscrm
