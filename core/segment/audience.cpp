#include "core/segment/audience.hpp"

#include "core/base/text.hpp"
#include "core/segment/compile.hpp"
#include "core/segment/segment.hpp"

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
  if (word == "segment" && !name.empty()) return {Audience::Kind::segment, std::string{name}};
  constexpr std::string_view where = "where";
  if (text.size() > where.size() && to_lower(text.substr(0, where.size())) == where &&
      std::string_view{" \t\r\n"}.find(text[where.size()]) != std::string_view::npos)
    return {Audience::Kind::rule, std::string{text.substr(where.size() + 1)}};
  throw Error(Errc::invalid,
              "\"{}\" is not an audience; write list:SLUG, tag:TAG, segment:SLUG, where RULE or all", text);
}

std::string format_audience(const Audience& audience) {
  switch (audience.kind) {
    case Audience::Kind::all:
      return "all";
    case Audience::Kind::list:
      return "list:" + audience.name;
    case Audience::Kind::tag:
      return "tag:" + audience.name;
    case Audience::Kind::segment:
      return "segment:" + audience.name;
    case Audience::Kind::rule:
      return "where " + audience.name;
  }
  return {};
}

std::string rule_of_audience(Tx& tx, TenantId tenant, const Audience& audience) {
  if (audience.kind == Audience::Kind::rule) return audience.name;
  if (audience.kind == Audience::Kind::segment) return get_segment(tx, tenant, audience.name).rule;
  return {};
}

AudienceQuery compile_audience(Tx& tx, const Tenant& tenant, const Audience& audience, Timestamp at) {
  AudienceQuery query{"SELECT c.id AS contact_id, c.msisdn",
                      "FROM contact c",
                      "WHERE c.tenant_id = $1",
                      {to_param(tenant.id)}};
  switch (audience.kind) {
    case Audience::Kind::all:
      break;
    case Audience::Kind::list:
      query.params.push_back(find_list_id(tx, tenant.id, audience.name));
      query.from += " JOIN list_member m ON m.tenant_id = $1 AND m.list_id = $2 AND m.contact_id = c.id";
      break;
    case Audience::Kind::tag:
      query.params.push_back(audience.name);
      query.where += " AND c.id IN (SELECT tagged_contacts($1, $2))";
      break;
    case Audience::Kind::segment:
    case Audience::Kind::rule: {
      const auto rule = parse_rule(rule_of_audience(tx, tenant.id, audience));
      const auto compiled = compile_rule(
          tx, tenant.id, rule, {at, tenant.timezone}, query.params,
          audience.kind == Audience::Kind::segment ? std::string_view{audience.name} : std::string_view{});
      query.from += compiled.joins;
      query.where += " AND " + compiled.where;
      break;
    }
  }
  return query;
}

}  // namespace smscrm
