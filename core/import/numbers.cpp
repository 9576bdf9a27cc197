#include "core/import/numbers.hpp"

namespace smscrm {
namespace {

std::vector<std::string> read_numbers(const Result& rows) {
  std::vector<std::string> numbers;
  numbers.reserve(rows.size());
  for (const auto& row : rows) numbers.push_back(row[0].as<std::string>());
  return numbers;
}

}  // namespace

std::vector<std::string> list_numbers_on_list(Tx& tx, TenantId tenant, ListId list) {
  return read_numbers(exec(tx,
                           "SELECT c.msisdn FROM list_member m"
                           "  JOIN contact c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id"
                           " WHERE m.tenant_id = $1 AND m.list_id = $2 ORDER BY c.msisdn",
                           tenant, list));
}

std::vector<std::string> list_numbers_of_import(Tx& tx, TenantId tenant, ImportId import) {
  return read_numbers(exec(tx,
                           "SELECT msisdn FROM contact WHERE tenant_id = $1 AND import_id = $2"
                           " UNION SELECT c.msisdn FROM import_change h"
                           "   JOIN contact c ON c.tenant_id = h.tenant_id AND c.id = h.contact_id"
                           "  WHERE h.tenant_id = $1 AND h.import_id = $2"
                           " UNION SELECT c.msisdn FROM list_member m"
                           "   JOIN contact c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id"
                           "  WHERE m.tenant_id = $1 AND m.import_id = $2"
                           " UNION SELECT msisdn FROM consent_event WHERE tenant_id = $1 AND import_id = $2"
                           " ORDER BY msisdn",
                           tenant, import));
}

}  // namespace smscrm
