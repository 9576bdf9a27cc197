// smscrm report …: what became of what was sent.
#include <algorithm>
#include <map>

#include "cli/campaign.hpp"
#include "cli/campaign_follow.hpp"
#include "cli/chart.hpp"
#include "cli/export_file.hpp"
#include "cli/report_page.hpp"
#include "core/report/failures.hpp"
#include "core/report/report_json.hpp"
#include "core/report/verify_rollup.hpp"

namespace smscrm {
namespace {

struct PeriodFlags {
  std::string campaign, since, until;
};

struct CampaignFlags {
  std::string campaign, compared, html;
  bool replaces = false;
};

struct AccountFlags {
  PeriodFlags period;
  bool compares = false;
  std::string html;
  bool replaces = false;
};

struct BreakdownFlags {
  PeriodFlags period;
  std::string by, step;
};

std::optional<Campaign> campaign_of(Context& context, const PeriodFlags& flags) {
  if (flags.campaign.empty()) return std::nullopt;
  return get_campaign(context, flags.campaign);
}

Period usual_period(Context& context, const std::optional<Campaign>& campaign) {
  const auto tenant = context.tenant().id;
  const auto id = campaign ? std::optional{campaign->id} : std::nullopt;
  return context.transaction(
      [&](Tx& tx) { return smscrm::usual_period(tx, tenant, id, now(), context.zone()); });
}

Period read_period(Context& context, const PeriodFlags& flags, const std::optional<Campaign>& campaign) {
  context.tenant();  // whose clock it is
  auto period = usual_period(context, campaign);
  if (!flags.since.empty()) {
    period.from = context.read_time("--since", flags.since, TimeSense::past);
    if (flags.until.empty()) period.to = std::max(period.to, now());
  }
  if (!flags.until.empty()) period.to = context.read_time("--until", flags.until, TimeSense::past);
  if (period.from >= period.to)
    throw Error(Errc::usage, "the time ends, {}, before it begins, {}; give another --since or --until",
                context.out().time(period.to), context.out().time(period.from));
  return period;
}

void add_period(CLI::App& verb, PeriodFlags& flags, bool of_campaign = true) {
  if (of_campaign) add_flag(verb, "--campaign", flags.campaign, "CAMPAIGN", "Only of this campaign.");
  add_flag(verb, "--since", flags.since, "TIME", "From when on, as 24h, 2026-11-01 or monday.");
  add_flag(verb, "--until", flags.until, "TIME", "Until when.");
}

std::string describe(Context& context, const Period& period) {
  return fmt::format("{} to {}", context.out().time(period.from), context.out().time(period.to));
}

FiguresOf read_all(Tx& tx, TenantId tenant, const Period& period, std::optional<CampaignId> campaign) {
  FiguresOf all;
  all.figures = read_figures(tx, tenant, period, campaign);
  all.cost = read_cost(tx, tenant, all.figures);
  return all;
}

void print_comparison(Context& context, const FiguresOf& first, const FiguresOf& second) {
  static const std::map<std::string, std::string> words{
      {"delivered_percent", "delivered, %"},       {"failed_percent", "failed, %"},
      {"unique_clicks", "people who clicked"},     {"unique_clicks_percent", "of those delivered, %"},
      {"replies_per_1000", "replies per 1,000"},   {"opt_outs", "opt-outs"},
      {"opt_outs_per_1000", "opt-outs per 1,000"}, {"p50_ms", "half delivered within ms"},
      {"p95_ms", "95 % delivered within ms"}};
  std::vector<Json> rows;
  for (const auto& one : compare_figures(first, second)) {
    rows.push_back(to_json(one));
    const auto found = words.find(one.figure);
    if (context.out().format() == Format::table && found != words.end())
      rows.back()["figure"] = found->second;
  }
  context.out().print_list(
      {"figure", {"first", first.name}, {"second", second.name}, {"change_percent", "change %"}}, rows);
}

void write_page(Context& context, const std::string& path, bool replaces, const std::string& title,
                const Period& period, const std::optional<Campaign>& campaign) {
  const auto& tenant = context.tenant();
  auto page = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return read_report_page(tx, tenant.id, period, campaign);
  });
  page.title = title;
  page.subtitle =
      fmt::format("{}, as of {}", tenant.name.empty() ? tenant.slug : tenant.name, context.out().time(now()));
  const auto html = format_report_page(page);
  ExportFile file{context.out(), path, replaces};
  file.write(html);
  file.finish();
  file.keep();
  if (file.path().empty()) return;
  if (context.out().format() == Format::table)
    context.out().note(fmt::format("wrote {}", path));
  else
    context.out().print_record({{"file", path}, {"bytes", html.size()}});
}

void campaign(Context& context, const CampaignFlags& flags) {
  if (!flags.html.empty() && !flags.compared.empty())
    throw Error(Errc::usage, "--html and --compare do not go together");
  if (flags.html.empty() && flags.compared.empty()) return show_report(context, flags.campaign);
  const auto shown = get_campaign(context, flags.campaign);
  const auto period = usual_period(context, shown);
  if (!flags.html.empty())
    return write_page(context, flags.html, flags.replaces, "Campaign " + shown.slug, period, shown);
  const auto other = get_campaign(context, flags.compared);
  const auto other_period = usual_period(context, other);
  const auto tenant = context.tenant().id;
  auto [first, second] = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return std::pair{read_all(tx, tenant, period, shown.id), read_all(tx, tenant, other_period, other.id)};
  });
  first.name = shown.slug, second.name = other.slug;
  print_comparison(context, first, second);
}

std::string format_latency(const Figures& figures) {
  const auto latency = measure_latency(figures.latencies);
  if (!latency) return "";
  return fmt::format("{:<22} {:>9}  95 % within {:.1f} s, of {} delivered\n", "half delivered within",
                     fmt::format("{:.1f} s", static_cast<double>(latency->p50.count()) / 1000),
                     static_cast<double>(latency->p95.count()) / 1000, grouped(latency->messages));
}

// "received:stop" and the like, on one line.
std::string list_counts(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::string> all;
  for (const auto& [name, count] : counts)
    if (count != 0) all.push_back(fmt::format("{} {}", words_for(name), grouped(count)));
  return all.empty() ? "" : "  " + fmt::format("{}", fmt::join(all, ", "));
}

std::int64_t sum_of(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

std::string format_account(Context& context, const Period& period, const FiguresOf& all,
                           const std::vector<FiguresOf>& days) {
  const auto& figures = all.figures;
  const bool color = context.out().color();
  std::string text = describe(context, period) + "\n";
  std::vector<std::int64_t> sent;
  for (const auto& day : days)
    if (!sent.empty() || day.figures.left() != 0) sent.push_back(day.figures.left());
  if (sent.size() > 1 && sent.size() <= 60)
    text += fmt::format("{:<22} {}\n", fmt::format("sent by {}", to_string(choose_step(period))),
                        sparkline(sent));
  text += fmt::format("\n{:<22} {:>9}\n", "messages made", grouped(figures.made));
  for (const auto& [reason, messages] : figures.skipped)
    text += bar_line("  " + words_for(reason), messages, figures.made, color);
  for (const auto& [status, messages] : figures.statuses) {
    if (messages > 0)
      text += bar_line(fmt::format("  {}", words_for(std::string{to_string(status)})), messages, figures.made,
                       color);
    // More went on than came: they were made before.
    if (messages < 0)
      text += fmt::format("  {:<20} {:>9}  fewer than at the begin\n",
                          words_for(std::string{to_string(status)}), grouped(messages));
  }
  text += figures.is_conserved() ? "  which adds up\n"
                                 : "  which does not add up: run \"smscrm report verify\"\n";
  text += fmt::format("\n{:<22} {:>9}\n", "parts", grouped(figures.parts));
  for (const auto& [amount, currency, estimated] : all.cost)
    text += fmt::format("{:<22} {:>9}{}\n", "cost", format_money(amount, currency),
                        estimated ? ", estimated" : "");
  text += format_latency(figures);
  text += fmt::format("{:<22} {:>9}  by {} people\n", "clicks", grouped(figures.clicks),
                      grouped(figures.unique_clicks));
  text += fmt::format("{:<22} {:>9}{}\n", "texts received", grouped(sum_of(figures.received)),
                      list_counts(figures.received));
  text += fmt::format("{:<22} {:>9}{}\n", "opt-outs", grouped(sum_of(figures.opt_out_ways)),
                      list_counts(figures.opt_out_ways));
  return text;
}

void account(Context& context, const AccountFlags& flags) {
  if (!flags.html.empty() && flags.compares)
    throw Error(Errc::usage, "--html and --compare do not go together");
  const auto period = read_period(context, flags.period, std::nullopt);
  const auto& tenant = context.tenant();
  if (!flags.html.empty())
    return write_page(context, flags.html, flags.replaces, tenant.name.empty() ? tenant.slug : tenant.name,
                      period, std::nullopt);
  const auto before = period_before(period);
  auto [all, earlier, days] = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return std::tuple{
        read_all(tx, tenant.id, period, std::nullopt),
        flags.compares ? read_all(tx, tenant.id, before, std::nullopt) : FiguresOf{},
        list_figures(tx, tenant.id, period, std::nullopt, FiguresBy::time, choose_step(period))};
  });
  if (flags.compares) {
    all.name = "this time", earlier.name = "before";
    return print_comparison(context, earlier, all);
  }
  if (context.out().format() == Format::table)
    return context.out().print_raw(format_account(context, period, all, days));
  context.out().print_record(to_json(period, all));
}

// What people read in a table: an amount with its currency, and a name where there is none.
void put_in_words(Json& row, const std::string& key) {
  if (row[key].is_null()) row[key] = key == "country" ? "not known" : "none";
  if (!row.contains("cost") || row["cost"].is_null()) return;
  const bool estimated = row["costs"][0]["estimated"].get<bool>();
  row["cost"] = format_money(row["cost"].get<std::string>(), row["currency"].get<std::string>()) +
                (estimated ? ", estimated" : "");
}

std::vector<Json> rows_of(Context& context, const BreakdownFlags& flags, const Grouping& grouping,
                          Topic topic) {
  const auto campaign = campaign_of(context, flags.period);
  const auto period = read_period(context, flags.period, campaign);
  const auto tenant = context.tenant().id;
  const auto id = campaign ? std::optional{campaign->id} : std::nullopt;
  std::vector<Json> rows;
  for (const auto& each : context.transaction([&](Tx& tx) {
         use_one_snapshot(tx);
         return list_figures(tx, tenant, period, id, grouping, topic);
       }))
    rows.push_back(to_json(each, grouping.key(), topic));
  if (context.out().format() == Format::table)
    for (auto& row : rows) put_in_words(row, grouping.key());
  return rows;
}

// Times before anything was counted say nothing where nobody asked for them.
void drop_silence(std::vector<Json>& rows) {
  const auto is_silent = [](const Json& row) {
    for (const char* key :
         {"made", "sent", "clicks", "replies", "opt_outs", "parts", "undelivered", "failed"})
      if (row[key] != 0) return false;
    return true;
  };
  rows.erase(rows.begin(), std::ranges::find_if_not(rows, is_silent));
}

void timeline(Context& context, const BreakdownFlags& flags) {
  const auto step = flags.step.empty()
                        ? choose_step(read_period(context, flags.period, campaign_of(context, flags.period)))
                        : parse_step(flags.step);
  auto rows = rows_of(context, flags, {"", FiguresBy::time, step}, Topic::sending);
  if (flags.period.since.empty()) drop_silence(rows);
  std::int64_t highest = 0;
  for (const auto& row : rows) highest = std::max(highest, row["sent"].get<std::int64_t>());
  std::vector<Column> columns{"at", "sent"};
  if (context.out().format() == Format::table) {
    constexpr std::int64_t width = 16;
    for (auto& row : rows) row["chart"] = bar(row["sent"].get<std::int64_t>(), highest, width);
    columns.push_back(Column{"chart", " "}.spare());
  }
  for (const char* key : {"delivered", "undelivered", "failed"}) columns.emplace_back(key);
  columns.push_back(Column{"replies"}.spare(2));
  columns.push_back(Column{"opt_outs"}.spare(3));
  columns.push_back(Column{"unique_clicks", "clicked"}.spare(4));
  columns.push_back(Column{"parts"}.spare(5));
  context.out().print_list(columns, rows, "nothing was counted in that time");
}

void failures(Context& context, const PeriodFlags& flags) {
  const auto tenant = context.tenant().id;
  FailureFilter filter;
  filter.campaign = campaign_of(context, flags);
  if (!flags.since.empty()) filter.since = context.read_time("--since", flags.since, TimeSense::past);
  if (!flags.until.empty()) filter.until = context.read_time("--until", flags.until, TimeSense::past);
  std::vector<Json> rows;
  for (const auto& one : context.transaction([&](Tx& tx) { return count_failures(tx, tenant, filter); }))
    rows.push_back(to_json(one));
  context.out().print_list({"status",
                            {"error_code", "error"},
                            {"error_meaning", "meaning"},
                            "messages",
                            Column{"campaigns"}.spare(),
                            Column{"last_at"}.spare(2),
                            Column{"error_remedy", "remedy"}.below()},
                           rows, "nothing failed");
}

void links(Context& context, const PeriodFlags& flags) {
  const auto campaign = campaign_of(context, flags);
  const auto period = read_period(context, flags, campaign);
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& one : context.transaction([&](Tx& tx) {
         return list_link_figures(tx, tenant, period, campaign ? std::optional{campaign->id} : std::nullopt);
       }))
    rows.push_back(to_json(one));
  context.out().print_list({"link",
                            Column{"campaign"}.spare(),
                            Column{"name"}.spare(2),
                            "target_url",
                            "clicks",
                            {"unique_clicks", "people"}},
                           rows, "nobody followed a link in that time");
}

void replies(Context& context, const BreakdownFlags& flags) {
  if (flags.by != "keyword") {
    const auto grouping = parse_grouping(flags.by);
    return context.out().print_list({grouping.key(), "delivered", "replies", "opt_outs"},
                                    rows_of(context, flags, grouping, Topic::answers),
                                    "nobody answered in that time");
  }
  const auto campaign = campaign_of(context, flags.period);
  const auto period = read_period(context, flags.period, campaign);
  const auto tenant = context.tenant().id;
  const auto figures = context.transaction([&](Tx& tx) {
    return read_figures(tx, tenant, period, campaign ? std::optional{campaign->id} : std::nullopt);
  });
  context.out().print_list({"keyword", "texts"}, to_rows(figures.received, "keyword", "texts"),
                           "nobody wrote in that time");
}

void opt_outs(Context& context, const BreakdownFlags& flags) {
  if (flags.by != "way") {
    const auto grouping = parse_grouping(flags.by);
    return context.out().print_list(
        {grouping.key(), "delivered", "opt_outs", {"opt_outs_per_1000", "per 1,000 delivered"}},
        rows_of(context, flags, grouping, Topic::answers), "nobody opted out in that time");
  }
  const auto period = read_period(context, flags.period, std::nullopt);
  const auto tenant = context.tenant().id;
  const auto figures =
      context.transaction([&](Tx& tx) { return read_figures(tx, tenant, period, std::nullopt); });
  context.out().print_list({"way", "opt_outs"}, to_rows(figures.opt_out_ways, "way", "opt_outs"),
                           "nobody opted out in that time");
}

void senders(Context& context, const BreakdownFlags& flags) {
  context.out().print_list({"sender",
                            "sent",
                            "delivered",
                            {"delivered_percent", "%"},
                            "undelivered",
                            "failed",
                            Column{"parts"}.spare(2),
                            Column{"cost"}.spare(),
                            Column{"p50_ms", "half in ms"}.spare(3)},
                           rows_of(context, flags, parse_grouping("sender"), Topic::all),
                           "nothing was sent in that time");
}

void cost(Context& context, const BreakdownFlags& flags) {
  const auto grouping = parse_grouping(flags.by);
  std::vector<Column> columns{grouping.key(), "parts", "cost"};
  if (context.out().format() != Format::table) columns.emplace_back("currency");
  context.out().print_list(columns, rows_of(context, flags, grouping, Topic::cost),
                           "nothing was sent in that time");
}

void latency(Context& context, const BreakdownFlags& flags) {
  const auto grouping = parse_grouping(flags.by);
  context.out().print_list(
      {grouping.key(), "delivered", {"p50_ms", "half within ms"}, {"p95_ms", "95 % within ms"}},
      rows_of(context, flags, grouping, Topic::latency), "nothing was delivered in that time");
}

void verify(Context& context) {
  const auto& tenant = context.tenant();
  const auto checks = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return verify_rollup(tx, tenant.id);
  });
  print_checks(context, checks);
}

void add_page(CLI::App& verb, std::string& html, bool& replaces) {
  add_flag(verb, "--html", html, "FILE", "As a page with charts, into this file; \"-\": standard output.");
  add_switch(verb, "--force", replaces, "Over a file that is there.");
}

}  // namespace

void add_report(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "report", "What became of what was sent.",
                        "smscrm report campaign spring\n"
                        "smscrm report campaign spring --html spring.html\n"
                        "smscrm report account --since 2026-11-01 --compare\n"
                        "smscrm report failures --since 7d");
  auto reported = std::make_shared<CampaignFlags>();
  auto& campaign_verb = add_verb(noun, "campaign", "The numbers of one campaign.",
                                 [=, &context] { campaign(context, *reported); });
  add_positional(campaign_verb, "campaign", reported->campaign, "CAMPAIGN", "Slug or id.");
  add_flag(campaign_verb, "--compare", reported->compared, "CAMPAIGN", "Beside those of another one.");
  add_page(campaign_verb, reported->html, reported->replaces);

  auto of_account = std::make_shared<AccountFlags>();
  auto& account_verb = add_verb(noun, "account", "All that was sent and received in a time.",
                                [=, &context] { account(context, *of_account); });
  add_period(account_verb, of_account->period, false);
  add_switch(account_verb, "--compare", of_account->compares, "Beside the time before, of the same length.");
  add_page(account_verb, of_account->html, of_account->replaces);

  const auto add_breakdown = [&](const char* name, const char* summary,
                                 void (*run)(Context&, const BreakdownFlags&)) {
    auto flags = std::make_shared<BreakdownFlags>();
    auto& verb = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    add_period(verb, flags->period);
    return std::pair{flags, &verb};
  };
  const auto add_by = [](const auto& made, const std::vector<std::string>& words) {
    made.first->by = words.front();
    add_choice(*made.second, "--by", made.first->by, words, "By what it is told apart.")
        ->capture_default_str();
  };
  const auto over_time = add_breakdown("timeline", "What was sent and received, step by step.", timeline);
  add_choice(*over_time.second, "--step", over_time.first->step, {"quarter", "hour", "day", "week", "month"},
             "How long a step is; as fits the time, if not given. A quarter is one of an hour.");

  auto failed = std::make_shared<PeriodFlags>();
  auto& failures_verb = add_verb(noun, "failures", "Why messages did not arrive, and what helps.",
                                 [=, &context] { failures(context, *failed); });
  add_period(failures_verb, *failed);
  auto clicked = std::make_shared<PeriodFlags>();
  auto& links_verb =
      add_verb(noun, "links", "Who followed which link.", [=, &context] { links(context, *clicked); });
  add_period(links_verb, *clicked);

  add_by(add_breakdown("replies", "What people wrote back.", replies),
         {"keyword", "campaign", "day", "month"});
  auto outs = std::make_shared<BreakdownFlags>();
  auto& outs_verb =
      add_verb(noun, "opt-outs", "Who said no, and how.", [=, &context] { opt_outs(context, *outs); });
  add_period(outs_verb, outs->period, false);
  add_by(std::pair{outs, &outs_verb}, {"way", "campaign", "day", "month"});
  add_breakdown("senders", "Senders side by side.", senders);
  add_by(add_breakdown("cost", "What it cost.", cost), {"country", "campaign", "sender", "day", "month"});
  add_by(add_breakdown("latency", "How long it takes until a text is delivered.", latency),
         {"sender", "campaign", "day", "month"});
  add_verb(noun, "verify", "Count all rows again; 1 when any report is wrong.",
           [&context] { verify(context); });
}

}  // namespace smscrm
