// The figures of a time, told apart: by sender, country, campaign or step of time; and what was clicked.
#pragma once

#include <string>
#include <vector>

#include "core/report/figures.hpp"

namespace smscrm {

struct FiguresOf {
  std::string name;  // a sender's address, a country's code, a campaign's slug; empty: of none, or not known
  Timestamp at{};    // by time: where the step begins
  Figures figures;
  std::vector<Money> cost;  // as read_cost
};

// Most sent first, or else most texts received, opt-outs, clicks; by time in its order, with steps in which
// nothing was counted. A sender that was removed keeps its address. Throws Error{invalid} for more than
// 10,000 steps.
std::vector<FiguresOf> list_figures(Tx& tx, TenantId tenant, const Period& period,
                                    std::optional<CampaignId> campaign, FiguresBy by, Step step = Step::day,
                                    Topic topic = Topic::all);

// Whether the figures say anything of it.
bool says(const Figures& figures, Topic topic);

// As --by names it.
struct Grouping {
  std::string_view word;  // "sender", "country", "campaign", "day", "month"
  FiguresBy by;
  Step step = Step::day;
  std::string key() const { return std::string{by == FiguresBy::time ? "at" : word}; }  // in JSON
};
// Throws Error{invalid}.
Grouping parse_grouping(std::string_view word);

// Those groups that say something of the topic, with what belongs to it; of time all.
std::vector<FiguresOf> list_figures(Tx& tx, TenantId tenant, const Period& period,
                                    std::optional<CampaignId> campaign, const Grouping& grouping,
                                    Topic topic);

struct LinkFigures {
  LinkId link;
  std::string campaign;  // slug; empty: made by hand
  std::string name, target_url;
  std::int64_t clicks = 0, people = 0;
};

// Most clicks of people first; links that nobody followed in the time are left out.
std::vector<LinkFigures> list_link_figures(Tx& tx, TenantId tenant, const Period& period,
                                           std::optional<CampaignId> campaign);

// What two sets of figures say of the same thing.
struct Comparison {
  std::string figure;                   // "delivered", "opt_outs_per_1000"
  std::optional<double> first, second;  // nullopt: there is none, as a rate of nothing
};

std::vector<Comparison> compare_figures(const FiguresOf& first, const FiguresOf& second);

}  // namespace smscrm
