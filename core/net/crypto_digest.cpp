#include "core/net/crypto_digest.hpp"

#include <openssl/evp.h>

#include "core/base/error.hpp"

namespace smscrm {

// OpenSSL's, which has the processor's instructions for it: what comes in pieces is long.
struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context || !EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr))
    throw Error(Errc::internal, "OpenSSL has no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view text) {
  if (!EVP_DigestUpdate(state_->context.get(), text.data(), text.size()))
    throw Error(Errc::internal, "OpenSSL cannot compute SHA-256");
}

std::string Sha256::digest() {
  std::string digest(32, '\0');
  if (!EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr))
    throw Error(Errc::internal, "OpenSSL cannot compute SHA-256");
  return digest;
}

}  // namespace smscrm
