#include "core/fence/fence.hpp"

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"

namespace smscrm {

Fence find_fence(Tx& tx) {
  const auto rows = exec(tx, "SELECT id, fenced_at, fence_reason, forgot_after FROM installation");
  if (rows.empty()) return {};
  const auto row = rows.front();
  return {row["id"].as<std::string>(), as_optional<Timestamp>(row["fenced_at"]),
          row["fence_reason"].as<std::string>(), as_optional<Timestamp>(row["forgot_after"])};
}

bool is_fenced(Tx& tx) { return exec(tx, "SELECT is_fenced()").front()[0].as<bool>(); }

void require_unfenced(Tx& tx) {
  if (!is_fenced(tx)) return;
  throw Error(Errc::refused,
              "nothing is sent: this database is fenced, for it may have forgotten what was sent already")
      .with_hint("see \"smscrm backup status\"; \"smscrm backup resume\" lets it send again");
}

std::int64_t watch_installation(Tx& tx, std::int64_t witness) {
  return exec(tx, "SELECT watch_installation($1)", witness).front()[0].as<std::int64_t>();
}

void raise_fence(Tx& tx, const std::string& reason, Timestamp at) {
  check_length(reason, 1000, "a reason");
  if (reason.empty()) throw Error(Errc::usage, "a fence needs a reason");
  // Where the disk was put back, it remembers nothing later than the last heartbeat before this one.
  const auto rows = exec(tx, "SELECT seen_at FROM installation FOR UPDATE");
  const auto seen_at = rows.empty() ? at : rows.front()[0].as<Timestamp>();
  watch_installation(tx, 0);
  exec(tx,
       "UPDATE installation SET fenced_at = $1, fence_reason = $2, forgot_after = least(forgot_after, $3)"
       " WHERE fenced_at IS NULL",
       at, reason, seen_at);
}

void lower_fence(Tx& tx) {
  exec(tx, "UPDATE installation SET fenced_at = NULL, fence_reason = '', forgot_after = NULL");
}

}  // namespace smscrm
