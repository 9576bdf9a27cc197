// Presets: what the columns of a kind of file mean, to be used again.
//
//   region = "US"
//   delimiter = ";"
//   columns = ["Mobile Phone Number", "Name", ""]    # of files without a line of headers
//   ignore = ["Lead Status"]
//   [map]                             # in order: of several columns of one field the first counts
//   "Mobile Phone Number" = "phone"
//   "Phone Number" = "phone"
//
// All of it is optional, and so are the columns in a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/import/columns.hpp"

namespace smscrm {

struct ImportPreset {
  std::string region;                                         // empty: not said
  std::optional<char> delimiter;                              // nullopt: not said
  std::vector<std::string> columns = {};                      // ImportOptions::column_names; empty: not said
  std::vector<std::pair<std::string, std::string>> map = {};  // as ColumnOptions::preset_map
  std::vector<std::string> ignore = {};
};

// Those that come with us, by the names of the programs that export such files.
inline constexpr std::string_view preset_names[] = {"hubspot", "mailchimp", "twilio"};

// `name`: one of preset_names, else a TOML file. Throws Error{usage} when there is no such file, or for what
// it must not have, with the line.
ImportPreset load_import_preset(const std::string& name);

// The TOML of a preset, which load_import_preset reads.
std::string format_import_preset(const ImportPreset& preset);

}  // namespace smscrm
