// Receipts that never came: the provider is asked what became of the messages, and what it says goes the way
// of every receipt (core/sending/receipt.hpp).
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/db/db.hpp"
#include "core/provider/provider.hpp"
#include "core/sending/receipt.hpp"

namespace smscrm {

// A message that the provider took and that has no last word.
struct Overdue {
  MessageId id;
  std::string provider_sid;
  Timestamp claimed_at;
};

struct OverdueFilter {
  std::optional<CampaignId> campaign = {};  // nullopt: every campaign, and replies and tests
  std::optional<Timestamp> after = {};      // claimed later than this
  Timestamp until;                          // claimed then or earlier
  bool unpriced = false;                    // those too that were sent and have no price
  std::size_t limit = 50'000;
};

// Oldest claim first. A batch is claimed at one moment and never torn: there may be more than `limit`.
// Reads all messages of the campaigns that have such ones.
std::vector<Overdue> list_overdue(Tx& tx, TenantId tenant, const OverdueFilter& filter);

// Puts the messages with an unknown outcome at the front of their lane's questions
// (core/sending/resolve.hpp), those too that a tenant's policy holds; only the lane's owner may answer them.
// With `dry_run` counts them. Returns how many.
std::int64_t ask_unknown_again(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign, bool dry_run,
                               Timestamp at);

// Asks about messages, a few requests at a time. Many are asked for by the pages of what was sent in their
// window of time; few, and those that no page had (what was never sent has no date), one by one. Obeys 429
// and Retry-After with waits that double, 100 ms to 30 s, and gives up after five failures in a row. Source:
// twilio.com/docs/api/errors/20429, messaging/api/message-resource.
class ReceiptInquiry {
 public:
  ReceiptInquiry(const Provider& provider, ProviderAccess access, std::vector<Overdue> messages);

  // Moves on for up to `timeout`; what was learned since.
  std::vector<Receipt> step(std::chrono::milliseconds timeout);
  bool done() const;

  std::uint64_t requests() const { return requests_; }  // made so far
  std::uint64_t missing() const { return missing_; }    // messages that the provider does not know
  std::size_t unanswered() const { return open_.size(); }
  const std::string& failure() const { return failure_; }  // why it gave up; empty: it did not

 private:
  using Clock = std::chrono::steady_clock;
  struct Question {
    std::string sid;  // of one message; empty: a page
    Timestamp from, until;
    std::string next;
  };

  void plan_pages(const std::vector<Overdue>& messages);
  std::optional<Question> next_question();
  void start(Question question);
  void read(const Question& question, const HttpResult& result, std::vector<Receipt>& learned);
  void take(const ListedMessage& listed, std::vector<Receipt>& learned);
  void fail(const std::string& why);

  const Provider& provider_;
  const ProviderAccess access_;
  HttpMulti multi_;
  std::unordered_map<std::string, MessageId> open_;  // by the provider's id: not answered yet
  std::deque<Question> pages_;
  std::deque<std::string> singles_;
  bool singles_planned_ = false;
  std::size_t pages_left_ = 0;  // as many as are cheaper than asking one by one
  std::unordered_map<std::uint64_t, Question> flights_;
  std::uint64_t requests_ = 0, missing_ = 0;
  int failures_ = 0;  // in a row
  Clock::time_point resume_at_{};
  std::string failure_;
};

// The daemon's own sweep. A message is asked about when it has been silent for `first` and for each of these
// times that, and then no more: some carriers never send a receipt, and "sent" is then the last word. Ten
// minutes, say, become half an hour, two hours, six, twelve (Twilio drops what its queue held for ten) and a
// day and a half.
inline constexpr std::array<int, 6> sweep_ages{1, 3, 12, 36, 72, 216};

// Messages claimed in (after, until], whose turn it is for the `stage`th time, from 0.
struct SweepWindow {
  TenantId tenant;
  int stage = 0;
  Timestamp after, until;
  std::string tenant_slug = {};
};

// The next window of any tenant with an account; nobody else gets it for a quarter of an hour. nullopt:
// nothing is due.
std::optional<SweepWindow> claim_sweep(Tx& tx, std::chrono::milliseconds first, Timestamp at);
// The window's messages, as above. Reads what was claimed in it and was open when it was last asked about.
std::vector<Overdue> list_overdue(Tx& tx, const SweepWindow& window, std::size_t limit);
// All of the window's messages until `done_until` were asked about.
void finish_sweep(Tx& tx, const SweepWindow& window, Timestamp done_until);
// They were not, and may be from `resume_at` on.
void postpone_sweep(Tx& tx, const SweepWindow& window, Timestamp resume_at);

}  // namespace smscrm
