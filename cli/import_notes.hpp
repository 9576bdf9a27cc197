// What an import says for people beside its numbers.
#pragma once

#include "cli/output.hpp"
#include "core/import/import.hpp"

namespace smscrm {

void add_import_notes(Output& out, const ImportRun& run);

}  // namespace smscrm
