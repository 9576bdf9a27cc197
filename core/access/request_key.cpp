#include "core/access/request_key.hpp"

namespace smscrm {

std::optional<KeptAnswer> take_request_key(Tx& tx, const RequestKey& key, Timestamp at) {
  const auto lock =
      exec(tx, "SELECT pg_try_advisory_xact_lock(hashtextextended('request ' || $2::text, $1::bigint))",
           key.tenant, key.name);
  if (!lock.front()[0].as<bool>())
    throw Error(Errc::conflict, "a request with this Idempotency-Key is under way")
        .with_hint("ask again in a moment");
  const auto rows = exec(tx,
                         "SELECT digest, status, body, location FROM request_key"
                         " WHERE tenant_id = $1 AND key = $2",
                         key.tenant, key.name);
  if (!rows.empty()) {
    const auto row = rows.front();
    if (as_bytes(row["digest"]) != key.digest)
      throw Error(Errc::invalid, "this Idempotency-Key was another request's")
          .with_hint("use a key of its own for each");
    return KeptAnswer{row["status"].as<int>(), row["body"].as<std::string>(),
                      row["location"].as<std::string>()};
  }
  exec(tx, "INSERT INTO request_key (tenant_id, key, digest, created_at) VALUES ($1, $2, $3, $4)", key.tenant,
       key.name, bytea_param(key.digest), at);
  return std::nullopt;
}

void keep_answer(Tx& tx, const RequestKey& key, const KeptAnswer& answer) {
  exec(tx, "UPDATE request_key SET status = $3, body = $4, location = $5 WHERE tenant_id = $1 AND key = $2",
       key.tenant, key.name, answer.status, answer.body, answer.location);
}

void prune_request_keys(Tx& tx, Timestamp at) {
  exec(tx, "DELETE FROM request_key WHERE created_at < $1::timestamptz - interval '1 day'", at);
}

}  // namespace smscrm
