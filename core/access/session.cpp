#include "core/access/session.hpp"

#include "core/access/token.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr const char* columns =
    "s.id, s.user_id, s.created_at, s.seen_at, s.fresh_at, s.expires_at, s.address, s.agent";

Session read(const Row& row) {
  Session session;
  session.id = row["id"].as<SessionId>();
  session.user = row["user_id"].as<UserId>();
  session.created_at = row["created_at"].as<Timestamp>();
  session.seen_at = row["seen_at"].as<Timestamp>();
  session.fresh_at = row["fresh_at"].as<Timestamp>();
  session.expires_at = row["expires_at"].as<Timestamp>();
  session.address = row["address"].as<std::string>();
  session.agent = row["agent"].as<std::string>();
  return session;
}

// Of the session `s` and its user `u`, given the time and the time of the last use that counts.
constexpr const char* lives =
    " u.id = s.user_id AND u.epoch = s.epoch AND u.disabled_at IS NULL AND s.expires_at > $2 AND s.seen_at > "
    "$3";

}  // namespace

std::string begin_session(Tx& tx, const NewSession& begun, Timestamp at) {
  auto token = new_token();
  auto agent = readable_utf8(begun.agent);
  if (agent.size() > 300) {
    std::size_t end = 0;
    for (std::size_t at_byte = 0; at_byte <= 300; next_code_point(agent, at_byte)) end = at_byte;
    agent.resize(end);
  }
  exec(tx,
       "INSERT INTO user_session (digest, user_id, epoch, created_at, seen_at, fresh_at, expires_at, "
       "address, agent)"
       " SELECT $1, id, epoch, $3, $3, $3, $4, $5, $6 FROM app_user WHERE id = $2",
       bytea_param(token_digest(token)), begun.user, at, at + session_life, begun.address, agent);
  return token;
}

void keep_session_age(Tx& tx, std::string_view token, const Session& before) {
  exec(tx, "UPDATE user_session SET fresh_at = $2, expires_at = $3 WHERE digest = $1",
       bytea_param(token_digest(token)), before.fresh_at, before.expires_at);
}

std::optional<Session> find_session(Tx& tx, std::string_view token, Timestamp at, bool only_watches) {
  const auto rows = exec(
      tx, fmt::format("SELECT {} FROM user_session s, app_user u WHERE s.digest = $1 AND{}", columns, lives),
      bytea_param(token_digest(token)), at, at - session_idle);
  if (rows.empty()) return std::nullopt;
  auto session = read(rows.front());
  if (!only_watches && at - session.seen_at >= std::chrono::minutes{1})
    exec(tx, "UPDATE user_session SET seen_at = greatest(seen_at, $2) WHERE id = $1", session.id, at);
  return session;
}

void refresh_session(Tx& tx, SessionId session, Timestamp at) {
  exec(tx, "UPDATE user_session SET fresh_at = $2 WHERE id = $1", session, at);
}

std::vector<Session> list_sessions(Tx& tx, UserId user, Timestamp at) {
  std::vector<Session> sessions;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT {} FROM user_session s, app_user u WHERE s.user_id = $1 AND{}"
                        " ORDER BY s.seen_at DESC, s.id DESC",
                        columns, lives),
            user, at, at - session_idle))
    sessions.push_back(read(row));
  return sessions;
}

bool end_session(Tx& tx, UserId user, SessionId session) {
  return exec(tx, "DELETE FROM user_session WHERE user_id = $1 AND id = $2", user, session).affected_rows() >
         0;
}

int end_other_sessions(Tx& tx, UserId user, std::optional<SessionId> kept, Timestamp at) {
  const auto living = list_sessions(tx, user, at).size();
  const bool keeps =
      kept && !exec(tx, "SELECT FROM user_session WHERE user_id = $1 AND id = $2", user, kept).empty();
  exec(tx, "DELETE FROM user_session WHERE user_id = $1 AND id IS DISTINCT FROM $2::bigint", user, kept);
  return static_cast<int>(living) - (keeps ? 1 : 0);
}

int prune_sessions(Tx& tx, Timestamp at) {
  return static_cast<int>(exec(tx,
                               "DELETE FROM user_session s USING app_user u WHERE u.id = s.user_id AND"
                               " (s.expires_at <= $1 OR s.seen_at <= $2 OR s.epoch <> u.epoch)",
                               at, at - session_idle)
                              .affected_rows());
}

}  // namespace smscrm
