// Following a launched campaign: launch --wait, campaign wait, campaign status --watch.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/report/stage.hpp"
#include "core/sending/hold.hpp"

namespace smscrm {

// One look at a campaign.
struct Look {
  Campaign campaign;
  CampaignReport report;
  Standing standing;
  std::vector<Hold> holds;
};
Look look_at(Context& context, const std::string& name);

// What "campaign status" and "report campaign" say.
void print_report(Output& out, const Look& look);
void show_report(Context& context, const std::string& name);

// Ctrl-C ends the waiting, not the campaign: for as long as this lives it only leaves a mark.
class InterruptMark {
 public:
  InterruptMark();
  ~InterruptMark();
  InterruptMark(const InterruptMark&) = delete;
  static bool is_left();

 private:
  struct sigaction before_ {};
};

struct Patience {
  Stage until = Stage::sent;
  std::optional<std::chrono::seconds> timeout;  // nullopt: as long as it takes
};

// "sent" or "settled".
Stage parse_wait(const std::string& word);
const std::vector<std::string>& wait_words();

// Shows how the campaign gets on until it is there, is canceled, the time is over or somebody interrupts.
// What holds it up is told, and taken back when it is over; a database that is away is waited for. Sets the
// exit status and says why, unless it is done: 1 canceled, 7 too late, 130. Needs an InterruptMark.
Look wait_for(Context& context, const std::string& name, const Patience& patience);

void add_campaign_follow(CLI::App& noun, Context& context);  // status wait

}  // namespace smscrm
