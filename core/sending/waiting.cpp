#include "core/sending/waiting.hpp"

#include <set>

#include <date/tz.h>

namespace smscrm {
namespace {

// Of list_holds, what is about other messages, or is told of this one in other words.
const std::set<std::string> of_others{"quiet_hours", "unknown",      "retry",     "in_review",
                                      "daily_cap",   "unknown_zone", "unreadable"};

std::string format_hours(const QuietHours& hours) { return hours.from + "-" + hours.until; }

std::string whose(const Clocks& clocks) {
  return clocks.of_contact ? "the contact's zone" : "the tenant's zone, the contact has none";
}

Hold describe_gate(const Tenant& tenant, const Verdict& gate, const Clocks& clocks) {
  Hold hold{std::string{gate.reason}, "", "", gate.until};
  const auto until = gate.until ? format_local(*gate.until, clocks) : "";
  if (hold.code == "quiet_hours" && tenant.quiet_hours) {
    hold.message = fmt::format("quiet hours ({}), until {} ({})", format_hours(*tenant.quiet_hours), until,
                               whose(clocks));
  } else if (hold.code == "daily_cap") {
    hold.message = fmt::format("a daily cap is reached, until {}", until);
  } else if (hold.code == "in_review") {
    hold.message = "somebody has to read what may be an opt-out";
    hold.hint = "see \"smscrm inbox review\"";
    hold.until.reset();
  } else if (hold.code == "unknown_zone") {
    hold.message =
        fmt::format("this machine does not know the time zone {} ({})", clocks.zone, whose(clocks));
    hold.hint = "mend it with \"smscrm contact update NUMBER --timezone ZONE\"";
    hold.until.reset();
  } else {
    hold.message = fmt::format("{}, until {}", hold.code, until);
  }
  return hold;
}

}  // namespace

Clocks find_clocks(Tx& tx, const Tenant& tenant, std::optional<ContactId> contact) {
  if (contact) {
    const auto rows =
        exec(tx, "SELECT timezone FROM contact WHERE tenant_id = $1 AND id = $2 AND timezone <> ''",
             tenant.id, *contact);
    if (!rows.empty()) return {rows.front()[0].as<std::string>(), true};
  }
  return {tenant.timezone, false};
}

std::string format_local(Timestamp at, const Clocks& clocks) {
  const std::string zone = is_timezone(clocks.zone) ? clocks.zone : "UTC";
  const auto local = date::make_zoned(zone, std::chrono::floor<std::chrono::minutes>(at));
  return date::format("%a %F %H:%M", local.get_local_time()) + " in " + zone;
}

std::vector<Hold> list_waits(Tx& tx, const Tenant& tenant, const Campaign& campaign, const Message* message,
                             const Verdict& gate, const Clocks& clocks, Timestamp at) {
  std::vector<Hold> waits;
  for (auto& hold : list_holds(tx, tenant.id, campaign, at))
    if (of_others.count(hold.code) == 0) waits.push_back(std::move(hold));
  if (gate.kind == Verdict::Kind::hold) waits.push_back(describe_gate(tenant, gate, clocks));
  if (message == nullptr) return waits;
  const auto rows = exec(tx,
                         "SELECT due_at, hold FROM work_due WHERE tenant_id = $1 AND message_id = $2"
                         "    AND task = 'send' AND due_at > $3",
                         tenant.id, message->id, at);
  if (rows.empty() || gate.kind == Verdict::Kind::hold) return waits;
  const auto due = rows.front()["due_at"].as<Timestamp>();
  const auto hold = rows.front()["hold"].as<std::string>();
  if (message->attempt > 0 && hold.empty()) {
    waits.push_back(
        {"retry",
         fmt::format("it is to be tried again at {}{}", format_local(due, clocks),
                     message->error_code ? fmt::format(", after error {}", *message->error_code) : ""),
         "", due});
  } else {
    waits.push_back({hold.empty() ? "later" : hold,
                     fmt::format("it is looked at again at {}{}", format_local(due, clocks),
                                 hold.empty() ? "" : ", held before: " + hold),
                     "", due});
  }
  return waits;
}

}  // namespace smscrm
