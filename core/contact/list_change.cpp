#include "core/contact/list_change.hpp"

#include "core/base/text.hpp"

namespace smscrm {

List update_list(Tx& tx, TenantId tenant, const List& list, const ListChange& change) {
  auto changed = list;
  if (change.slug) changed.slug = *change.slug;
  if (change.name) changed.name = *change.name;
  check_slug(changed.slug, "list");
  const auto others = exec(tx, "SELECT FROM list WHERE tenant_id = $1 AND slug = $2 AND id <> $3", tenant,
                           changed.slug, list.id);
  if (changed.slug != list.slug) check_not_in_segments(tx, tenant, list.slug);
  if (!others.empty()) throw Error(Errc::conflict, "there is a list \"{}\" already", changed.slug);
  exec(tx, "UPDATE list SET slug = $3, name = $4 WHERE tenant_id = $1 AND id = $2", tenant, list.id,
       changed.slug, changed.name);
  if (changed.slug != list.slug)
    exec(tx,
         "UPDATE campaign SET audience = 'list:' || $3::text"
         " WHERE tenant_id = $1 AND status = 'draft' AND audience = 'list:' || $2::text",
         tenant, list.slug, changed.slug);
  return changed;
}

}  // namespace smscrm
