#include "core/consent/erased.hpp"

namespace smscrm {
namespace {

SecretKey derive(const SecretKey& key) { return derive_key(key, "erased numbers"); }

std::string digest_of(const SecretKey& derived, TenantId tenant, std::string_view msisdn) {
  return hmac_sha256(derived.bytes(), fmt::format("{} {}", tenant.value, msisdn));
}

}  // namespace

std::string erased_digest(const SecretKey& key, TenantId tenant, std::string_view msisdn) {
  return digest_of(derive(key), tenant, msisdn);
}

ErasedNumbers::ErasedNumbers(Tx& tx, TenantId tenant, const KeySource& key)
    : tenant_(tenant) {
  for (const auto& row : exec(tx, "SELECT digest FROM erased_number WHERE tenant_id = $1", tenant))
    digests_.insert(as_bytes(row["digest"]));
  if (digests_.empty()) return;
  if (!key) throw Error(Errc::usage, "people were erased here: without the key file nobody knows who");
  key_ = derive(key());
  for (const auto& row :
       exec(tx,
            "SELECT c.msisdn FROM consent c WHERE c.tenant_id = $1 AND c.state = 'opted_in'"
            "   AND c.changed_at >= (SELECT min(erased_at) FROM erased_number WHERE tenant_id = $1)"
            "   AND EXISTS (SELECT FROM consent_event e WHERE e.tenant_id = $1 AND e.msisdn = c.msisdn"
            "                  AND e.action = 'opt_in' AND e.method = 'keyword' AND e.scope = '')",
            tenant))
    digests_.erase(digest_of(*key_, tenant, row[0].as<std::string>()));
}

bool ErasedNumbers::holds(std::string_view msisdn) const {
  return key_ && digests_.count(digest_of(*key_, tenant_, msisdn)) > 0;
}

void ErasedNumbers::refuse(std::string_view msisdn) const {
  if (holds(msisdn))
    throw Error(Errc::refused, "who has {} was erased, and has not come back by a word of their own", msisdn)
        .with_hint("they come back by texting START, or another keyword that opts in");
}

}  // namespace smscrm
