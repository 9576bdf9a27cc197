#include "daemon/sending/heartbeat.hpp"

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/fence/watch.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::hours remembered{24 * 400};

std::string key_of(const Fence& fence) { return "smscrm:heartbeat:" + fence.installation; }

}  // namespace

bool Heartbeat::beat(Connection& db) {
  const auto look = [&] { return in_transaction(db, [](Tx& tx) { return find_fence(tx); }); };
  const auto before = look();
  if (const auto known = redis_.get(key_of(before)))
    if (const auto number = parse_integer(*known)) hear_heartbeat(before.installation, *number);
  heartbeat(db);
  const auto fence = look();
  redis_.set(key_of(fence), fmt::format("{}", heard_heartbeat(fence.installation)), remembered);
  if (fence.is_raised() && !is_raised_)
    log_error("nothing is sent: the database is fenced; see \"smscrm backup status\"",
              {{"reason", fence.reason},
               {"forgot_after", fence.forgot_after ? format_rfc3339(*fence.forgot_after) : ""}});
  if (!fence.is_raised() && is_raised_) log_info("the fence is lifted; what may leave is sent again");
  is_raised_ = fence.is_raised();
  return is_raised_;
}

}  // namespace smscrm
