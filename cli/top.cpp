// smscrm top: what is going on in the whole installation, again and again.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "cli/command.hpp"
#include "cli/live.hpp"
#include "core/base/text.hpp"
#include "core/fence/fence.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/load.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

constexpr int most_rows = 100;

struct Snapshot {
  Timestamp at;
  bool fenced = false;
  DueLoad due;
  UnknownLoad unknown;
  ReviewLoad reviews;
  std::vector<DaemonLoad> daemons;
  std::vector<LaneLoad> lanes;
  std::vector<CampaignLoad> campaigns;
};

Snapshot take_snapshot(Context& context) {
  return context.transaction([](Tx& tx) {
    Snapshot seen;
    seen.at = now();
    seen.fenced = is_fenced(tx);
    seen.due = count_due(tx, seen.at);
    seen.unknown = count_unknown(tx, seen.at);
    seen.reviews = count_reviews(tx);
    seen.daemons = list_daemons(tx);
    seen.lanes = list_lane_loads(tx, seen.at, most_rows);
    seen.campaigns = list_campaign_loads(tx, most_rows);
    return seen;
  });
}

double per_second(std::int64_t more, const Snapshot& before, const Snapshot& after) {
  const double seconds = std::chrono::duration<double>(after.at - before.at).count();
  return seconds > 0 ? std::max(0.0, std::round(10.0 * static_cast<double>(more) / seconds) / 10) : 0;
}

// How fast each campaign got on between two looks; one that was not there before has no rate yet.
Json rates_of(const CampaignLoad& campaign, const Snapshot& before, const Snapshot& after) {
  for (const auto& was : before.campaigns)
    if (was.tenant == campaign.tenant && was.campaign == campaign.campaign)
      return {{"accepted_per_second", per_second(campaign.accepted - was.accepted, before, after)},
              {"receipts_per_second", per_second(campaign.settled - was.settled, before, after)}};
  return {{"accepted_per_second", 0}, {"receipts_per_second", 0}};
}

Json to_json(const Snapshot& before, const Snapshot& seen) {
  Json daemons = Json::array(), lanes = Json::array(), campaigns = Json::array();
  for (const auto& daemon : seen.daemons) daemons.push_back(to_json(daemon));
  std::int64_t in_flight = 0;
  for (const auto& lane : seen.lanes) lanes.push_back(to_json(lane)), in_flight += lane.in_flight;
  double accepted = 0, receipts = 0;
  for (const auto& campaign : seen.campaigns) {
    auto row = to_json(campaign);
    row.update(rates_of(campaign, before, seen));
    accepted += row["accepted_per_second"].get<double>();
    receipts += row["receipts_per_second"].get<double>();
    campaigns.push_back(std::move(row));
  }
  return {{"at", format_rfc3339(seen.at)},
          {"fenced", seen.fenced},
          {"due", seen.due.messages},
          {"oldest_due_seconds", seen.due.oldest.count()},
          {"unknown_asked", seen.unknown.asked},
          {"unknown_held", seen.unknown.held},
          {"oldest_unknown_seconds", seen.unknown.oldest.count()},
          {"in_flight", in_flight},
          {"accepted_per_second", accepted},
          {"receipts_per_second", receipts},
          {"reviews", seen.reviews.waiting},
          {"review_due", seen.reviews.next_due ? Json(format_rfc3339(*seen.reviews.next_due)) : Json{}},
          {"daemons", daemons},
          {"lanes", lanes},
          {"campaigns", campaigns}};
}

std::string number(const Json& value) { return group_digits(bare_text(value)); }

std::string table_of(const Output& out, const Json& rows, std::vector<Column> columns) {
  Table table{std::move(columns), out.zone(), out.width(), out.color()};
  for (const auto& row : rows) table.add(row);
  return table.take();
}

std::string page_of(const Output& out, const Json& seen) {
  std::map<std::string, int> hosts;
  for (const auto& daemon : seen["daemons"]) ++hosts[daemon["host"].get<std::string>()];
  std::vector<std::string> names;
  for (const auto& [host, count] : hosts)
    names.push_back(count > 1 ? fmt::format("{} ({})", host, count) : host);
  auto text = fmt::format("{}  {}\n", out.time(parse_rfc3339(seen["at"].get<std::string>())),
                          names.empty() ? "no daemon" : fmt::format("daemons: {}", fmt::join(names, ", ")));
  if (seen["fenced"].get<bool>()) text += "FENCED: nothing is sent; see \"smscrm backup status\"\n";
  const auto age = [&](const char* key) {
    const auto seconds = seen[key].get<std::int64_t>();
    return seconds == 0 ? "" : fmt::format(", oldest for {}", format_duration(std::chrono::seconds{seconds}));
  };
  text += fmt::format("due {}{}; in flight {}; unknown {}{}, held for somebody {}\n", number(seen["due"]),
                      age("oldest_due_seconds"), number(seen["in_flight"]), number(seen["unknown_asked"]),
                      age("oldest_unknown_seconds"), number(seen["unknown_held"]));
  text +=
      fmt::format("accepted {}/s, receipts {}/s; opt-out reviews {}\n", number(seen["accepted_per_second"]),
                  number(seen["receipts_per_second"]), number(seen["reviews"]));
  if (!seen["lanes"].empty())
    text += "\n" +
            table_of(out, seen["lanes"],
                     {"tenant", "state", "due", "in_flight", Column{"claimed_in_last_minute", "claimed/min"},
                      Column{"host"}.spare(), Column{"since"}.spare(), Column{"reason"}.below()});
  if (!seen["campaigns"].empty())
    text += "\n" + table_of(out, seen["campaigns"],
                            {"tenant", "campaign", "status", "waiting", "in_flight", "unknown", "accepted",
                             "settled", Column{"accepted_per_second", "sent/s"},
                             Column{"receipts_per_second", "receipts/s"}});
  return text;
}

void top(Context& context, const std::string& interval) {
  const auto pause = parse_watch_interval(interval);
  auto& out = context.out();
  LiveScreen screen;
  const bool live = LiveScreen::is_possible(out);
  auto before = take_snapshot(context);
  if (live) screen.draw(out, page_of(out, to_json(before, before)));
  while (screen.wait(pause)) {
    auto seen = take_snapshot(context);
    const auto record = to_json(before, seen);
    before = std::move(seen);
    if (!live)
      return out.format() == Format::table ? out.print_raw(page_of(out, record)) : out.print_record(record);
    screen.draw(out, page_of(out, record));
  }
}

}  // namespace

void add_top(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "top", "What is sent, what waits and what is wrong, as it goes on.",
                        "smscrm top\nsmscrm top --interval 5s\nsmscrm top -o json | jq .lanes");
  noun.require_subcommand(0);
  auto interval = std::make_shared<std::string>("2s");
  add_flag(noun, "--interval", *interval, "DURATION", "How often it looks; rates are of that time.")
      ->capture_default_str();
  noun.callback([=, &context] {
    context.act_for_installation();
    top(context, *interval);
  });
}

}  // namespace smscrm
