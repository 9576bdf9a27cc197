// What the sender asks the provider about: messages whose outcome is unknown.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/log.hpp"
#include "daemon/sending/sender.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr int at_once = 1'000;                    // messages that are asked about together, of a lane
constexpr std::size_t worth_pages = 20;           // more than these: by pages
constexpr int questions = 20, few_questions = 4;  // requests at once, of a lane
constexpr int most_failures = 5;                  // of a page, in a row
// Between two rounds of pages: twice the time that the last took, for they have much in common.
constexpr auto longest_page_rest = 5s;

// One that cannot be resolved must not hold up the others.
int resolve(Connection& db, const Lane& lane, UnknownPolicy policy, std::chrono::milliseconds grace,
            const std::vector<Resolution>& answers) {
  const auto write = [&](const std::vector<Resolution>& some) {
    const auto summary =
        in_transaction(db, [&](Tx& tx) { return record_resolutions(tx, lane, policy, grace, some, now()); });
    return summary.found + summary.resent;
  };
  try {
    return write(answers);
  } catch (const std::exception& refusal) {
    if (is_loss(refusal)) throw;
  }
  int resolved = 0;
  for (const auto& answer : answers) try {
      resolved += write({answer});
    } catch (const std::exception& refusal) {
      if (is_loss(refusal)) throw;
      log_error("a message cannot be resolved", {{"message", answer.id.value}, {"error", refusal.what()}});
    }
  return resolved;
}

}  // namespace

void SendPipeline::ask(LaneRunner& runner) {
  if (!runner.unresolved || runner.asking || runner.paging || !runner.questions.empty()) return;
  if (Clock::now() > runner.lease_until || Clock::now() < runner.page_again_at) return;
  runner.asking = true;
  runner.unresolved = false;
  const auto unresolved = std::make_shared<std::vector<Unresolved>>();
  submit(
      runner,
      [unresolved, lane = runner.lane](Connection& db) {
        *unresolved = in_transaction(db, [&](Tx& tx) { return claim_unresolved(tx, lane, at_once, now()); });
      },
      [this, unresolved](LaneRunner& of) {
        of.asking = false;
        of.unresolved = static_cast<int>(unresolved->size()) == at_once;
        if (unresolved->size() > worth_pages) {
          of.paging = true;
          of.paged_at = Clock::now();
          Flight flight{{of.lane.tenant, of.lane.epoch}, {}, {}, {}, {}};
          flight.pages =
              std::make_shared<UnknownPages>(std::move(*unresolved), of.taken, options_.resolve_grace, now());
          return turn_page(of, std::move(flight));
        }
        std::move(unresolved->begin(), unresolved->end(), std::back_inserter(of.questions));
      },
      [](LaneRunner& of) { of.asking = false; });
}

void SendPipeline::turn_page(LaneRunner& runner, Flight flight) {
  const auto id = ++next_flight_;
  auto call = runner.provider->list_all_call(runner.access, flight.pages->next());
  flights_[id] = std::move(flight);
  multi_.start(id, std::move(call));
}

void SendPipeline::read_page(const LaneRunner& runner, Flight flight, const HttpResult& result) {
  auto reading = std::async(
      std::launch::async, [this, provider = runner.provider, pages = flight.pages, result, at = now()] {
        bool ok = false;
        try {
          const auto page = provider->parse_list(result);
          if (page.ok) pages->read(page, result, at);
          ok = page.ok;
        } catch (const std::exception& failure) {
          // Else the lane would wait for this page for ever, and others' be dropped with it.
          log_error("a page of the provider's list cannot be read", {{"error", failure.what()}});
        }
        multi_.wake();
        return ok;
      });
  page_readings_.push_back({std::move(flight), std::move(reading)});
}

void SendPipeline::collect_pages() {
  for (auto& reading : std::exchange(page_readings_, {})) {
    if (reading.ok.wait_for(0s) != std::future_status::ready) {
      page_readings_.push_back(std::move(reading));
      continue;
    }
    const bool ok = reading.ok.get();
    const auto found = runners_.find(reading.flight.runner);
    if (found != runners_.end()) page_read(*found->second, std::move(reading.flight), ok);
  }
}

void SendPipeline::page_read(LaneRunner& runner, Flight flight, bool ok) {
  auto& pages = *flight.pages;
  if (ok) {
    flight.page_failures = 0;
    if (!pages.done()) return turn_page(runner, std::move(flight));
  } else if (++flight.page_failures < most_failures && Clock::now() < runner.lease_until) {
    return turn_page(runner, std::move(flight));
  }
  // Also where the provider does not go on: what was found so far is found.
  runner.paging = false;
  const auto at = Clock::now();
  runner.page_again_at = at + std::min<Clock::duration>(2 * (at - runner.paged_at), longest_page_rest);
  auto [resolutions, undecided] = pages.answers();
  auto& answers = answers_[flight.runner];
  std::move(resolutions.begin(), resolutions.end(), std::back_inserter(answers));
  std::move(undecided.begin(), undecided.end(), std::back_inserter(runner.questions));
}

// While the provider answers none, no more are asked: they would pile up until they time out. Most requests
// at once are for messages, however many lanes ask.
void SendPipeline::question() {
  int room = std::max(questions, config_.twilio.max_in_flight / 4);
  for (const auto& [key, runner] : runners_) room -= runner->questioned;
  for (auto& [key, runner] : runners_) {
    if (runner->questions.empty()) continue;
    if (Clock::now() > runner->lease_until || runner->is_open()) {
      runner->questions.clear();  // they have their turn again
      continue;
    }
    const int most = std::clamp(runner->window.size() / 2, few_questions, questions);
    for (; room > 0 && runner->questioned < most && !runner->questions.empty(); --room) {
      auto message = std::move(runner->questions.front());
      runner->questions.pop_front();
      start_question(*runner, std::move(message));
    }
  }
}

void SendPipeline::start_question(LaneRunner& runner, Unresolved message) {
  const auto id = ++next_flight_;
  auto call = runner.provider->list_call(runner.access, message.msisdn, "");
  const auto of = message.id;
  ++runner.questioned;
  flights_[id] = {
      {runner.lane.tenant, runner.lane.epoch}, std::nullopt, std::move(message), {of, now(), {}, {}}, {}};
  multi_.start(id, std::move(call));
}

void SendPipeline::answered(LaneRunner& runner, Flight flight, const HttpResult& result) {
  const auto page = runner.provider->parse_list(result);
  if (!page.ok) {  // it has its turn again
    --runner.questioned;
    return;
  }
  auto question = flight.question;
  question.claimed_at = claimed_at_provider(question, result, now());
  for (const auto& listed : page.messages) {
    const auto matched = match(question, listed);
    if (matched == Match::full) flight.answer.matches.push_back(listed);
    if (matched == Match::all_but_words) flight.answer.lookalikes.push_back(listed.provider_id);
  }
  const bool older = page.messages.empty() || page.messages.back().created_at < question.claimed_at - 1min;
  if (page.next.empty() || older) {
    --runner.questioned;
    answers_[flight.runner].push_back(std::move(flight.answer));
    return;
  }
  const auto id = ++next_flight_;
  auto call = runner.provider->list_call(runner.access, flight.question.msisdn, page.next);
  flights_[id] = std::move(flight);
  multi_.start(id, std::move(call));
}

void SendPipeline::resolve() {
  for (auto& [key, answers] : std::exchange(answers_, {})) {
    const auto found = runners_.find(key);
    if (found == runners_.end() || is_left_alone(key.first)) continue;
    auto& runner = *found->second;
    const auto resolved = std::make_shared<int>(0);
    submit(
        runner,
        [resolved, answers, lane = runner.lane, policy = runner.plan->tenant.unknown_policy,
         grace = options_.resolve_grace](Connection& db) {
          *resolved = smscrm::resolve(db, lane, policy, grace, answers);
        },
        [this, resolved](LaneRunner& of) {
          stats_.resolved += static_cast<std::uint64_t>(*resolved);
          of.idle = false;
        });
  }
}

}  // namespace smscrm
