#include "core/contact/audience.hpp"

#include "core/base/text.hpp"

namespace smscrm {
namespace {

Param find_list_id(Tx& tx, TenantId tenant, const std::string& slug) {
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx, "SELECT id, slug FROM list WHERE tenant_id = $1", tenant)) {
    if (row["slug"].as<std::string>() == slug) return row["id"].as<std::string>();
    slugs.push_back(row["slug"].as<std::string>());
  }
  Error error(Errc::not_found, "there is no list \"{}\"", slug);
  if (const auto near = nearest(slug, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm list list\" names them all");
}

}  // namespace

Audience parse_audience(std::string_view text) {
  if (text == "all") return {};
  const auto colon = text.find(':');
  const auto word = text.substr(0, colon);
  const auto name = colon == std::string_view::npos ? std::string_view{} : trim(text.substr(colon + 1));
  if (word == "list" && !name.empty()) return {Audience::Kind::list, std::string{name}};
  if (word == "tag" && !name.empty()) return {Audience::Kind::tag, to_lower(name)};
  throw Error(Errc::invalid, "\"{}\" is not an audience; write list:SLUG, tag:TAG or all", text);
}

std::string format_audience(const Audience& audience) {
  switch (audience.kind) {
    case Audience::Kind::all:
      return "all";
    case Audience::Kind::list:
      return "list:" + audience.name;
    case Audience::Kind::tag:
      return "tag:" + audience.name;
  }
  return {};
}

AudienceQuery compile_audience(Tx& tx, TenantId tenant, const Audience& audience) {
  AudienceQuery query{
      "SELECT c.id AS contact_id, c.msisdn", "FROM contact c", "WHERE c.tenant_id = $1", {to_param(tenant)}};
  switch (audience.kind) {
    case Audience::Kind::all:
      break;
    case Audience::Kind::list:
      query.params.push_back(find_list_id(tx, tenant, audience.name));
      query.from += " JOIN list_member m ON m.tenant_id = $1 AND m.list_id = $2 AND m.contact_id = c.id";
      break;
    case Audience::Kind::tag:
      query.params.push_back(audience.name);
      query.where += " AND c.tags <> '{}' AND c.tags @> ARRAY[$2::text]";  // as the index has them
      break;
  }
  return query;
}

}  // namespace smscrm
