#include "core/access/sign_in_ticket.hpp"

#include "core/access/token.hpp"

namespace smscrm {

std::string new_sign_in_ticket(Tx& tx, UserId user, Timestamp at) {
  auto ticket = new_token();
  exec(tx, "DELETE FROM sign_in_ticket WHERE expires_at <= $1", at);
  exec(tx,
       "INSERT INTO sign_in_ticket (digest, user_id, epoch, expires_at)"
       " SELECT $1, id, epoch, $3 FROM app_user WHERE id = $2",
       bytea_param(token_digest(ticket)), user, at + sign_in_ticket_life);
  return ticket;
}

std::optional<UserId> find_sign_in_ticket(Tx& tx, std::string_view ticket, Timestamp at) {
  const auto rows = exec(tx,
                         "SELECT t.user_id FROM sign_in_ticket t, app_user u WHERE t.digest = $1"
                         "   AND t.expires_at > $2 AND u.id = t.user_id AND u.epoch = t.epoch"
                         "   AND u.disabled_at IS NULL FOR UPDATE OF t",
                         bytea_param(token_digest(ticket)), at);
  if (rows.empty()) return std::nullopt;
  return rows.front()[0].as<UserId>();
}

void end_sign_in_ticket(Tx& tx, std::string_view ticket) {
  exec(tx, "DELETE FROM sign_in_ticket WHERE digest = $1", bytea_param(token_digest(ticket)));
}

}  // namespace smscrm
