// Whose numbers a list or an import has, for whoever does something about all of them.
#pragma once

#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// Of the contacts on it, ascending.
std::vector<std::string> list_numbers_on_list(Tx& tx, TenantId tenant, ListId list);

// Those that it created, changed, put on a list or recorded consent of, whether or not it was undone since;
// ascending, each once.
std::vector<std::string> list_numbers_of_import(Tx& tx, TenantId tenant, ImportId import);

}  // namespace smscrm
