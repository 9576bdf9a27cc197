#include "core/export/request.hpp"

namespace smscrm {

ExportForm parse_export_form(std::string_view name) {
  if (name == "csv") return ExportForm::csv;
  if (name == "ndjson") return ExportForm::ndjson;
  if (name == "json") return ExportForm::json;
  throw Error(Errc::usage, "\"{}\" is no form of an export; use csv, ndjson or json", name);
}

void ExportRequest::check() const {
  const auto has_no = [&](const char* what) {
    return Error(Errc::usage, "an export of {} is not filtered by {}", to_string(kind), what);
  };
  const bool has_campaigns = kind == ExportKind::contacts || kind == ExportKind::messages ||
                             kind == ExportKind::clicks || kind == ExportKind::inbox;
  if (filter.campaign && !has_campaigns) throw has_no("campaign");
  if (!filter.statuses.empty() && kind != ExportKind::messages) throw has_no("status");
  if (filter.is_of_people() && kind == ExportKind::audit) throw has_no("people");
  if (!tenant && kind != ExportKind::audit)
    throw Error(Errc::usage, "the installation has an audit, and no {}", to_string(kind));
  // What came until then and was not seen is not after the cursor either.
  if (after && filter.until) throw Error(Errc::usage, "--after goes on to the end; leave --until out");
  if (bom && form != ExportForm::csv) throw Error(Errc::usage, "a byte order mark is for CSV");
}

}  // namespace smscrm
