#include "core/access/one_time_link.hpp"

#include "core/access/token.hpp"

namespace smscrm {
namespace {

constexpr const char* valid =
    " l.digest = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND u.id = l.user_id AND u.epoch = l.epoch"
    " AND u.disabled_at IS NULL";

std::optional<RedeemedLink> read(const Result& rows) {
  if (rows.empty()) return std::nullopt;
  const auto purpose = rows.front()["purpose"].as<std::string>();
  return RedeemedLink{rows.front()["user_id"].as<UserId>(), purpose == "sign_in" ? LinkPurpose::sign_in
                                                            : purpose == "invitation"
                                                                ? LinkPurpose::invitation
                                                                : LinkPurpose::password};
}

}  // namespace

std::string_view to_string(LinkPurpose purpose) {
  switch (purpose) {
    case LinkPurpose::sign_in:
      return "sign_in";
    case LinkPurpose::invitation:
      return "invitation";
    case LinkPurpose::password:
      return "password";
  }
  return "";
}

std::chrono::seconds life_of(LinkPurpose purpose) {
  return purpose == LinkPurpose::sign_in ? std::chrono::minutes{10}
                                         : std::chrono::seconds{std::chrono::hours{24}};
}

std::string new_one_time_link(Tx& tx, UserId user, LinkPurpose purpose, Timestamp at) {
  auto token = new_token();
  exec(tx, "DELETE FROM one_time_link WHERE user_id = $1 AND (purpose = $2 OR expires_at < $3)", user,
       to_string(purpose), at);
  exec(tx,
       "INSERT INTO one_time_link (digest, user_id, purpose, epoch, created_at, expires_at)"
       " SELECT $1, id, $3, epoch, $4, $5 FROM app_user WHERE id = $2",
       bytea_param(token_digest(token)), user, to_string(purpose), at, at + life_of(purpose));
  return token;
}

std::string one_time_url(const std::string& public_url, std::string_view token) {
  return fmt::format("{}/sign-in#{}", public_url, token);
}

std::optional<RedeemedLink> find_one_time_link(Tx& tx, std::string_view token, Timestamp at) {
  return read(exec(tx,
                   fmt::format("SELECT l.user_id, l.purpose FROM one_time_link l, app_user u WHERE{}", valid),
                   bytea_param(token_digest(token)), at));
}

std::optional<RedeemedLink> redeem_one_time_link(Tx& tx, std::string_view token, Timestamp at) {
  return read(exec(
      tx,
      fmt::format(
          "UPDATE one_time_link l SET used_at = $2 FROM app_user u WHERE{} RETURNING l.user_id, l.purpose",
          valid),
      bytea_param(token_digest(token)), at));
}

}  // namespace smscrm
