// Exports: a tenant's rows as CSV or JSON, streamed by COPY, of one state of the database.
//
// CSV follows RFC 4180: CRLF, UTF-8, a header also where there are no rows. Cells that a spreadsheet would
// run have an apostrophe more, which an import takes away again; JSON says everything as it is. A file of
// contacts is one that an import understands: attributes are columns, consent is yes or no with its proof,
// and what an import has no use for stands in columns that begin with smscrm_, which it leaves out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/export/request.hpp"

namespace smscrm {

using ExportId = Id<struct ExportTag>;

// Throws what run_export would: for before anything is noted or written.
void check_export(Tx& tx, const ExportRequest& request, Timestamp at);

// Notes in the audit that it begins, by whom and of what: to be committed before the first row leaves.
ExportId record_export(Tx& tx, const ExportRequest& request, Timestamp at);

struct Exported {
  std::int64_t rows = 0;
  // For the next one, with the same filter; nullopt with "until", behind which there is more.
  std::optional<ExportCursor> cursor;
};

// Hands the bytes to `write`, piece by piece, and tells `progress` now and then how many rows are out; either
// may throw. The transaction must be for the tenant, or for the installation, and new: it becomes one
// snapshot. Throws as ExportRequest::check and check_cursor, Error{usage} for columns that there are not,
// Error{refused} when there are more attributes than columns in a file.
Exported run_export(Tx& tx, const ExportRequest& request, Timestamp at,
                    const std::function<void(std::string_view)>& write,
                    const std::function<void(std::int64_t rows)>& progress);

// What was written, counted on the way.
struct Written {
  std::int64_t bytes = 0;
  std::string sha256;  // 32 bytes
};

// In the transaction that read: the audit tells how it ended.
void record_export_end(Tx& tx, const ExportRequest& request, ExportId id, const Exported& exported,
                       const Written& written);

}  // namespace smscrm
