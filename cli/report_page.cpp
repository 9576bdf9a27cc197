#include "cli/report_page.hpp"

#include <algorithm>
#include <cmath>

#include "cli/words.hpp"
#include "core/base/local_time.hpp"
#include "core/base/text.hpp"
#include "core/provider/error_text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --soft: #5c6370; --line: #d5d9df;
  --good: #1a7f4b; --bad: #c0392b; --rest: #8792a2; --bar: #2f6fb5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #14171b; --soft: #9aa4b2; --line: #333a44;
  --good: #4cc38a; --bad: #ff7b6b; --rest: #6d7889; --bar: #6aa9f0; } }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p { margin: .2rem 0; color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-top: .5rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: start; vertical-align: top; }
th { font-weight: 600; } td.n, th.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; } svg text { fill: var(--soft); font-size: 11px; }
.good { fill: var(--good); } .bad { fill: var(--bad); } .rest { fill: var(--rest); } .bar { fill: var(--bar); }
.axis { stroke: var(--line); stroke-width: 1; }
.key span { display: inline-block; width: .8em; height: .8em; border-radius: .15em; margin: 0 .35em 0 1em; }
.key span:first-child { margin-inline-start: 0; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #444; --line: #bbb; }
  body { margin: 0; max-width: none; padding: 0; } h2 { break-after: avoid; } tr, svg { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

std::string digits(std::int64_t number) { return group_digits(fmt::format("{}", number)); }

std::string percent(std::int64_t part, std::int64_t all) {
  return all <= 0 ? ""
                  : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

std::string cost_of(const FiguresOf& of) {
  std::vector<std::string> all;
  for (const auto& [amount, currency, estimated] : of.cost)
    all.push_back(format_money(amount, currency) + (estimated ? " (estimated)" : ""));
  return join(all, ", ");
}

std::string seconds(std::chrono::milliseconds latency) {
  return fmt::format("{:.1f} s", static_cast<double>(latency.count()) / 1000);
}

// A column whose name begins with "#" is of numbers.
std::string table(const std::vector<std::string>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  const auto number = [&](std::size_t column) { return columns[column].starts_with('#'); };
  std::string html = "<div class=\"wide\"><table>\n";
  if (std::ranges::any_of(columns, [](const auto& name) { return !name.empty(); })) {
    html += "<thead><tr>";
    for (std::size_t i = 0; i < columns.size(); ++i)
      html += fmt::format("<th scope=\"col\"{}>{}</th>", number(i) ? " class=\"n\"" : "",
                          escape_html(number(i) ? columns[i].substr(1) : columns[i]));
    html += "</tr></thead>\n";
  }
  html += "<tbody>\n";
  for (const auto& row : rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      html += fmt::format("<td{}>{}</td>", number(i) ? " class=\"n\"" : "", escape_html(row[i]));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string section(std::string_view heading, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escape_html(heading), content);
}

// Horizontal bars, one a row.
std::string bars(std::string_view what, const std::vector<std::pair<std::string, std::int64_t>>& rows) {
  constexpr std::size_t most = 20;
  std::int64_t highest = 1;
  for (const auto& [name, count] : rows) highest = std::max(highest, count);
  const auto shown = std::min(rows.size(), most);
  std::string svg = fmt::format("<svg viewBox=\"0 0 800 {}\" role=\"img\" aria-label=\"{}\">\n",
                                shown * 24 + 4, escape_html(what));
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [name, count] = rows[i];
    auto label = name;
    if (display_width(label) > 32) {
      std::size_t at = 0;
      for (int letters = 0; letters < 31 && at < label.size(); ++letters) next_code_point(label, at);
      label = label.substr(0, at) + "…";
    }
    const auto width =
        480.0 * static_cast<double>(std::max<std::int64_t>(count, 0)) / static_cast<double>(highest);
    svg += fmt::format(
        "<text x=\"210\" y=\"{0}\" text-anchor=\"end\">{1}</text>"
        "<rect class=\"bar\" x=\"220\" y=\"{2}\" width=\"{3:.1f}\" height=\"16\" rx=\"2\"/>"
        "<text x=\"{4:.1f}\" y=\"{0}\">{5}</text>\n",
        i * 24 + 16, escape_html(label), i * 24 + 4, width, 226 + width, digits(count));
  }
  return "<div class=\"wide\">" + svg + "</svg></div>\n";
}

std::string format_step(Timestamp at, const Period& period, Step step) {
  const auto text = format_local(at, period.zone);
  switch (step) {
    case Step::quarter:
    case Step::hour:
      return text;
    case Step::month:
      return text.substr(0, 7);
    default:
      return text.substr(0, 10);
  }
}

// Columns over time: delivered, failed and the rest of what left.
std::string columns_over_time(const ReportPage& page) {
  constexpr double height = 180, width = 760, left = 36;
  std::int64_t highest = 1;
  for (const auto& each : page.timeline) highest = std::max(highest, each.figures.left());
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 800 215\" role=\"img\" aria-label=\"Messages sent by {}: delivered, failed and "
      "others. The"
      " table below has the numbers.\">\n<line class=\"axis\" x1=\"{}\" y1=\"185\" x2=\"796\" y2=\"185\"/>\n"
      "<text x=\"{}\" y=\"14\" text-anchor=\"end\">{}</text><text x=\"{}\" y=\"185\" "
      "text-anchor=\"end\">0</text>\n",
      to_string(page.step), left, left - 4, digits(highest), left - 4);
  const auto n = page.timeline.size();
  const double slot = width / static_cast<double>(std::max<std::size_t>(n, 8));
  for (std::size_t i = 0; i < n; ++i) {
    const auto& figures = page.timeline[i].figures;
    const double x = left + slot * static_cast<double>(i) + slot * 0.1, w = slot * 0.8;
    double y = 185;
    const auto piece = [&](const char* name, std::int64_t count) {
      if (count <= 0) return;
      const double h = (height - 10) * static_cast<double>(count) / static_cast<double>(highest);
      y -= h;
      svg += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\"/>",
                         name, x, y, w, h);
    };
    const auto delivered = figures.count(MessageStatus::delivered);
    piece("good", delivered);
    piece("bad", figures.failed());
    piece("rest", figures.left() - delivered - figures.failed());
    svg += "\n";
  }
  const auto label = [&](std::size_t i, const char* anchor, double x) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"205\" text-anchor=\"{}\">{}</text>\n", x, anchor,
                       format_step(page.timeline[i].at, page.period, page.step));
  };
  if (n > 0) label(0, "start", left);
  if (n > 2) label(n - 1, "end", left + slot * static_cast<double>(n));
  svg = "<div class=\"wide\">" + svg + "</svg></div>\n";
  return svg +
         "<p class=\"key\"><span class=\"good\" style=\"background:var(--good)\"></span>delivered"
         "<span style=\"background:var(--bad)\"></span>failed"
         "<span style=\"background:var(--rest)\"></span>sent, no receipt yet</p>\n";
}

std::string proof_section(const ReportPage& page) {
  const auto& figures = page.all.figures;
  std::vector<std::vector<std::string>> rows{{"made", digits(figures.made), ""}};
  std::vector<std::pair<std::string, std::int64_t>> chart;
  const auto add = [&](const std::string& name, std::int64_t count) {
    if (count == 0) return;
    rows.push_back({name, digits(count), percent(count, figures.made)});
    chart.emplace_back(name, count);
  };
  for (const auto& [reason, messages] : figures.skipped) add("skipped: " + words_for(reason), messages);
  for (const auto& [status, messages] : figures.statuses)
    add(words_for(std::string{to_string(status)}), messages);
  return section(
      "What became of them",
      bars("Messages by what became of them. The table below has the numbers.", chart) +
          table({"", "#messages", "#share"}, rows) +
          (figures.is_conserved() ? "<p>The lines add up to the messages made.</p>\n"
                                  : "<p>The lines do not add up to the messages made: run smscrm report"
                                    " verify.</p>\n"));
}

std::string summary_section(const ReportPage& page) {
  const auto& figures = page.all.figures;
  std::vector<std::vector<std::string>> rows{{"parts", digits(figures.parts)}, {"cost", cost_of(page.all)}};
  if (const auto latency = measure_latency(figures.latencies))
    rows.push_back({"sent to delivered", fmt::format("half within {}, 95 % within {}", seconds(latency->p50),
                                                     seconds(latency->p95))});
  rows.push_back(
      {"clicks", fmt::format("{} by {} people", digits(figures.clicks), digits(figures.unique_clicks))});
  rows.push_back({"replies", digits(figures.replies)});
  rows.push_back({"opt-outs", digits(figures.opt_outs)});
  return section("In short", table({"", ""}, rows));
}

std::string timeline_section(const ReportPage& page) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : page.timeline) {
    const auto& f = each.figures;
    if (f.left() == 0 && f.clicks == 0 && f.replies == 0 && f.failed() == 0) continue;
    rows.push_back({format_step(each.at, page.period, page.step), digits(f.left()),
                    digits(f.count(MessageStatus::delivered)), digits(f.failed()), digits(f.clicks),
                    digits(f.replies), digits(f.opt_outs)});
  }
  return section(
      page.step == Step::quarter ? "By quarter of an hour" : fmt::format("By {}", to_string(page.step)),
      columns_over_time(page) + table({std::string{to_string(page.step)}, "#sent", "#delivered", "#failed",
                                       "#clicks", "#replies", "#opt-outs"},
                                      rows));
}

std::string failure_section(const ReportPage& page) {
  if (page.failures.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::pair<std::string, std::int64_t>> chart;
  for (const auto& each : page.failures) {
    const auto known = each.error_code ? explain_error(*each.error_code) : ErrorText{};
    const auto code = each.error_code ? fmt::format("{}", *each.error_code) : std::string{"none"};
    chart.emplace_back(fmt::format("{} {}", code, known.meaning), each.messages);
    rows.push_back({std::string{to_string(each.status)}, code, std::string{known.meaning},
                    digits(each.messages), std::string{known.remedy}});
  }
  return section("Why messages did not arrive",
                 bars("Failures by error. The table below has the numbers.", chart) +
                     table({"", "error", "meaning", "#messages", "what helps"}, rows));
}

std::string breakdown_section(std::string_view heading, std::string_view column,
                              const std::vector<FiguresOf>& groups) {
  if (groups.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::pair<std::string, std::int64_t>> chart;
  for (const auto& each : groups) {
    const auto name = each.name.empty() ? std::string{column == "country" ? "not known" : "none"} : each.name;
    const auto& f = each.figures;
    chart.emplace_back(name, column == "country" ? f.parts : f.left());
    if (column == "country") {
      rows.push_back({name, digits(f.parts), cost_of(each)});
      continue;
    }
    const auto latency = measure_latency(f.latencies);
    rows.push_back({name, digits(f.left()), percent(f.count(MessageStatus::delivered), f.left()),
                    digits(f.failed()), digits(f.parts), cost_of(each),
                    latency ? seconds(latency->p50) : ""});
  }
  const auto columns =
      column == "country"
          ? std::vector<std::string>{std::string{column}, "#parts", "#cost"}
          : std::vector<std::string>{std::string{column}, "#sent", "#delivered", "#failed", "#parts", "#cost",
                                     "#half within"};
  return section(heading, bars(fmt::format("{}. The table below has the numbers.", heading), chart) +
                              table(columns, rows));
}

std::string link_section(const ReportPage& page) {
  if (page.links.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::pair<std::string, std::int64_t>> chart;
  for (const auto& link : page.links) {
    chart.emplace_back(link.name.empty() ? link.target_url : link.name, link.people);
    rows.push_back({link.target_url, link.campaign, digits(link.clicks), digits(link.people)});
  }
  return section("Links", bars("People who followed each link. The table below has the numbers.", chart) +
                              table({"leads to", "campaign", "#clicks", "#people"}, rows));
}

}  // namespace

ReportPage read_report_page(Tx& tx, TenantId tenant, const Period& period,
                            const std::optional<Campaign>& campaign) {
  ReportPage page;
  page.period = period;
  page.step = choose_step(period);
  const auto id = campaign ? std::optional{campaign->id} : std::nullopt;
  page.all.figures = read_figures(tx, tenant, period, id);
  page.all.cost = read_cost(tx, tenant, page.all.figures);
  page.timeline = list_figures(tx, tenant, period, id, FiguresBy::time, page.step, Topic::sending);
  page.senders = list_figures(tx, tenant, period, id, parse_grouping("sender"), Topic::all);
  page.countries = list_figures(tx, tenant, period, id, parse_grouping("country"), Topic::cost);
  if (!campaign)
    page.campaigns = list_figures(tx, tenant, period, id, parse_grouping("campaign"), Topic::sending);
  page.links = list_link_figures(tx, tenant, period, id);
  FailureFilter filter;
  filter.campaign = campaign;
  filter.since = period.from;
  filter.until = period.to;
  page.failures = count_failures(tx, tenant, filter);
  return page;
}

std::string format_report_page(const ReportPage& page) {
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n<p>{2}</p>\n"
             "<p>{3} to {4}, {5}</p>\n",
             escape_html(page.title), style, escape_html(page.subtitle),
             format_local(page.period.from, page.period.zone), format_local(page.period.to, page.period.zone),
             escape_html(page.period.zone)) +
         proof_section(page) + summary_section(page) + timeline_section(page) + failure_section(page) +
         breakdown_section("Campaigns", "campaign", page.campaigns) +
         breakdown_section("Senders", "sender", page.senders) +
         breakdown_section("Countries", "country", page.countries) + link_section(page) +
         "</main>\n</body>\n</html>\n";
}

}  // namespace smscrm
