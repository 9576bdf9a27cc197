#pragma once

#include "core/base/json.hpp"
#include "core/export/export.hpp"

namespace smscrm {

// What the request leaves out of its kind, as the command line has it: of the audit's entry.
Json filter_to_json(const ExportRequest& request);

// {"export", "kind", "form", "file", "compression", "rows", "bytes", "sha256", "cursor"}: what a file's
// reader checks it by, and where the next export begins. `file` null: standard output.
Json to_json(ExportId id, const ExportRequest& request, const Exported& exported, const Written& written,
             const std::string& file, std::string_view compression);

}  // namespace smscrm
