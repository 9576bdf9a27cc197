#include "core/sending/reconcile.hpp"

#include <algorithm>

#include "core/base/wait.hpp"
#include "core/db/each_row.hpp"
#include "core/sending/claimed_range.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t at_once = 4;        // requests; the sender needs the account's others
constexpr std::size_t a_page = 500;       // of Twilio's list
constexpr std::size_t worth_a_page = 10;  // a page costs about as much as so many single messages
constexpr auto earlier = 5s;              // clocks differ
constexpr auto later = 60s;               // what the provider sent later still is asked for by itself
constexpr int most_failures = 5;
constexpr auto retried_after_the_end = "interval '3 days'";

struct Ranges {
  std::vector<MessageId> first, last;
};

// The blocks of ids in which such messages may be: counters say which campaigns have any.
Ranges list_ranges(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign,
                   const std::vector<std::string>& counters, std::optional<Timestamp> after) {
  Ranges ranges;
  for (const auto& row :
       exec(tx,
            std::string{"SELECT c.first_message, c.last_message FROM campaign c"
                        " WHERE c.tenant_id = $1 AND c.first_message IS NOT NULL"
                        "   AND ($2::bigint IS NULL OR c.id = $2)"
                        "   AND ($4::timestamptz IS NULL OR c.finished_at IS NULL OR c.finished_at > $4 - "} +
                retried_after_the_end +
                ")"
                "   AND (SELECT coalesce(sum(k.value), 0) FROM campaign_counter k WHERE k.tenant_id = $1"
                "           AND k.campaign_id = c.id AND k.counter = ANY($3::text[])) > 0"
                " ORDER BY c.first_message",
            tenant, campaign, counters, after)) {
    ranges.first.push_back(row["first_message"].as<MessageId>());
    ranges.last.push_back(row["last_message"].as<MessageId>());
  }
  return ranges;
}

std::vector<std::string> status_counters(std::initializer_list<MessageStatus> statuses) {
  std::vector<std::string> names;
  for (const auto status : statuses) names.push_back(status_counter(status));
  return names;
}

std::vector<Overdue> read_overdue(const Result& rows) {
  std::vector<Overdue> overdue;
  for (const auto& row : rows)
    overdue.push_back({row["id"].as<MessageId>(), row["provider_sid"].as<std::string>(),
                       row["claimed_at"].as<Timestamp>()});
  return overdue;
}

}  // namespace

std::vector<Overdue> list_overdue(Tx& tx, TenantId tenant, const OverdueFilter& filter) {
  auto counters = status_counters({MessageStatus::queued, MessageStatus::sending, MessageStatus::sent});
  if (filter.unpriced)
    for (auto& name : status_counters({MessageStatus::delivered, MessageStatus::undelivered}))
      counters.push_back(std::move(name));
  const auto ranges = list_ranges(tx, tenant, filter.campaign, counters, filter.after);
  const std::string wanted =
      " m.provider_sid <> '' AND m.claimed_at <= $4 AND ($5::timestamptz IS NULL OR m.claimed_at > $5)"
      " AND (m.status IN ('queued', 'sending', 'sent')"
      "      OR ($6 AND m.price IS NULL AND m.status IN ('delivered', 'undelivered')))";
  return read_overdue(exec(tx,
                           "SELECT m.id, m.provider_sid, m.claimed_at"
                           "  FROM unnest($2::bigint[], $3::bigint[]) AS r(first, last) CROSS JOIN LATERAL"
                           "       (SELECT id, provider_sid, claimed_at FROM message m"
                           "         WHERE m.tenant_id = $1 AND m.id BETWEEN r.first AND r.last AND" +
                               wanted +
                               ") m UNION ALL SELECT m.id, m.provider_sid, m.claimed_at FROM message m"
                               " WHERE m.tenant_id = $1 AND m.campaign_id IS NULL AND $8 AND" +
                               wanted + " ORDER BY claimed_at FETCH FIRST ($7::bigint) ROWS WITH TIES",
                           tenant, ranges.first, ranges.last, filter.until, filter.after, filter.unpriced,
                           filter.limit, !filter.campaign));
}

std::int64_t ask_unknown_again(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign, bool dry_run,
                               Timestamp at) {
  const auto ranges =
      list_ranges(tx, tenant, campaign, status_counters({MessageStatus::unknown}), std::nullopt);
  std::vector<MessageId> ids;
  std::vector<std::optional<CampaignId>> campaigns;
  for (const auto& row : exec(tx,
                              "SELECT m.id, m.campaign_id"
                              "  FROM unnest($2::bigint[], $3::bigint[]) AS r(first, last) CROSS JOIN LATERAL"
                              "       (SELECT id, campaign_id FROM message m WHERE m.tenant_id = $1"
                              "           AND m.id BETWEEN r.first AND r.last AND m.status = 'unknown') m"
                              " UNION ALL SELECT id, campaign_id FROM message"
                              " WHERE tenant_id = $1 AND campaign_id IS NULL AND $4 AND status = 'unknown'",
                              tenant, ranges.first, ranges.last, !campaign)) {
    ids.push_back(row["id"].as<MessageId>());
    campaigns.push_back(as_optional<CampaignId>(row["campaign_id"]));
  }
  if (!ids.empty() && !dry_run)
    exec(tx,
         "INSERT INTO work_due AS d (tenant_id, message_id, campaign_id, due_at, task)"
         " SELECT $1::bigint, u.id, u.campaign_id, $4::timestamptz, 'resolve'"
         "   FROM unnest($2::bigint[], $3::bigint[]) AS u(id, campaign_id) ORDER BY u.id"
         " ON CONFLICT (tenant_id, message_id) DO UPDATE SET due_at = least(d.due_at, EXCLUDED.due_at)"
         "   WHERE d.task = 'resolve'",
         tenant, ids, campaigns, at);
  return static_cast<std::int64_t>(ids.size());
}

ReceiptInquiry::ReceiptInquiry(const Provider& provider, ProviderAccess access, std::vector<Overdue> messages)
    : provider_(provider), access_(std::move(access)), multi_(at_once) {
  for (const auto& message : messages) open_.emplace(message.provider_sid, message.id);
  plan_pages(messages);
}

// The window is cut in as many pieces as there may be requests at once: the pages of one follow one another.
void ReceiptInquiry::plan_pages(const std::vector<Overdue>& messages) {
  pages_left_ = messages.size() / worth_a_page;
  if (pages_left_ == 0) return;
  const auto [first, last] =
      std::minmax_element(messages.begin(), messages.end(),
                          [](const Overdue& a, const Overdue& b) { return a.claimed_at < b.claimed_at; });
  const auto begin = std::chrono::floor<std::chrono::seconds>(first->claimed_at) - earlier;
  const auto end = std::min(last->claimed_at + later, now());
  const auto pieces = static_cast<std::int64_t>(std::min(at_once, messages.size() / a_page + 1));
  const auto length = std::max<std::chrono::seconds>(
      1s, std::chrono::duration_cast<std::chrono::seconds>(end - begin) / pieces + 1s);
  for (auto from = begin; from <= end; from += length) pages_.push_back({"", from, from + length - 1s, ""});
}

bool ReceiptInquiry::done() const {
  return flights_.empty() &&
         (!failure_.empty() || open_.empty() || (pages_.empty() && singles_planned_ && singles_.empty()));
}

std::optional<ReceiptInquiry::Question> ReceiptInquiry::next_question() {
  if (!failure_.empty() || open_.empty()) return std::nullopt;
  if (pages_left_ == 0) pages_.clear();
  if (!pages_.empty()) {
    auto question = std::move(pages_.front());
    pages_.pop_front();
    --pages_left_;
    return question;
  }
  if (!singles_planned_) {
    // Pages under way may still have them.
    if (!flights_.empty()) return std::nullopt;
    for (const auto& [sid, id] : open_) singles_.push_back(sid);
    singles_planned_ = true;
  }
  if (singles_.empty()) return std::nullopt;
  Question question{std::move(singles_.front()), {}, {}, {}};
  singles_.pop_front();
  return question;
}

void ReceiptInquiry::start(Question question) {
  const auto id = ++requests_;
  multi_.start(id, question.sid.empty()
                       ? provider_.list_sent_call(access_, question.from, question.until, question.next)
                       : provider_.fetch_call(access_, question.sid));
  flights_.emplace(id, std::move(question));
}

std::vector<Receipt> ReceiptInquiry::step(std::chrono::milliseconds timeout) {
  std::vector<Receipt> learned;
  const auto at = Clock::now();
  if (at >= resume_at_)
    while (flights_.size() < at_once) {
      auto question = next_question();
      if (!question) break;
      start(std::move(*question));
    }
  else
    timeout = std::min(timeout, std::chrono::ceil<std::chrono::milliseconds>(resume_at_ - at));
  if (flights_.empty()) {
    if (!done()) wait_unless_stopped({}, timeout);
    return learned;
  }
  for (auto& finished : multi_.wait(timeout)) {
    const auto flight = flights_.extract(finished.id);
    read(flight.mapped(), finished.result, learned);
  }
  return learned;
}

void ReceiptInquiry::read(const Question& question, const HttpResult& result, std::vector<Receipt>& learned) {
  const auto page = question.sid.empty() ? provider_.parse_list(result) : provider_.parse_fetch(result);
  if (!page.ok) {
    if (question.sid.empty())
      pages_.push_front(question), ++pages_left_;
    else
      singles_.push_front(question.sid);
    fail(page.reason);
    if (result.retry_after) resume_at_ = std::max(resume_at_, Clock::now() + *result.retry_after);
    return;
  }
  failures_ = 0;
  for (const auto& listed : page.messages) take(listed, learned);
  if (question.sid.empty()) {
    if (!page.next.empty()) pages_.push_front({"", question.from, question.until, page.next});
  } else if (open_.erase(question.sid) > 0) {
    ++missing_;
  }
}

void ReceiptInquiry::take(const ListedMessage& listed, std::vector<Receipt>& learned) {
  const auto found = open_.find(listed.provider_id);
  if (found == open_.end()) return;
  learned.push_back(receipt_of(found->second, listed));
  open_.erase(found);
}

void ReceiptInquiry::fail(const std::string& why) {
  if (Clock::now() < resume_at_) return;  // those that were under way together fail as one
  if (++failures_ >= most_failures) {
    failure_ = why;
    return;
  }
  resume_at_ = Clock::now() + std::min<std::chrono::milliseconds>(30s, 100ms * (1 << failures_));
}

std::optional<SweepWindow> claim_sweep(Tx& tx, std::chrono::milliseconds first, Timestamp at) {
  std::vector<std::int64_t> ages;  // milliseconds
  for (const int times : sweep_ages) ages.push_back(first.count() * times);
  // Older than three days is nobody's turn any more.
  exec(
      tx,
      "INSERT INTO receipt_sweep (tenant_id, stage, done_until)"
      " SELECT a.tenant_id, s.stage, $1::timestamptz - interval '3 days'"
      "   FROM account a CROSS JOIN generate_series(0, $2::int - 1) AS s(stage)"
      "  WHERE NOT EXISTS (SELECT FROM receipt_sweep w WHERE w.tenant_id = a.tenant_id AND w.stage = s.stage)"
      " ON CONFLICT DO NOTHING",
      at, sweep_ages.size());
  const auto rows =
      exec(tx,
           "WITH due AS (SELECT w.tenant_id, w.stage, $1::timestamptz - a.age * interval '1 ms' AS until"
           "               FROM receipt_sweep w JOIN unnest($2::bigint[]) WITH ORDINALITY AS a(age, n)"
           "                 ON a.n = w.stage + 1"
           "              WHERE w.leased_until <= $1"
           "                AND w.done_until <= $1::timestamptz - a.age * 1.1 * interval '1 ms'"
           "              ORDER BY w.leased_until, w.tenant_id, w.stage LIMIT 1 FOR UPDATE OF w SKIP LOCKED)"
           " UPDATE receipt_sweep w SET leased_until = $1::timestamptz + interval '15 minutes'"
           "   FROM due WHERE w.tenant_id = due.tenant_id AND w.stage = due.stage"
           // One from before all calendars must not keep everybody's turn.
           " RETURNING w.tenant_id, w.stage,"
           "   greatest(w.done_until, $1::timestamptz - interval '3 days') AS done_until, due.until,"
           "   (SELECT slug FROM tenant WHERE id = w.tenant_id) AS slug",
           at, ages);
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return SweepWindow{row["tenant_id"].as<TenantId>(), row["stage"].as<int>(),
                     row["done_until"].as<Timestamp>(), row["until"].as<Timestamp>(), row["slug"].as<std::string>()};
}

std::vector<Overdue> list_overdue(Tx& tx, const SweepWindow& window, std::size_t limit) {
  return read_overdue(
      exec(tx,
           "SELECT m.id, m.provider_sid, r.claimed_at FROM claimed_range r CROSS JOIN LATERAL"
           "       (SELECT id, provider_sid FROM message WHERE tenant_id = $1 AND claimed_at = r.claimed_at"
           "           AND id BETWEEN r.first_message AND r.last_message AND provider_sid <> ''"
           "           AND status IN ('queued', 'sending', 'sent') OFFSET 0) m"
           " WHERE r.tenant_id = $1 AND r.claimed_at > $2 AND r.claimed_at <= $3"
           " ORDER BY r.claimed_at FETCH FIRST ($4::bigint) ROWS WITH TIES",
           window.tenant, window.after, window.until, limit));
}

void finish_sweep(Tx& tx, const SweepWindow& window, Timestamp done_until) {
  exec(tx,
       "UPDATE receipt_sweep SET done_until = greatest(done_until, $3), leased_until = '-infinity'"
       " WHERE tenant_id = $1 AND stage = $2",
       window.tenant, window.stage, done_until);
  narrow_claimed_ranges(tx, window.tenant, window.after, done_until);
  const auto all =
      exec(tx, "SELECT " + within_calendar("min(done_until)") + " FROM receipt_sweep WHERE tenant_id = $1",
           window.tenant);
  if (const auto until = as_optional<Timestamp>(all.front()[0]))
    delete_claimed_ranges(tx, window.tenant, *until);
}

void postpone_sweep(Tx& tx, const SweepWindow& window, Timestamp resume_at) {
  exec(tx, "UPDATE receipt_sweep SET leased_until = $3 WHERE tenant_id = $1 AND stage = $2", window.tenant,
       window.stage, resume_at);
}

}  // namespace smscrm
