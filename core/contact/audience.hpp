// Whom a campaign is for. Who of them may not be texted is for the gate to say (core/gate/recipients.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct Audience {
  enum class Kind { all, list, tag } kind = Kind::all;
  std::string name;  // the list's slug or the tag; empty for all
  bool operator==(const Audience&) const = default;
};

// Reads "all", "list:SLUG" or "tag:TAG" (tags are lower case). Throws Error{invalid}.
Audience parse_audience(std::string_view text);
std::string format_audience(const Audience& audience);

// A SELECT and its parameters; $1 is the tenant. It yields contact_id and msisdn of each contact of the
// audience. A number is one contact, so nobody is twice in an audience.
struct AudienceQuery {
  std::string columns, from,
      where;  // "SELECT …", "FROM contact c …" and "WHERE …", to each of which may be added
  std::vector<Param> params;

  // `more` begins with a comma and may name columns of contact AS c.
  std::string sql(std::string_view more = {}) const {
    return fmt::format("{}{} {} {}", columns, more, from, where);
  }
};

// Throws Error{not_found} when the list does not exist.
AudienceQuery compile_audience(Tx& tx, TenantId tenant, const Audience& audience);

}  // namespace smscrm
