// How fresh what each smscrmd has in memory of tenants and links is: told by the daemons, read by "smscrm
// doctor".
#pragma once

#include <string>
#include <vector>

#include "core/db/each_row.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// As list_tenants (core/tenant/tenant.hpp), and says what was left out.
std::vector<Tenant> list_tenants(Tx& tx, LeftOut& left_out);

struct DirectoryLoad {
  std::string host;
  Timestamp seen_at;    // when the daemon last tried
  Timestamp loaded_at;  // when it last succeeded
  int left_out = 0;     // rows that could not be read
  std::string error;    // of the last attempt, or of the first row that was left out; empty: none
};

// Says what came of an attempt; `failure` is empty when it succeeded. Rows of daemons that were not heard of
// for a day are forgotten.
void record_directory_load(Tx& tx, const std::string& daemon, const std::string& host,
                           const LeftOut& left_out, const std::string& failure);

// Of a daemon that stops.
void remove_directory_load(Tx& tx, const std::string& daemon);

// By host. Of a host that has a living daemon, those that died are left out.
std::vector<DirectoryLoad> list_directory_loads(Tx& tx);

}  // namespace smscrm
