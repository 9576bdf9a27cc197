// The resources of the API, a file each.
#pragma once

#include "daemon/api/route.hpp"

namespace smscrm {

std::vector<ApiRoute> tenant_routes();
std::vector<ApiRoute> contact_routes();
std::vector<ApiRoute> consent_routes();
std::vector<ApiRoute> list_routes();
std::vector<ApiRoute> segment_routes();
std::vector<ApiRoute> template_routes();
std::vector<ApiRoute> campaign_routes();
std::vector<ApiRoute> schedule_routes();
std::vector<ApiRoute> message_routes();
std::vector<ApiRoute> inbox_routes();
std::vector<ApiRoute> keyword_routes();
std::vector<ApiRoute> link_routes();
std::vector<ApiRoute> webhook_routes();
std::vector<ApiRoute> report_routes();
std::vector<ApiRoute> audit_routes();
std::vector<ApiRoute> privacy_routes();
std::vector<ApiRoute> user_routes();
std::vector<ApiRoute> api_key_routes();

// All of them, in the order of the contract.
const std::vector<ApiRoute>& api_routes();

}  // namespace smscrm
