// What is to be exported, and how.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/contact/list.hpp"
#include "core/export/cursor.hpp"
#include "core/ledger/message_status.hpp"
#include "core/segment/preview.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

enum class ExportForm {
  csv,     // RFC 4180: a header, CRLF, UTF-8
  ndjson,  // an object a line
  json,    // an array of them
};

// Throws Error{usage}.
ExportForm parse_export_form(std::string_view name);

// Empty members do not restrict. Those of contacts are about the person of a message, click, text or entry
// of the ledger.
struct ExportFilter {
  std::optional<Campaign> campaign = {};  // of contacts: to whom it wrote a message, skipped ones too
  std::optional<List> list = {};
  std::string tag = {};  // as normalize_tags gives it
  std::optional<WantedRule> rule = {};
  std::vector<MessageStatus> statuses = {};         // of messages: any of them
  std::optional<Timestamp> since = {}, until = {};  // `until` itself is left out

  bool is_of_people() const { return list || !tag.empty() || rule; }
};

struct ExportRequest {
  ExportKind kind = ExportKind::contacts;
  std::optional<Tenant> tenant = {};  // nullopt: the installation, which has an audit and nothing else
  ExportForm form = ExportForm::csv;
  bool raw = false;                       // CSV without the guard against formulas (core/import/formula.hpp)
  bool bom = false;                       // CSV: a byte order mark first, by which Excel knows UTF-8
  std::vector<std::string> columns = {};  // only these, in this order; empty: all
  ExportFilter filter = {};
  std::optional<ExportCursor> after = {};  // only what came or changed since

  // Throws Error{usage} for what does not go together: a filter that the kind has not, "after" and "until".
  void check() const;
};

}  // namespace smscrm
