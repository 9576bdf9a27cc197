// Whom a campaign is for. Who of them may not be texted is for the gate to say (core/gate/recipients.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct Audience {
  enum class Kind { all, list, tag, segment, rule } kind = Kind::all;
  std::string name;  // the slug of the list or segment, the tag, or the rule's text; empty for all
  bool operator==(const Audience&) const = default;
};

// Reads "all", "list:SLUG", "tag:TAG" (tags are lower case), "segment:SLUG" or "where RULE". A rule is looked
// at when it is compiled. Throws Error{invalid}.
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

// As it is at `at`, by the tenant's calendar. Throws Error{not_found} when the list or segment does not
// exist, RuleError for a rule.
AudienceQuery compile_audience(Tx& tx, const Tenant& tenant, const Audience& audience, Timestamp at);

// The rule that decides, as it is now; empty: none does.
std::string rule_of_audience(Tx& tx, TenantId tenant, const Audience& audience);

}  // namespace smscrm
