#include "core/gate/gate.hpp"

#include <algorithm>
#include <set>

#include "core/base/json.hpp"
#include "core/db/joins.hpp"
#include "core/gate/rules.hpp"
#include "core/phone/place.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_questions = 12;  // a table of 4,096 verdicts at most

const std::vector<Rule>& rules() {
#define SMSCRM_CALL_RULE(name) rule::name(),
  static const std::vector<Rule> all{SMSCRM_GATE_RULES(SMSCRM_CALL_RULE)};
#undef SMSCRM_CALL_RULE
  return all;
}

std::string join(const Question& question, const Asker& asker) {
  if (asker.of_set)
    return fmt::format(" LEFT JOIN ({1}) {0} ON {0}.msisdn = {2}", question.table,
                       question.repeats ? fmt::format("SELECT DISTINCT * FROM ({}) one", question.rows)
                                        : std::string{question.rows},
                       asker.msisdn);
  // By index, one by one; the planner would rather read the whole table than look a few hundred up.
  return fmt::format(" LEFT JOIN LATERAL (SELECT * FROM ({1}) q WHERE {2}) {0} ON true", question.table,
                     question.rows, one_with("q.msisdn", asker.msisdn));
}

}  // namespace

std::string_view to_string(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::pass:
      return "pass";
    case Verdict::Kind::hold:
      return "hold";
    case Verdict::Kind::skip:
      return "skip";
    case Verdict::Kind::expire:
      return "expire";
  }
  return {};
}

const Moment::Hours* Moment::hours(const Whereabouts& who) const {
  auto [known, is_new] = hours_.try_emplace(
      PlaceKey{find_place(who.msisdn), std::string{who.zone}, std::string{who.region}}, std::nullopt);
  if (is_new)
    if (auto of = book_->find(hours_policy_of(tenant), who)) {
      Hours hours{std::move(of), {}, {}, {}, {}, {}};
      hours.caps = hours.of->caps(at);
      hours.opens = hours.of->next_open(at);
      if (hours.is_open(at)) hours.closes = hours.of->next_closed(at);
      if (hours.closes) hours.opens_again = hours.of->next_open(*hours.closes);
      const auto closed = hours.is_open(at) ? hours.closes : at;
      if (closed)
        hours.held_by = dump(Json{{"rules", hours.of->held_by(*closed)},
                                  {"zones", hours.of->zones()},
                                  {"data", hours.of->version()}});
      known->second = std::move(hours);
    }
  return known->second ? &*known->second : nullptr;
}

Verdict judge(const Facts& facts) {
  Verdict passed;
  auto answers = facts.answers;
  for (const auto& rule : rules()) {
    const auto verdict = rule.judge(facts, Answers{answers});
    if (verdict.kind != Verdict::Kind::pass) return verdict;
    if (verdict.until) passed.until = std::min(*verdict.until, passed.until.value_or(*verdict.until));
    answers >>= rule.questions.size();
  }
  return passed;
}

Questions put_questions(const Asker& asker) {
  Questions put;
  std::set<std::string_view> joined;
  std::size_t asked = 0;
  for (const auto& rule : rules())
    for (const auto& question : rule.questions) {
      if (!question.table.empty() && joined.insert(question.table).second) put.joins += join(question, asker);
      put.answers += fmt::format("{}CASE WHEN {} THEN {} ELSE 0 END", asked == 0 ? "" : " + ",
                                 question.condition(asker), 1U << asked);
      ++asked;
    }
  if (asked > most_questions) throw Error(Errc::internal, "the gate asks {} questions", asked);
  return put;
}

SkipTable skip_table(const Moment& moment) {
  std::size_t questions = 0;
  for (const auto& rule : rules()) questions += rule.questions.size();
  SkipTable table{{}, {""}};
  for (std::uint32_t answers = 0; answers < 1U << questions; ++answers) {
    const auto verdict = judge({.moment = moment, .answers = answers});
    const std::string reason{verdict.kind == Verdict::Kind::skip ? verdict.reason : ""};
    const auto known = std::find(table.reasons.begin(), table.reasons.end(), reason);
    table.codes.push_back(static_cast<int>(known - table.reasons.begin()));
    if (known == table.reasons.end()) table.reasons.push_back(reason);
  }
  return table;
}

}  // namespace smscrm
