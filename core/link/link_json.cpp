#include "core/link/link_json.hpp"

namespace smscrm {

Json to_json(const LinkClicks& link) {
  return {{"id", link.id.value},
          {"name", link.name},
          {"campaign", link.campaign_slug},
          {"target_url", link.target_url},
          {"clicks", link.clicks},
          {"unique_clicks", link.unique_clicks},
          {"created_at", format_rfc3339(link.created_at)},
          {"expires_at", or_null(link.expires_at)},
          {"disabled_at", or_null(link.disabled_at)}};
}

Json to_json(const LinkClicks& link, const std::map<std::string, std::int64_t>& hits,
             const std::string& short_url) {
  auto record = to_json(link);
  record["hits"] = hits;
  if (!short_url.empty()) record["short_url"] = short_url;
  return record;
}

Json to_json(const Link& link, const std::string& short_url) {
  return {{"id", link.id.value}, {"short_url", short_url}, {"target_url", link.target_url}};
}

Json to_json(const Reclassified& changed) {
  return {{"changed", changed.clicks}, {"clicks", changed.persons}, {"unique_clicks", changed.unique_clicks}};
}

}  // namespace smscrm
