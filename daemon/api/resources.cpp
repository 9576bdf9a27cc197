#include "daemon/api/resources.hpp"

#include <iterator>

namespace smscrm {

const std::vector<ApiRoute>& api_routes() {
  static const std::vector<ApiRoute> all = [] {
    std::vector<ApiRoute> routes;
    for (auto&& part : {tenant_routes(), contact_routes(), consent_routes(), list_routes(), segment_routes(),
                        template_routes(), campaign_routes(), schedule_routes(), message_routes(),
                        inbox_routes(), keyword_routes(), link_routes(), webhook_routes(), report_routes(),
                        audit_routes(), privacy_routes(), user_routes(), api_key_routes()})
      std::copy(part.begin(), part.end(), std::back_inserter(routes));
    return routes;
  }();
  return all;
}

}  // namespace smscrm
