// Whom a campaign is for, and who of them may not be texted. One query decides both, for the preflight, the
// launch and a dry run alike.
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

// A SELECT and its parameters; $1 is the tenant. It yields one row per contact of the audience:
//   contact_id, msisdn;
//   skip_reason, empty for a recipient, else the first that holds of 'dnc' (on the do-not-contact list),
//     'opted_out' (of everything, or of every sender there is for it: core/consent/opt_out_scope.hpp),
//     'no_consent' (no opt-in, unless the tenant's consent is implied);
//   digest, 64 bits of the three: the exclusive or of all rows tells whether an audience is the same.
// A number is one contact, so nobody is twice in an audience.
struct AudienceQuery {
  std::string columns, source;  // "SELECT …" and "FROM contact c … WHERE …", to which AND may be added
  std::vector<Param> params;

  // `more` begins with a comma and may name columns of contact AS c.
  std::string sql(std::string_view more = {}) const { return fmt::format("{}{} {}", columns, more, source); }
};

// `senders` are those of the campaign; empty: all of the tenant. Throws Error{not_found} when the list does
// not exist.
AudienceQuery compile_audience(Tx& tx, TenantId tenant, const Audience& audience,
                               const std::vector<SenderId>& senders);

}  // namespace smscrm
