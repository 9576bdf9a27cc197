// Whose turn it is among the deliveries of an endpoint, in SQL: the words of two indexes of what waits, which
// fit these questions and no others (migrations/0072_webhook_delivery_index.sql says why). `row` is an alias
// with tenant_id, webhook_id and, for the key, order_key. A condition on one of those columns beside these
// would let the planner take another index, which reads all that the endpoint has.
#pragma once

#include <string>

#include <fmt/format.h>

namespace smscrm {

// By endpoint: the index webhook_delivery_due. Those who ask for it ask for state = 'waiting' AND due_at <
// 'infinity'.
inline std::string endpoint_sql(const std::string& row) {
  return fmt::format("({0}.tenant_id::text || ' ' || {0}.webhook_id::text)", row);
}

// By endpoint and key, and then by (id + 0): the index webhook_delivery_key. Those who ask for it ask for
// waits_sql.
inline std::string order_sql(const std::string& row) {
  return fmt::format("({0}.tenant_id::text || ' ' || {0}.webhook_id::text || ' ' || {0}.order_key)", row);
}
inline std::string waits_sql(const std::string& row) {
  return fmt::format("({0}.state = 'waiting' AND {0}.attempts >= 0)", row);
}

}  // namespace smscrm
