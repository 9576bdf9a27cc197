#include "core/consent/erased.hpp"

namespace smscrm {
namespace {

SecretKey derive(const SecretKey& key) { return derive_key(key, "erased numbers"); }

std::string digest_of(const SecretKey& derived, TenantId tenant, std::string_view msisdn) {
  return hmac_sha256(derived.bytes(), fmt::format("{} {}", tenant.value, msisdn));
}

SecretKey derived_key(const KeySource& key) {
  if (!key) throw Error(Errc::usage, "people were erased here: without the key file nobody knows who");
  return derive(key());
}

}  // namespace

std::string erased_digest(const SecretKey& key, TenantId tenant, std::string_view msisdn) {
  return digest_of(derive(key), tenant, msisdn);
}

void refuse_erased(Tx& tx, TenantId tenant, const KeySource& key, const std::string& msisdn) {
  if (exec(tx, "SELECT FROM erased_number WHERE tenant_id = $1 LIMIT 1", tenant).empty()) return;
  const auto digest = hex_encode(digest_of(derived_key(key), tenant, msisdn));
  if (!exec(tx,
            "SELECT FROM erased_number WHERE tenant_id = $1 AND digest = decode($2, 'hex')"
            // Its proofs from before have another name (core/privacy/erasure.hpp): one of its own is newer.
            "   AND NOT (EXISTS (SELECT FROM consent WHERE tenant_id = $1 AND msisdn = $3 AND state = "
            "'opted_in')"
            "            AND EXISTS (SELECT FROM consent_event WHERE tenant_id = $1 AND msisdn = $3"
            "                           AND action = 'opt_in' AND method = 'keyword' AND scope = ''))",
            tenant, digest, msisdn)
           .empty())
    throw Error(Errc::refused, "who has {} was erased, and has not come back by a word of their own", msisdn)
        .with_hint("they come back by texting START, or another keyword that opts in");
}

ErasedNumbers::ErasedNumbers(Tx& tx, TenantId tenant, const KeySource& key) : tenant_(tenant) {
  for (const auto& row : exec(tx, "SELECT digest FROM erased_number WHERE tenant_id = $1", tenant))
    digests_.insert(as_bytes(row["digest"]));
  if (digests_.empty()) return;
  key_ = derived_key(key);
  // Not all who ever agreed: those who did so by a keyword since.
  for (const auto& row :
       exec(tx,
            "SELECT DISTINCT e.msisdn FROM consent_event e JOIN consent c ON c.tenant_id = $1 AND c.msisdn = "
            "e.msisdn"
            " WHERE e.tenant_id = $1 AND e.action = 'opt_in' AND e.method = 'keyword' AND e.scope = ''"
            "   AND e.recorded_at >= (SELECT min(erased_at) FROM erased_number WHERE tenant_id = $1)"
            "   AND c.state = 'opted_in'",
            tenant))
    digests_.erase(digest_of(*key_, tenant, row[0].as<std::string>()));
}

bool ErasedNumbers::holds(std::string_view msisdn) const {
  return key_ && digests_.count(digest_of(*key_, tenant_, msisdn)) > 0;
}

}  // namespace smscrm
