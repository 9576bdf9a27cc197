#include "core/contact/tag.hpp"

#include "core/base/text.hpp"

namespace smscrm {

std::vector<TagUse> list_tags(Tx& tx, TenantId tenant) {
  std::vector<TagUse> tags;
  for (const auto& row : exec(tx,
                              "SELECT tag, count(*) FROM contact, unnest(tags) AS tag WHERE tenant_id = $1"
                              " GROUP BY tag ORDER BY tag",
                              tenant))
    tags.push_back({row[0].as<std::string>(), row[1].as<std::int64_t>()});
  return tags;
}

void check_tag(Tx& tx, TenantId tenant, const std::string& tag) {
  if (exec(tx, "SELECT EXISTS (SELECT tagged_contacts($1, $2))", tenant, tag)
          .front()[0]
          .as<bool>())
    return;
  std::vector<std::string> known;
  for (const auto& use : list_tags(tx, tenant)) known.push_back(use.tag);
  const auto near = nearest(tag, known);
  throw Error(Errc::not_found, "no contact has the tag \"{}\"{}", tag,
              near ? fmt::format("; did you mean \"{}\"?", *near) : "")
      .with_hint("\"smscrm tag list\" shows the tags in use");
}

Json to_json(const TagUse& use) { return {{"tag", use.tag}, {"contacts", use.contacts}}; }

}  // namespace smscrm
