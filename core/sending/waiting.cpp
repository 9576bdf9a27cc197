#include "core/sending/waiting.hpp"

#include <set>

#include <date/tz.h>

#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/gate/rules.hpp"
#include "core/phone/place.hpp"

namespace smscrm {
namespace {

// Of list_holds, what is about other messages, or is told of this one in other words.
const std::set<std::string> of_others{"quiet_hours", "unknown",      "retry",      "in_review",
                                      "daily_cap",   "unknown_zone", "unreadable", "frequency_cap"};

std::string whose(const Clocks& clocks) {
  switch (clocks.of) {
    case Clocks::Of::contact:
      return "the contact's zone";
    case Clocks::Of::number:
      return "the zone of the number's area";
    case Clocks::Of::tenant:
      break;
  }
  return "the tenant's zone";
}

// "by us-fl and the tenant's 21:00-08:00".
std::string describe_holders(const Tenant& tenant, const HoursAnswer& hours) {
  std::vector<std::string> holders;
  for (const auto& holder : hours.held_by)
    if (holder != "tenant") holders.push_back(holder);
  if (holders.size() != hours.held_by.size())
    holders.push_back(fmt::format("the tenant's {}-{}", tenant.quiet_hours->from, tenant.quiet_hours->until));
  if (holders.empty()) return "they begin before it would arrive";
  return "by " + join(holders, " and ");
}

Hold describe_gate(const Tenant& tenant, const Verdict& gate, const std::optional<HoursAnswer>& hours,
                   const Clocks& clocks) {
  Hold hold{std::string{gate.reason}, "", "", gate.until};
  const auto until = gate.until ? format_local(*gate.until, clocks) : "";
  if (hold.code == quiet_hours_reason && hours) {
    hold.message = fmt::format("quiet hours ({}), until {} ({})", describe_holders(tenant, *hours), until,
                               whose(clocks));
  } else if (hold.code == "daily_cap") {
    hold.message = fmt::format("a daily cap is reached, until {}", until);
  } else if (hold.code == frequency_cap_reason) {
    hold.message =
        fmt::format("as many marketing texts as allowed reached the number lately, until {}", until);
  } else if (hold.code == "in_review") {
    hold.message = "somebody has to read what may be an opt-out";
    hold.hint = "see \"smscrm inbox review\"";
    hold.until.reset();
  } else if (hold.code == "unknown_zone") {
    hold.message =
        clocks.of == Clocks::Of::contact
            ? fmt::format("this machine does not know the time zone {} ({})", clocks.zone, whose(clocks))
            : "nobody knows the time zone of this number";
    hold.hint = "mend it with \"smscrm contact update NUMBER --timezone ZONE\"";
    hold.until.reset();
  } else {
    hold.message = fmt::format("{}, until {}", hold.code, until);
  }
  return hold;
}

}  // namespace

std::string_view to_string(Clocks::Of of) {
  switch (of) {
    case Clocks::Of::contact:
      return "contact";
    case Clocks::Of::number:
      return "number";
    case Clocks::Of::tenant:
      return "tenant";
  }
  return {};
}

Clocks find_clocks(Tx& tx, const Tenant& tenant, std::optional<ContactId> contact, std::string_view msisdn) {
  if (contact) {
    const auto rows =
        exec(tx, "SELECT timezone FROM contact WHERE tenant_id = $1 AND id = $2 AND timezone <> ''",
             tenant.id, *contact);
    if (!rows.empty()) return {rows.front()[0].as<std::string>(), Clocks::Of::contact};
  }
  if (const auto* place = find_place(msisdn); place != nullptr && place->zones.size() == 1)
    return {place->zones.front(), Clocks::Of::number};
  return {tenant.timezone, Clocks::Of::tenant};
}

std::string find_held_by(Tx& tx, TenantId tenant, MessageId message) {
  return exec(tx,
              "SELECT coalesce((SELECT nullif(held_by, '') FROM work_due WHERE tenant_id = $1 AND message_id "
              "= $2),"
              "                (SELECT held_by FROM message WHERE tenant_id = $1 AND id = $2), '')",
              tenant, message)
      .front()[0]
      .as<std::string>();
}

std::string format_local(Timestamp at, const Clocks& clocks) {
  const std::string zone = is_timezone(clocks.zone) ? clocks.zone : "UTC";
  const auto local = date::make_zoned(zone, std::chrono::floor<std::chrono::minutes>(at));
  return date::format("%a %F %H:%M", local.get_local_time()) + " in " + zone;
}

std::vector<Hold> list_waits(Tx& tx, const Tenant& tenant, const Campaign& campaign, const Message* message,
                             const Verdict& gate, const std::optional<HoursAnswer>& hours,
                             const Clocks& clocks, Timestamp at) {
  std::vector<Hold> waits;
  for (auto& hold : list_holds(tx, tenant.id, campaign, at))
    if (of_others.count(hold.code) == 0) waits.push_back(std::move(hold));
  if (gate.kind == Verdict::Kind::hold) waits.push_back(describe_gate(tenant, gate, hours, clocks));
  if (message == nullptr) return waits;
  const auto rows = exec(tx,
                         "SELECT due_at, hold FROM work_due WHERE tenant_id = $1 AND message_id = $2 AND " +
                             as_filter("task = 'send' AND due_at > $3"),
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
