// Numbers of people who were erased (core/privacy/erasure.hpp): known by a keyed hash alone, so that no file
// and no form brings them back. HMAC-SHA-256 under a key that is derived from the key file and never in the
// database; without it all numbers of a country are tried in minutes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/db/db.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

// 32 bytes, of a tenant's number (E.164, or a key of core/phone/address.hpp).
std::string erased_digest(const SecretKey& key, TenantId tenant, std::string_view msisdn);

using KeySource = std::function<const SecretKey&()>;  // the installation's; may throw; may be empty

// Throws Error{refused} for the number of somebody who was erased and has not come back. By one look, and of
// `key` as ErasedNumbers.
void refuse_erased(Tx& tx, TenantId tenant, const KeySource& key, const std::string& msisdn);

// For a whole file: those of a tenant at one moment, but for who has come back by a word of their own since:
// a keyword that they texted. A copy shares nothing.
class ErasedNumbers {
 public:
  ErasedNumbers() = default;  // of nobody
  // `key` is asked for only where somebody was erased: throws as it does, Error{usage} for an empty one.
  ErasedNumbers(Tx& tx, TenantId tenant, const KeySource& key);

  bool holds(std::string_view msisdn) const;

 private:
  TenantId tenant_;
  std::optional<SecretKey> key_;  // nullopt: nobody was erased
  std::unordered_set<std::string> digests_;
};

}  // namespace smscrm
