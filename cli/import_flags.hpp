// The flags of "smscrm import run", and what they mean.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/import/import.hpp"

namespace smscrm {

struct ImportFlags {
  std::string file, list, region, format, delimiter, columns, encoding, consent_source, consent_at,
      max_rejects, key, rejects, preset, save_preset;
  std::string on_conflict = "update";
  std::vector<std::string> map, ignore, tags;
  std::int64_t max_rows = default_max_rows;
  bool dry_run = false, strict = false, force = false, allow_rejects = false;
};

void add_import_flags(CLI::App& verb, ImportFlags& flags);

// Throws Error{usage} for what cannot be read. Reads the preset, if one is named.
ImportOptions make_import_options(Context& context, const ImportFlags& flags);

// Flags first, then what the preset said, so that both together mean again what they meant here.
void save_import_preset(const ImportOptions& options, const std::string& path);

}  // namespace smscrm
