// The tenant itself, and its senders.
#include "core/lane/lane_json.hpp"
#include "core/lane/sender.hpp"
#include "core/tenant/tenant_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

ApiAnswer senders(ApiCall& call) {
  return answer_page(
      call, list_senders(call.tx, call.tenant.id), [](const Sender& sender) { return to_json(sender); },
      [](const Sender& sender) { return sender.address; });
}

}  // namespace

std::vector<ApiRoute> tenant_routes() {
  return {
      {"GET",
       "",
       "settings:read",
       "The tenant's settings.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer { return {to_json(call.tenant)}; }},
      {"GET",
       "/senders",
       "settings:read",
       "List the addresses that it sends from.",
       page_fields(),
       {},
       senders},
  };
}

}  // namespace smscrm
