// A report as one HTML page that needs nothing else: charts as SVG, a table below each, by day and by night
// and on paper.
#pragma once

#include <string>

#include "core/report/breakdown.hpp"
#include "core/report/failures.hpp"

namespace smscrm {

struct ReportPage {
  std::string title;     // "Campaign spring"
  std::string subtitle;  // whose, when
  Period period;
  Step step = Step::day;
  FiguresOf all;
  std::vector<FiguresOf> timeline, senders, countries;
  std::vector<FiguresOf> campaigns;  // of an account
  std::vector<LinkFigures> links;
  std::vector<Failures> failures;
};

// What of `period` is to be shown. `campaign`: of it alone.
ReportPage read_report_page(Tx& tx, TenantId tenant, const Period& period,
                            const std::optional<Campaign>& campaign);

std::string format_report_page(const ReportPage& page);

}  // namespace smscrm
