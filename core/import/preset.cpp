#include "core/import/preset.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <toml++/toml.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

// Consent to email is none to texts. What their columns say of texts is known by their headers, as in any
// file. Sources: header lines of exports of each, as of 2026.
constexpr std::string_view hubspot = R"(
ignore = ["Contact owner"]
[map]
"Mobile Phone Number" = "phone"
"Phone Number" = "phone"
"WhatsApp Phone Number" = "phone"
"Record ID" = "external_id"
"Record ID - Contact" = "external_id"
"Country/Region" = "hubspot_country"
"Country" = "hubspot_country"
"Time Zone" = "hubspot_time_zone"
)";
constexpr std::string_view mailchimp = R"(
ignore = ["MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE",
          "GMTOFF", "DSTOFF", "LAST_CHANGED", "LEID"]
[map]
"SMS Phone Number" = "phone"
"SMS Phone" = "phone"
"Phone Number" = "phone"
"Phone" = "phone"
"EUID" = "external_id"
"CC" = "country"
"TIMEZONE" = "timezone"
"TAGS" = "mailchimp_tags"
)";
// The console's export, and the keys of the API (an NDJSON file of its messages).
constexpr std::string_view twilio = R"(
ignore = ["ApiVersion", "NumSegments", "AccountSid", "Sid", "Price", "PriceUnit", "NumMedia", "ErrorMessage",
          "MessagingServiceSid", "uri", "SubresourceUris", "Tags"]
[map]
"From" = "message_from"
"To" = "message_to"
"Direction" = "message_direction"
"Status" = "message_status"
"Body" = "message_body"
"ErrorCode" = "message_error"
"SentDate" = "message_at"
"DateSent" = "message_at"
"DateCreated" = "message_at"
"DateUpdated" = "message_at"
)";

class PresetReader {
 public:
  explicit PresetReader(std::string name) : name_(std::move(name)) {}

  ImportPreset read(const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (key == "region") {
        preset_.region = text(node);
      } else if (key == "delimiter") {
        const auto value = text(node);
        if (value.size() != 1) throw wrong(node, "a delimiter is one character");
        preset_.delimiter = value.front();
      } else if (key == "columns" && node.is_array()) {
        for (const auto& each : *node.as_array()) preset_.columns.push_back(each.value_or(std::string{}));
      } else if (key == "ignore" && node.is_array()) {
        for (const auto& each : *node.as_array()) preset_.ignore.push_back(text(each));
      } else if (key == "map" && node.is_table()) {
        read_map(*node.as_table());
      } else {
        throw wrong(node, fmt::format("\"{}\" is none of region, delimiter, columns, ignore = […] and [map]",
                                      key.str()));
      }
    }
    return std::move(preset_);
  }

 private:
  // The order of the file, which a TOML table forgets, says which column is preferred.
  void read_map(const toml::table& map) {
    std::vector<std::pair<toml::source_position, std::pair<std::string, std::string>>> entries;
    for (const auto& [header, meaning] : map)
      entries.emplace_back(meaning.source().begin, std::pair{std::string{header.str()}, text(meaning)});
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& entry : entries) preset_.map.push_back(std::move(entry.second));
  }

  std::string text(const toml::node& node) const {
    const auto value = node.value_exact<std::string>();
    if (!value || value->empty()) throw wrong(node, "a text is expected");
    return *value;
  }

  Error wrong(const toml::node& node, const std::string& what) const {
    return {Errc::usage, "{}:{}: {}", name_, node.source().begin.line, what};
  }

  std::string name_;
  ImportPreset preset_;
};

}  // namespace

ImportPreset load_import_preset(const std::string& name) {
  const bool built_in = std::ranges::find(preset_names, name) != std::end(preset_names);
  if (!built_in && !std::filesystem::is_regular_file(name))
    throw Error(Errc::usage, "there is no preset \"{}\"", name)
        .with_hint("write hubspot, mailchimp, twilio, or the name of a file that --save-preset made");
  try {
    return PresetReader{name}.read(!built_in             ? toml::parse_file(name)
                                   : name == "hubspot"   ? toml::parse(hubspot)
                                   : name == "mailchimp" ? toml::parse(mailchimp)
                                                         : toml::parse(twilio));
  } catch (const toml::parse_error& error) {
    throw Error(Errc::usage, "{}:{}: {}", name, error.source().begin.line, error.description());
  }
}

std::string format_import_preset(const ImportPreset& preset) {
  std::ostringstream out;
  const auto quoted = [&](const std::string& text) -> std::ostream& {
    return out << toml::value<std::string>{text};
  };
  if (!preset.region.empty()) (out << "region = ", quoted(preset.region)) << '\n';
  if (preset.delimiter) (out << "delimiter = ", quoted(std::string{*preset.delimiter})) << '\n';
  const auto write_list = [&](const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    out << name << " = [";
    for (std::size_t i = 0; i < texts.size(); ++i) (out << (i == 0 ? "" : ", "), quoted(texts[i]));
    out << "]\n";
  };
  write_list("columns", preset.columns);
  write_list("ignore", preset.ignore);
  if (!preset.map.empty()) out << "\n[map]\n";
  for (const auto& [header, meaning] : preset.map) {
    // A key written as a basic string may hold anything.
    std::string key = "\"";
    for (const char c : header) {
      if (c == '"' || c == '\\') key += '\\';
      key += c;
    }
    (out << key << "\" = ", quoted(meaning)) << '\n';
  }
  return out.str();
}

}  // namespace smscrm
