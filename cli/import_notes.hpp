// What an import says for people beside its numbers.
#pragma once

#include <optional>

#include "cli/output.hpp"
#include "core/import/import.hpp"

namespace smscrm {

// How its columns were read, and which of them may be misspelt.
void add_column_notes(Output& out, const Import& import);

// The record as it is printed: whole for programs, and for people without what is as ever or none.
Json to_record(const Import& import, const Output& out);

void add_import_notes(Output& out, const ImportRun& run);

// When a signal has ended the import: what is in, and the way on and back. nullopt: it had not begun.
void tell_interrupted(Output& out, const std::optional<Import>& import);

}  // namespace smscrm
