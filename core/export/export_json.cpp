#include "core/export/export_json.hpp"

#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

std::string_view word_of(ExportForm form) {
  switch (form) {
    case ExportForm::csv:
      return "csv";
    case ExportForm::ndjson:
      return "ndjson";
    case ExportForm::json:
      return "json";
  }
  return "";
}

}  // namespace

Json filter_to_json(const ExportRequest& request) {
  const auto& filter = request.filter;
  auto json = Json::object();
  if (filter.campaign) json["campaign"] = filter.campaign->slug;
  if (filter.list) json["list"] = filter.list->slug;
  if (!filter.tag.empty()) json["tag"] = filter.tag;
  if (filter.rule && !filter.rule->slug.empty()) json["segment"] = filter.rule->slug;
  if (filter.rule) json["rule"] = format_rule(filter.rule->rule);
  for (const auto status : filter.statuses) json["status"].push_back(to_string(status));
  if (filter.since) json["since"] = format_rfc3339(*filter.since);
  if (filter.until) json["until"] = format_rfc3339(*filter.until);
  if (request.after) json["after"] = format_cursor(*request.after);
  if (!request.columns.empty()) json["columns"] = request.columns;
  return json;
}

Json to_json(ExportId id, const ExportRequest& request, const Exported& exported, const Written& written,
             const std::string& file, std::string_view compression) {
  return {{"export", id.value},
          {"kind", to_string(request.kind)},
          {"form", word_of(request.form)},
          {"compression", compression},
          {"file", file.empty() ? Json{} : Json(file)},
          {"rows", exported.rows},
          {"bytes", written.bytes},
          {"sha256", hex_encode(written.sha256)},
          {"cursor", exported.cursor ? Json(format_cursor(*exported.cursor)) : Json{}}};
}

}  // namespace smscrm
