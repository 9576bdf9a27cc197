// Imports as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/import/import.hpp"
#include "core/import/number_list.hpp"
#include "core/import/undo.hpp"

namespace smscrm {

Json to_json(const Import& import);
Json to_json(const ImportRun& run);  // the import's keys, and more
Json to_json(const ImportUndo& undone);
Json to_json(const ImportReject& reject);
Json to_json(const ListedNumber& number);  // one that cannot be read

}  // namespace smscrm
