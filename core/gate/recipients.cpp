#include "core/gate/recipients.hpp"

namespace smscrm {

// The answers are worked out once a row and stand for the reason until somebody reads it: a million rows feel
// each look at them.
Recipients compile_recipients(Tx& tx, const Tenant& tenant, const Audience& audience,
                              const std::vector<SenderId>& senders, Timestamp at) {
  Recipients recipients{compile_audience(tx, tenant, audience, at), skip_table({tenant, now(), nullptr})};
  auto& query = recipients.query;
  query.params.push_back(to_param(senders));
  const auto questions = put_questions({.msisdn = "c.msisdn",
                                        .contact = "c.id",
                                        .senders = fmt::format("${}", query.params.size()),
                                        .of_set = true});
  query.from += questions.joins;
  query.columns +=
      fmt::format(", {} AS answers, hashtextextended(c.msisdn, c.id) AS digest", questions.answers);
  return recipients;
}

}  // namespace smscrm
