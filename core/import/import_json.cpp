#include "core/import/import_json.hpp"

namespace smscrm {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json to_json(const Import& import) {
  const auto& counts = import.counts;
  Json json{{"import", or_null(import.id)},
            {"status", import.status},
            {"source", import.source},
            {"encoding", text_or_null(import.format.encoding)},
            {"encoding_guessed_from", text_or_null(import.format.guessed_from)},
            {"compression", text_or_null(import.format.compression)},
            {"format", text_or_null(import.format.format)},
            {"delimiter", text_or_null(import.format.delimiter == "\t" ? "tab" : import.format.delimiter)},
            {"rows", counts.rows},
            {"created", counts.created},
            {"updated", counts.updated},
            {"unchanged", counts.unchanged},
            {"duplicate", counts.duplicate},
            {"rejected", counts.rejected},
            {"opt_outs", counts.opt_outs},
            {"opted_out_kept", counts.opted_out_kept},
            {"no_consent", counts.no_consent},
            {"columns", Json::array()},
            {"reasons", Json::object()},
            {"warnings", Json::object()},
            {"rejects_file", text_or_null(import.rejects_file)},
            {"dry_run", !import.id},
            {"key", text_or_null(import.key)},
            {"error", text_or_null(import.error)},
            {"started_at", format_rfc3339(import.started_at)},
            {"finished_at", or_null(import.finished_at)},
            {"seconds", Json{}}};
  for (const auto& [reason, rows] : counts.reasons) json["reasons"][reason] = rows;
  for (const auto& [warning, rows] : counts.warnings) json["warnings"][warning] = rows;
  for (const auto& column : import.columns)
    json["columns"].push_back({{"column", column.column},
                               {"field", column.field},
                               {"attribute", text_or_null(column.attribute)},
                               {"consent", text_or_null(column.consent)},
                               {"near", text_or_null(column.near)}});
  if (import.finished_at) {
    const auto length =
        std::chrono::duration_cast<std::chrono::milliseconds>(*import.finished_at - import.started_at);
    json["seconds"] = static_cast<double>(length.count()) / 1000;
  }
  return json;
}

Json to_json(const ImportRun& run) {
  auto json = to_json(run.import);
  json["replayed"] = run.replayed;
  return json;
}

Json to_json(const ImportUndo& undone) {
  return {{"import", undone.import.value},
          {"status", "undone"},
          {"deleted", undone.deleted},
          {"restored", undone.restored},
          {"memberships_removed", undone.removed},
          {"kept_created", undone.kept_created},
          {"kept_changed", undone.kept_changed},
          {"consents_withdrawn", undone.withdrawn},
          {"kept_consents", undone.kept_consents},
          {"kept_opt_outs", undone.kept_opt_outs}};
}

Json to_json(const ImportReject& reject) {
  return {
      {"line", reject.line}, {"reason", reject.reason}, {"column", reject.column}, {"fields", reject.fields}};
}

Json to_json(const ListedNumber& number) {
  return {{"line", number.line}, {"phone", number.text}, {"reason", number.reason}};
}

}  // namespace smscrm
