#include "core/net/crypto_password.hpp"

#include <sodium.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr unsigned long long passes = 3;
constexpr std::size_t memory = std::size_t{64} << 20;

}  // namespace

std::string hash_password(std::string_view password) {
  if (sodium_init() < 0) throw Error(Errc::internal, "libsodium cannot start: no source of randomness");
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw Error(Errc::unavailable, "there is not enough memory to check a password");
  hash.resize(hash.find('\0'));
  return hash;
}

bool verify_password(std::string_view hash, std::string_view password) {
  // Of a password that nobody has; made once, so that an unknown user costs what a known one does.
  static const std::string nobody = hash_password("\x01 nobody");
  std::string kept{hash.starts_with(crypto_pwhash_STRPREFIX) ? hash : std::string_view{nobody}};
  kept.resize(std::max<std::size_t>(kept.size(), crypto_pwhash_STRBYTES), '\0');
  const bool same = crypto_pwhash_str_verify(kept.c_str(), password.data(), password.size()) == 0;
  return same && hash.starts_with(crypto_pwhash_STRPREFIX);
}

bool is_outdated_hash(const std::string& hash) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), passes, memory) != 0;
}

}  // namespace smscrm
