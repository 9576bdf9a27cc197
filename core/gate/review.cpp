// Who wrote a text that may be an opt-out (core/inbox/opt_out_review.hpp) is left in peace until somebody has
// read it, replies and tests included, unless the tenant switched that off. Whoever decides has what is held
// looked at again at once.
#include "core/gate/rules.hpp"

namespace smscrm {
namespace {

constexpr auto look_again = std::chrono::hours{1};

}  // namespace

Rule rule::review() {
  return {{{"review",
            // By the number, not by the index of what is open (core/db/joins.hpp).
            "SELECT msisdn FROM opt_out_review WHERE tenant_id = $1"
            "   AND CASE WHEN decision = '' THEN true ELSE false END",
            [](const Asker&) -> std::string { return "review.msisdn IS NOT NULL"; }, true}},
          [](const Facts& facts, Answers open) {
            return open[0] && facts.moment.tenant.hold_reviews
                       ? hold("in_review", facts.moment.at + look_again)
                       : pass();
          }};
}

}  // namespace smscrm
