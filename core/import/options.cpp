#include "core/import/options.hpp"

#include <nlohmann/json.hpp>

namespace smscrm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<OnConflict, std::string_view> on_conflict_words[] = {
    {OnConflict::update, "update"},
    {OnConflict::fill, "fill"},
    {OnConflict::skip, "skip"},
};

std::string text_of(const Json& json, const char* name) { return json.value(name, std::string{}); }

}  // namespace

std::string format_import_options(const ImportOptions& options) {
  Json json = Json::object();
  for (const auto& [mode, word] : on_conflict_words)
    if (mode == options.on_conflict) json["on_conflict"] = word;
  json["strict"] = options.strict;
  const auto add_text = [&](const char* name, const std::string& text) {
    if (!text.empty()) json[name] = text;
  };
  add_text("region", options.region);
  add_text("format", options.format);
  if (options.delimiter) json["delimiter"] = std::string{*options.delimiter};
  if (!options.column_names.empty()) json["columns"] = options.column_names;
  if (options.max_rows != default_max_rows) json["max_rows"] = options.max_rows;
  add_text("encoding", options.encoding);
  add_text("list", options.list);
  if (!options.tags.empty()) json["tags"] = options.tags;
  add_text("consent_source", options.consent_source);
  if (options.consent_at) json["consent_at"] = format_rfc3339(*options.consent_at);
  for (const auto& [header, meaning] : options.columns.map) json["map"][header] = meaning;
  if (!options.columns.ignore.empty()) json["ignore"] = options.columns.ignore;
  for (const auto& [header, meaning] : options.columns.preset_map)
    json["preset_map"].push_back(Json::array({header, meaning}));  // in order
  if (!options.columns.preset_ignore.empty()) json["preset_ignore"] = options.columns.preset_ignore;
  if (options.max_rejects && options.max_rejects->rows)
    json["max_rejects"]["rows"] = *options.max_rejects->rows;
  else if (options.max_rejects)
    json["max_rejects"]["percent"] = options.max_rejects->percent;
  add_text("key", options.key);
  add_text("rejects_file", options.rejects_file);
  return json.dump();
}

ImportOptions parse_import_options(std::string_view text) {
  const auto json = Json::parse(text);
  ImportOptions options;
  const auto on_conflict = text_of(json, "on_conflict");
  for (const auto& [mode, word] : on_conflict_words)
    if (word == on_conflict) options.on_conflict = mode;
  options.strict = json.value("strict", false);
  options.region = text_of(json, "region");
  options.format = text_of(json, "format");
  options.column_names = json.value("columns", options.column_names);
  options.max_rows = json.value("max_rows", default_max_rows);
  if (json.contains("delimiter")) options.delimiter = text_of(json, "delimiter").at(0);
  options.encoding = text_of(json, "encoding");
  options.list = text_of(json, "list");
  options.tags = json.value("tags", std::vector<std::string>{});
  options.consent_source = text_of(json, "consent_source");
  if (json.contains("consent_at")) options.consent_at = parse_rfc3339(text_of(json, "consent_at"));
  if (json.contains("map"))
    for (const auto& [header, meaning] : json["map"].items())
      options.columns.map.emplace_back(header, meaning.get<std::string>());
  options.columns.ignore = json.value("ignore", std::vector<std::string>{});
  if (json.contains("preset_map"))
    for (const auto& entry : json["preset_map"])
      options.columns.preset_map.emplace_back(entry[0].get<std::string>(), entry[1].get<std::string>());
  options.columns.preset_ignore = json.value("preset_ignore", std::vector<std::string>{});
  if (json.contains("max_rejects")) {
    const auto& limit = json["max_rejects"];
    options.max_rejects.emplace();
    if (limit.contains("rows")) options.max_rejects->rows = limit["rows"].get<std::int64_t>();
    options.max_rejects->percent = limit.value("percent", 100.0);
  }
  options.key = text_of(json, "key");
  options.rejects_file = text_of(json, "rejects_file");
  return options;
}

}  // namespace smscrm
