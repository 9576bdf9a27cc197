// What each kind of export reads: its rows, its columns, and which of them a request wants. Each is one scan
// over the tenant's rows, in the order of their ids. What else a cell needs is looked up by its key, or,
// where there are few of a tenant's (campaigns, senders, lists), is in the statement as a constant: so no
// plan hangs on what statistics know of the tenant (core/db/joins.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/export/cell.hpp"
#include "core/export/request.hpp"

namespace smscrm {

struct ExportTable {
  std::vector<ExportColumn> columns;
  std::string rows;           // "SELECT … FROM … WHERE … ORDER BY …": the row `r` of the columns
  std::vector<Param> params;  // $1 is the tenant
  // JSON forms: a jsonb object of `r` whose members come last in each object; empty: none.
  std::string members = {};
};

// All within one snapshot. `at` is the moment that rules are about.
ExportTable table_of_contacts(Tx& tx, const ExportRequest& request, Timestamp at);
ExportTable table_of_messages(Tx& tx, const ExportRequest& request, Timestamp at);
ExportTable table_of_clicks(Tx& tx, const ExportRequest& request, Timestamp at);
ExportTable table_of_inbox(Tx& tx, const ExportRequest& request, Timestamp at);
ExportTable table_of_consent(Tx& tx, const ExportRequest& request, Timestamp at);
ExportTable table_of_audit(const ExportRequest& request);

// Parts of them. Each puts what it needs behind `params` and returns SQL.

// "$3", of a value that is put behind.
std::string add_param(std::vector<Param>& params, Param value);

// On a contact c of tenant $1: what is joined, of at most one row, and what must hold.
ContactCondition people_condition(Tx& tx, const ExportRequest& request, Timestamp at,
                                  std::vector<Param>& params);

// " AND COLUMN IN (…)" of the people that are wanted; empty where nobody is left out. `key` is what the
// column holds of a contact: "id" or "msisdn".
std::string of_people(Tx& tx, const ExportRequest& request, Timestamp at, const std::string& column,
                      const std::string& key, std::vector<Param>& params);

// " AND COLUMN >= … AND COLUMN < …".
std::string within_time(const ExportFilter& filter, const std::string& column, std::vector<Param>& params);

// The tenant's campaigns, senders or lists by id, as a constant of jsonb: "$4::jsonb".
enum class Named { campaigns, senders, lists };
std::string names_by_id(Tx& tx, const ExportRequest& request, Named what, std::vector<Param>& params);

}  // namespace smscrm
