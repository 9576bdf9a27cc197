#include "core/sending/claim.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/db/joins.hpp"
#include "core/gate/frequency.hpp"
#include "core/gate/gate.hpp"
#include "core/gate/rules.hpp"
#include "core/lane/backlog.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/link/link.hpp"
#include "core/sending/claim_write.hpp"
#include "core/sending/sender_choice.hpp"
#include "core/sending/single.hpp"
#include "core/sending/work.hpp"
#include "core/tenant/claims_lock.hpp"
#include "core/tenant/plan_version.hpp"
#include "core/text/encoding.hpp"
#include "core/text/merge_field.hpp"

namespace smscrm {
namespace {

constexpr double tolerance = 1e-6;                    // of sums of fractions
constexpr auto set_aside = std::chrono::minutes{30};  // what cannot be written; somebody may mend it

// A message of more parts than the rate waits until nothing else is under way.
bool fits(int parts, double room, double rate) {
  return room + tolerance >= std::min(static_cast<double>(parts), rate);
}

const Questions& questions() {
  static const auto put = put_questions({.msisdn = "m.msisdn", .contact = "m.contact_id"});
  return put;
}

class Claimer {
 public:
  Claimer(Tx& tx, const Lane& lane, const ClaimPlan& plan, ClaimRoom& room, Timestamp at)
      : tx_(tx),
        lane_(lane),
        plan_(plan),
        room_(room),
        at_(at),
        moment_(plan.tenant, at, plan.hours),
        choice_(tx, plan, room, caps_) {}

  Claim run();

 private:
  std::vector<Work*> in_turn();
  std::int64_t count_sendable() const;
  // At most `share` are claimed, of `looked_at` that are due and as many in chunks.
  void read_messages(Work& work, std::int64_t share, std::int64_t looked_at);
  // How often marketing reached those who are looked at next.
  void read_sent_lately(const Work& work, const Result& rows);
  ClaimedMessage write_message(const Work& work, const Row& row) const;
  // nullopt: it cannot be written. That is this message's trouble and must not become the lane's.
  std::optional<ClaimedMessage> try_to_write(const Work& work, const Row& row);
  // What is kept of a verdict on hours or on `capped`; empty for others.
  std::string held_by(const Verdict& verdict, const Whereabouts& who,
                      const std::optional<SentLately::Capped>& capped) const;
  // False when there is no room left for this work.
  bool decide(Work& work, const Row& row);
  // Looked at only where quiet hours are near enough to be met by it.
  std::chrono::seconds find_backlog(const SenderWish& wish, const Whereabouts& who);
  bool wait_for_cap(const SenderWish& wish, const ClaimedMessage& message, Timestamp until);
  // One that may leave from some senders only does not hold up those behind it. False for any other.
  bool wait_aside(const SenderWish& wish, const ClaimedMessage& message, const Sender* waited_for);
  bool send(const Work& work, const SenderWish& wish, ClaimedMessage message, std::optional<Timestamp> until);
  void add(const Row& row, const Work& work, MessageStatus status, const std::string& reason = {},
           const std::string& held_by = {});
  void write_usage();

  Tx& tx_;
  const Lane& lane_;
  const ClaimPlan& plan_;
  ClaimRoom& room_;
  const Timestamp at_;
  Claim claim_;
  WorkByCampaign work_;
  CapRoom caps_;
  std::size_t limit_ = 0;  // of claim_.messages, for the work at hand
  std::vector<ClaimChange> changes_;
  MessagePlaces places_;
  std::vector<MessageId> done_due_;  // work_due rows that have had their turn
  HeldMessages held_;
  bool unreadable_ = false;  // there was one; the log has a line a claim
  const Moment moment_;
  SenderChoice choice_;
  SentLately lately_;
  std::optional<Backlogs> backlogs_;  // read when the first message needs them
};

Claim Claimer::run() {
  lock_claims_shared(tx_, lane_.tenant);
  if (!hold_lane(tx_, lane_)) {
    claim_.lane_lost = true;
    return std::move(claim_);
  }
  if (find_lane_pause(tx_, lane_.tenant)) {
    claim_.lane_paused = true;
    return std::move(claim_);
  }
  if (!plan_.version.empty() && plan_.version != read_plan_versions(tx_, {lane_.tenant})[lane_.tenant]) {
    claim_.plan_outdated = true;
    return std::move(claim_);
  }
  const auto sendable = count_sendable();
  if (sendable < 1) return std::move(claim_);
  caps_ = read_cap_room(tx_, plan_.tenant, plan_.senders, at_);
  work_ = read_work(tx_, lane_.tenant, room_, at_);
  // Some of what is looked at has no need of room, because it may not be sent any more.
  const auto looked_at = std::min<std::int64_t>(room_.messages, 2 * sendable + 100);
  const auto works = in_turn();
  for (auto left = static_cast<std::int64_t>(works.size()); auto* work : works) {
    const auto room = sendable - static_cast<std::int64_t>(claim_.messages.size());
    const auto parted = work->campaign ? left : 1;
    if (room > 0)
      read_messages(*work, std::max<std::int64_t>(1, room / parted),
                    std::max<std::int64_t>(1, looked_at / parted));
    --left;
  }
  write_claim(tx_, lane_, claim_, changes_, places_, work_, at_);
  write_work(tx_, lane_.tenant, work_, done_due_, held_);
  write_usage();
  return std::move(claim_);
}

// Those with anything to claim that their rate has room for: replies and tests, then the campaigns, another
// first each time.
std::vector<Work*> Claimer::in_turn() {
  std::vector<Work*> works;
  for (auto& [campaign, work] : work_) {
    const auto room = work.rate ? room_.campaigns.find(*campaign) : room_.campaigns.end();
    if (room != room_.campaigns.end() && room->second < tolerance) continue;
    if (work.due.empty() && work.chunks.empty()) continue;
    const bool expires = work.expires_at && *work.expires_at - at_ < std::chrono::seconds{1};
    if (choice_.is_full(work) && !expires) {
      choice_.note_full({.work = work}, 1);
      continue;
    }
    works.push_back(&work);
  }
  const auto campaigns = std::find_if(works.begin(), works.end(), [](const Work* w) { return w->campaign; });
  const auto first =
      std::find_if(campaigns, works.end(), [&](const Work* w) { return w->campaign > room_.after; });
  std::rotate(campaigns, first, works.end());
  return works;
}

std::int64_t Claimer::count_sendable() const {
  double parts = 0;
  for (const auto& [sender, room] : room_.senders) parts += std::max(0.0, room);
  parts = plan_.senders.empty() ? room_.parts : std::min(room_.parts, parts);
  return std::min<std::int64_t>(room_.messages, static_cast<std::int64_t>(std::ceil(parts - tolerance)));
}

void Claimer::read_messages(Work& work, std::int64_t share, std::int64_t looked_at) {
  limit_ = claim_.messages.size() + static_cast<std::size_t>(share);
  take_chunks(work, looked_at);
  if (work.due.size() > static_cast<std::size_t>(looked_at))
    work.due.resize(static_cast<std::size_t>(looked_at));  // the first to be due
  std::vector<MessageId> ids = work.due;
  for (const auto& chunk : work.chunks)
    for (auto id = chunk.next; id < chunk.taken; ++id) ids.push_back(MessageId{id});
  if (ids.empty()) return;
  const std::set<MessageId> due(work.due.begin(), work.due.end());
  std::vector<Param> params{to_param(lane_.tenant), to_param(ids)};
  const auto columns = merge_columns(work.body, params);
  const auto rows =
      exec_with(tx_,
                "SELECT m.id, m.place, m.msisdn, m.contact_id, m.status::text AS status, m.body, m.sender_id,"
                "       coalesce(c.timezone, '') AS timezone, coalesce(c.region, '') AS region," +
                    questions().answers +
                    " AS answers,"
                    "       (SELECT array_agg(o.scope) FROM consent_scope o WHERE o.tenant_id = $1"
                    "           AND o.msisdn = m.msisdn AND " +
                    as_filter("o.state = 'opted_out'") +
                    ") AS opted_out_of,"
                    "       CASE WHEN m.retries > 0 THEN (SELECT a.status::text FROM message_attempt a"
                    "          WHERE a.tenant_id = $1 AND a.message_id = m.id AND a.status <> 'unknown'"
                    "          ORDER BY a.attempt DESC LIMIT 1) END AS ended" +
                    columns + "  FROM " + look_up("message") +
                    " m"
                    "  LEFT JOIN LATERAL (SELECT * FROM contact WHERE tenant_id = $1 AND " +
                    one_with("id", "m.contact_id") + ") c ON true" + questions().joins + " ORDER BY m.id",
                params);
  read_sent_lately(work, rows);
  for (const auto& row : rows) {
    const auto id = row["id"].as<MessageId>();
    places_.emplace(id, row["place"].as<std::string>());
    const bool is_due = due.count(id) > 0;
    if (row["status"].as<std::string>() == "waiting" && !decide(work, row)) {
      // Out of room: what comes after in the chunks stays; other due messages stay where they are.
      if (is_due) continue;
      for (auto& chunk : work.chunks)
        if (id.value < chunk.taken) chunk.taken = std::max(chunk.next, id.value);
      break;
    }
    claim_.more = true;
    if (is_due && !held_.count(id)) done_due_.push_back(id);
  }
}

std::string_view view(const Row& row, const char* column) {
  return {row[column].c_str(), row[column].size()};
}

Whereabouts whereabouts_of(const Row& row) {
  return {view(row, "msisdn"), view(row, "timezone"), view(row, "region")};
}

void Claimer::read_sent_lately(const Work& work, const Result& rows) {
  const auto longest = longest_frequency_cap(plan_.tenant, *plan_.hours);
  if (!work.marketing || longest.count() == 0) return;
  std::vector<SentLately::Person> people;
  for (const auto& row : rows)
    if (row["ended"].is_null() && !list_frequency_caps(moment_, whereabouts_of(row)).empty())
      people.push_back({row["msisdn"].as<std::string>(), as_optional<ContactId>(row["contact_id"])});
  lately_.read(tx_, lane_.tenant, people, at_ - longest);
}

ClaimedMessage Claimer::write_message(const Work& work, const Row& row) const {
  ClaimedMessage message;
  message.id = row["id"].as<MessageId>();
  message.campaign = work.campaign;
  message.campaign_rate = work.rate;
  message.claimed_at = at_;
  message.request.to = row["msisdn"].as<std::string>();
  message.request.body =
      work.campaign && row["ended"].is_null()
          ? render(work.body, MergeValues{work.body, row},
                   [&](std::size_t link) {
                     return format_short_url(link_url_of(plan_.tenant, plan_.public_url), plan_.link_key,
                                             work.links.at(link), message.id);
                   })
                .text
          : row["body"].as<std::string>();
  message.parts = count_parts(message.request.body);
  message.request.status_callback = status_callback_url(plan_.public_url, plan_.tenant.slug, message.id);
  return message;
}

std::optional<ClaimedMessage> Claimer::try_to_write(const Work& work, const Row& row) try {
  return write_message(work, row);
} catch (const std::exception& error) {
  if (!std::exchange(unreadable_, true))
    log_error(
        "a message cannot be written and is set aside",
        {{"tenant", plan_.tenant.slug}, {"message", row["id"].as<std::int64_t>()}, {"error", error.what()}});
  return std::nullopt;
}

std::chrono::seconds Claimer::find_backlog(const SenderWish& wish, const Whereabouts& who) {
  if (!wish.work.marketing || !plan_.tenant.keeps_hours()) return {};
  const auto* hours = moment_.hours(who);
  if (!hours || !hours->closes || *hours->closes - at_ > longest_backlog + std::chrono::minutes{1}) return {};
  if (!backlogs_) backlogs_ = read_backlogs(tx_, lane_.tenant, at_);
  return choice_.backlog(wish, *backlogs_);
}

std::string Claimer::held_by(const Verdict& verdict, const Whereabouts& who,
                             const std::optional<SentLately::Capped>& capped) const {
  if (verdict.reason == frequency_cap_reason)
    return dump(
        Json{{"rules", {capped->by}}, {"zones", Json::array()}, {"data", plan_.hours->law().version}});
  if (verdict.reason != quiet_hours_reason && verdict.reason != no_hours_reason) return {};
  return moment_.hours(who)->held_by;
}

bool Claimer::decide(Work& work, const Row& row) {
  auto message = try_to_write(work, row);
  const auto id = row["id"].as<MessageId>();
  const SenderWish wish{work, choice_.find_own(work, as_optional<SenderId>(row["sender_id"])),
                        read_array(row["opted_out_of"])};
  const auto who = whereabouts_of(row);
  // One that is to be tried again was sent: it is no other.
  const auto capped = work.marketing && row["ended"].is_null()
                          ? lately_.find(who.msisdn, list_frequency_caps(moment_, who), at_)
                          : std::nullopt;
  const auto verdict = judge({.moment = moment_,
                              .of_campaign = work.campaign.has_value(),
                              .marketing = work.marketing,
                              .who = who,
                              .expires_at = work.expires_at,
                              .parts = message ? message->parts : 1,
                              .cap_room = caps_.day_end ? choice_.cap_room(wish) : Facts::any,
                              .day_end = caps_.day_end,
                              .backlog = find_backlog(wish, who),
                              .capped_until = capped ? std::optional{capped->until} : std::nullopt,
                              .no_sender_left = choice_.is_opted_out(wish),
                              .answers = row["answers"].as<std::uint32_t>()});
  switch (verdict.kind) {
    case Verdict::Kind::pass:
      if (!message) return held_[id] = {work.campaign, at_ + set_aside, "unreadable", ""}, true;
      return send(work, wish, *std::move(message), verdict.until);
    case Verdict::Kind::hold:
      if (message && verdict.reason == daily_cap_reason) return wait_for_cap(wish, *message, *verdict.until);
      held_[id] = {work.campaign, *verdict.until, verdict.reason, held_by(verdict, who, capped)};
      return true;
    case Verdict::Kind::skip:
    case Verdict::Kind::expire:
      // One that was to be tried again has been sent: it keeps the outcome that it had.
      if (!row["ended"].is_null())
        add(row, work, parse_message_status(row["ended"].as<std::string>()));
      else if (verdict.kind == Verdict::Kind::skip)
        add(row, work, MessageStatus::skipped, std::string{verdict.reason}, held_by(verdict, who, capped));
      else
        add(row, work, MessageStatus::expired);
      return true;
  }
  return true;
}

bool Claimer::wait_for_cap(const SenderWish& wish, const ClaimedMessage& message, Timestamp until) {
  choice_.note_full(wish, message.parts);
  if (!choice_.never_fits(wish, message.parts))
    return message.parts <= caps_.tenant && wait_aside(wish, message, nullptr);
  held_[message.id] = {message.campaign, until, daily_cap_reason, ""};  // the others need not wait for it
  return true;
}

bool Claimer::wait_aside(const SenderWish& wish, const ClaimedMessage& message, const Sender* waited_for) {
  if (wish.opted_out_of.empty()) return false;
  held_[message.id] = {message.campaign, choice_.put_aside(wish, message.parts, waited_for, at_),
                       waited_for ? "sender" : daily_cap_reason, ""};
  return true;
}

bool Claimer::send(const Work& work, const SenderWish& wish, ClaimedMessage message,
                   std::optional<Timestamp> until) {
  const int parts = message.parts;
  const auto* sender = choice_.choose(wish, parts);
  if (!sender && (!plan_.senders.empty() || plan_.messaging_service.empty()))
    return claim_.no_sender = true, false;
  if (claim_.messages.size() >= limit_ || !fits(parts, room_.parts, room_.rate)) return false;
  auto campaign = room_.campaigns.end();
  if (work.rate) campaign = room_.campaigns.try_emplace(*work.campaign, *work.rate).first;
  if (campaign != room_.campaigns.end() && !fits(parts, campaign->second, *work.rate)) return false;
  if (sender) {
    auto& left = room_.senders[sender->id];
    if (!fits(parts, left, sender->rate)) return wait_aside(wish, message, sender);
    left -= parts;
    if (const auto cap = caps_.senders.find(sender->id); cap != caps_.senders.end()) cap->second -= parts;
    message.sender = sender->id;
    auto& address =
        sender->kind == SenderKind::messaging_service ? message.request.service : message.request.from;
    address = sender->address;
  } else {
    message.request.service = plan_.messaging_service;
  }
  room_.parts -= parts;
  if (caps_.tenant != CapRoom::any) caps_.tenant -= parts;
  if (campaign != room_.campaigns.end()) campaign->second -= parts;
  if (until) {
    message.leave_before = *until - std::chrono::seconds{1};
    message.request.validity = std::chrono::floor<std::chrono::seconds>(*until - at_);
  }
  if (work.marketing) lately_.add(message.request.to, at_);
  claim_.messages.push_back(std::move(message));
  return true;
}

void Claimer::write_usage() {
  const auto& full = choice_.full();
  UsageChanges usage;
  for (const auto& message : claim_.messages) usage.add(message.sender, at_, message.parts);
  apply_usage(tx_, lane_.tenant, usage);
  const bool taken = !claim_.messages.empty();  // which takes marks away
  const bool known = std::includes(caps_.full.begin(), caps_.full.end(), full.begin(), full.end());
  if (!full.empty() && (taken || !known)) mark_full(tx_, plan_.tenant, full, at_);
}

void Claimer::add(const Row& row, const Work& work, MessageStatus status, const std::string& reason,
                  const std::string& held_by) {
  changes_.push_back({row["id"].as<MessageId>(), work.campaign, status, reason, held_by});
}

}  // namespace

Claim claim_messages(Tx& tx, const Lane& lane, const ClaimPlan& plan, ClaimRoom& room, Timestamp at) {
  return Claimer{tx, lane, plan, room, at}.run();
}

}  // namespace smscrm
