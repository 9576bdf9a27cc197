#include "core/gate/recipients.hpp"

#include "core/gate/gate.hpp"

namespace smscrm {

AudienceQuery compile_recipients(Tx& tx, const Tenant& tenant, const Audience& audience,
                                 const std::vector<SenderId>& senders) {
  auto query = compile_audience(tx, tenant.id, audience);
  const auto add = [&](const auto& value) {
    query.params.push_back(to_param(value));
    return fmt::format("${}", query.params.size());
  };
  const auto questions =
      put_questions({.msisdn = "c.msisdn", .contact = "c.id", .senders = add(senders), .of_set = true});
  const auto skips = skip_table(Moment{tenant, now()});
  query.from += fmt::format(
      "{} CROSS JOIN LATERAL (SELECT {} AS answers) g"
      " CROSS JOIN LATERAL"
      " (SELECT ({}::text[])[1 + ({}::smallint[])[1 + g.answers]] AS skip_reason) r",
      questions.joins, questions.answers, add(skips.reasons), add(skips.codes));
  query.columns += ", r.skip_reason, hashtextextended(c.msisdn || r.skip_reason, c.id) AS digest";
  return query;
}

}  // namespace smscrm
