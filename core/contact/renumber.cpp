#include "core/contact/renumber.hpp"

#include "core/consent/dnc.hpp"
#include "core/db/joins.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

Contact get(Tx& tx, TenantId tenant, const std::string& msisdn) {
  auto contact = find_contact(tx, tenant, msisdn);
  if (!contact) throw Error(Errc::not_found, "there is no contact {}", msisdn);
  return *std::move(contact);
}

// Who may have said no, and nobody has read it, is decided first: that goes by the number it came from.
void check_no_review(Tx& tx, TenantId tenant, const std::string& msisdn) {
  if (!exec(tx,
            "SELECT FROM (SELECT decision FROM opt_out_review WHERE tenant_id = $1 AND " +
                all_with("msisdn", "$2") + ") r WHERE r.decision = '' LIMIT 1",
            tenant, msisdn)
           .empty())
    throw Error(Errc::conflict, "{} wrote what may be an opt-out, and nobody has read it", msisdn)
        .with_hint("see \"smscrm inbox review\"");
}

bool carry_no(Tx& tx, TenantId tenant, const std::string& from, const std::string& to, Timestamp at) {
  const auto consent = get_consent_status(tx, tenant, from);
  std::vector<ConsentChange> changes;
  const auto opt_out = [&](const std::string& scope) {
    changes.push_back({.msisdn = to,
                       .action = ConsentAction::opt_out,
                       .method = ConsentMethod::operator_,
                       .source = fmt::format("said with the same person's number {}", from),
                       .occurred_at = at,
                       .scope = scope});
  };
  if (consent.state == ConsentState::opted_out) opt_out("");
  for (const auto& scope : consent.opted_out_of) opt_out(scope);
  if (!changes.empty()) record_consent(tx, tenant, changes);
  if (consent.dnc_reason) add_dnc(tx, tenant, {to}, *consent.dnc_reason, at);
  return !changes.empty() || consent.dnc_reason;
}

}  // namespace

Renumbered change_number(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& to,
                         Timestamp at) {
  lock_claims_exclusive(tx, tenant);
  auto contact = get(tx, tenant, msisdn);
  if (msisdn == to) return {contact};
  check_no_review(tx, tenant, msisdn);
  if (find_contact(tx, tenant, to))
    throw Error(Errc::conflict, "{} is another contact's number", to)
        .with_hint(
            fmt::format("if they are one person, run \"smscrm contact merge {} --into {}\"", msisdn, to));
  exec(tx, "UPDATE contact SET msisdn = $3, updated_at = $4 WHERE tenant_id = $1 AND msisdn = $2", tenant,
       msisdn, to, at);
  const bool carried = carry_no(tx, tenant, msisdn, to, at);
  return {get(tx, tenant, to), carried};
}

Renumbered merge_contacts(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& into,
                          Timestamp at) {
  lock_claims_exclusive(tx, tenant);
  const auto gone = get(tx, tenant, msisdn), stays = get(tx, tenant, into);
  if (gone.id == stays.id) throw Error(Errc::invalid, "{} is one contact already", into);
  check_no_review(tx, tenant, msisdn);
  exec(tx,
       "INSERT INTO list_member (tenant_id, list_id, contact_id, import_id, added_at)"
       " SELECT tenant_id, list_id, $3::bigint, import_id, added_at FROM list_member"
       "  WHERE tenant_id = $1 AND contact_id = $2 ON CONFLICT DO NOTHING",
       tenant, gone.id, stays.id);
  // Of two attributes with one name that of the right-hand side counts.
  exec(tx,
       "UPDATE contact c SET"
       "       first_name = coalesce(nullif(c.first_name, ''), g.first_name),"
       "       last_name = coalesce(nullif(c.last_name, ''), g.last_name),"
       "       email = coalesce(nullif(c.email, ''), g.email),"
       "       timezone = coalesce(nullif(c.timezone, ''), g.timezone),"
       "       country = coalesce(nullif(c.country, ''), g.country),"
       "       region = coalesce(nullif(c.region, ''), g.region),"
       "       external_id = coalesce(nullif(c.external_id, ''), g.external_id),"
       "       attributes = g.attributes || c.attributes,"
       "       tags = (SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}')"
       "                 FROM unnest(c.tags || g.tags) AS t),"
       "       updated_at = $4"
       "  FROM contact g WHERE c.tenant_id = $1 AND c.id = $3 AND g.tenant_id = $1 AND g.id = $2",
       tenant, gone.id, stays.id, at);
  delete_contact(tx, tenant, msisdn);
  const bool carried = carry_no(tx, tenant, msisdn, into, at);
  return {get(tx, tenant, into), carried};
}

}  // namespace smscrm
