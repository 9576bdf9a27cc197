// The options of an import in its record, from which it can be resumed.
#pragma once

#include <string>
#include <string_view>

#include "core/import/import.hpp"

namespace smscrm {

// A JSON object without what is at its default; neither the source nor a dry run is part of it.
std::string format_import_options(const ImportOptions& options);
ImportOptions parse_import_options(std::string_view json);

}  // namespace smscrm
