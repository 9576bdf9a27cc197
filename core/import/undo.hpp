// Taking an import back.
#pragma once

#include "core/import/import.hpp"

namespace smscrm {

struct ImportUndo {
  ImportId import;
  std::int64_t deleted = 0;        // contacts that it had created
  std::int64_t restored = 0;       // contacts that it had changed
  std::int64_t removed = 0;        // memberships that it had added to lists
  std::int64_t kept_created = 0;   // touched since: changed, texted, heard from, or put on another list
  std::int64_t kept_changed = 0;   // changed again or deleted since
  std::int64_t withdrawn = 0;      // numbers whose consent it was, and that have none now
  std::int64_t kept_consents = 0;  // numbers that stay opted in: somebody else said so, before or since
  std::int64_t kept_opt_outs = 0;  // numbers that it opted out
};

// Deletes what the import created and restores what it changed, unless it was touched since, and takes its
// members off the lists. Consent that it recorded is withdrawn (core/consent/withdrawal.hpp); opt-outs stay.
// In one transaction of its own; takes turns with imports. Throws Error{not_found}; Error{conflict} when it
// runs still or is undone already.
ImportUndo undo_import(Connection& connection, TenantId tenant, ImportId id);

}  // namespace smscrm
