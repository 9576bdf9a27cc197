// Who said no to every sender that the message could leave from (core/consent/opt_out_scope.hpp).
#include "core/consent/opt_out_scope.hpp"

#include "core/gate/rules.hpp"

namespace smscrm {

Rule rule::opt_out_scope() {
  return {{{{},
            {},
            [](const Asker& asker) -> std::string {
              if (asker.senders.empty()) return "false";
              return no_sender_left(asker.msisdn, asker.senders,
                                    asker.of_set ? Asked::of_every_row : Asked::once);
            }}},
          [](const Facts& facts, Answers none_left) {
            return none_left[0] || facts.no_sender_left ? skip("opted_out") : pass();
          }};
}

}  // namespace smscrm
