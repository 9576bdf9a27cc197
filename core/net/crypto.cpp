#include "core/net/crypto.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr char sealed_version = 1;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(SecretKey::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(sizeof(SipKey) == crypto_shorthash_KEYBYTES && sizeof(std::uint64_t) == crypto_shorthash_BYTES);

// libsodium wants to be set up once, before its first use and from whichever thread that is.
void use_sodium() {
  static const int status = sodium_init();
  if (status < 0) throw Error(Errc::internal, "libsodium cannot start: no source of randomness");
}

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Mac = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;

MacContext new_sha1_context() {
  const Mac mac{EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr)};
  MacContext context{mac ? EVP_MAC_CTX_new(mac.get()) : nullptr};
  std::string digest = OSSL_DIGEST_NAME_SHA1;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  if (!context || !EVP_MAC_CTX_set_params(context.get(), params))
    throw Error(Errc::internal, "OpenSSL has no HMAC-SHA1");
  return context;
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

// OpenSSL's one-call HMAC looks its parts up each time, which takes longer than the digest itself.
std::string hmac_sha1(std::string_view key, std::string_view text) {
  thread_local const MacContext context = new_sha1_context();
  std::string digest(20, '\0');
  std::size_t size = 0;
  if (key.empty()) key = "";  // no pointer at all would mean the last call's key
  if (!EVP_MAC_init(context.get(), in(key), key.size(), nullptr) ||
      !EVP_MAC_update(context.get(), in(text), text.size()) ||
      !EVP_MAC_final(context.get(), out(digest), &size, digest.size()))
    throw Error(Errc::internal, "OpenSSL cannot compute HMAC-SHA1");
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, in(key), key.size());
  crypto_auth_hmacsha256_update(&state, in(text), text.size());
  std::string digest(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, out(digest));
  sodium_memzero(&state, sizeof state);
  return digest;
}

std::string sha256(std::string_view text) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(out(digest), in(text), text.size());
  return digest;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), in(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating NUL
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  if (text.size() % 4 != 0 || sodium_base642bin(out(bytes), bytes.size(), text.data(), text.size(), nullptr,
                                                &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::string hex_encode(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), in(bytes), bytes.size());
  text.pop_back();
  return text;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  use_sodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

SecretKey::SecretKey(std::string_view bytes) {
  if (bytes.size() != size) throw Error(Errc::invalid, "a key has {} bytes, not {}", size, bytes.size());
  use_sodium();
  char* page = static_cast<char*>(sodium_malloc(size));
  if (page == nullptr) throw std::bad_alloc{};
  bytes_ = std::shared_ptr<const char>{page, [](const char* held) { sodium_free(const_cast<char*>(held)); }};
  std::copy(bytes.begin(), bytes.end(), page);
  sodium_mprotect_readonly(page);
}

std::string_view SecretKey::bytes() const noexcept { return {bytes_.get(), size}; }

SecretKey new_secret_key() {
  std::string bytes = random_bytes(SecretKey::size);
  const SecretKey key{bytes};
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

SecretKey derive_key(const SecretKey& key, std::string_view purpose) {
  use_sodium();
  std::string bytes(SecretKey::size, '\0');
  crypto_generichash(out(bytes), bytes.size(), in(purpose), purpose.size(), in(key.bytes()), SecretKey::size);
  const SecretKey derived{bytes};
  sodium_memzero(bytes.data(), bytes.size());
  return derived;
}

namespace {

struct SigningKeys {
  unsigned char open[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];

  explicit SigningKeys(const SecretKey& seed) {
    static_assert(SecretKey::size == crypto_sign_SEEDBYTES);
    use_sodium();
    crypto_sign_seed_keypair(open, secret, reinterpret_cast<const unsigned char*>(seed.bytes().data()));
  }
  SigningKeys(const SigningKeys&) = delete;
  ~SigningKeys() { sodium_memzero(secret, sizeof secret); }
};

}  // namespace

std::string sign(const SecretKey& seed, std::string_view text) {
  const SigningKeys keys{seed};
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), keys.secret);
  return signature;
}

std::string public_key(const SecretKey& seed) {
  const SigningKeys keys{seed};
  return {reinterpret_cast<const char*>(keys.open), sizeof keys.open};
}

bool is_signed(std::string_view text, std::string_view signature, std::string_view public_key) {
  use_sodium();
  return signature.size() == crypto_sign_BYTES && public_key.size() == crypto_sign_PUBLICKEYBYTES &&
         crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                     reinterpret_cast<const unsigned char*>(public_key.data())) == 0;
}

std::string seal(const SecretKey& key, std::string_view plain, std::string_view context) {
  const std::string nonce = random_bytes(nonce_size);
  std::string cipher(plain.size() + tag_size, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(out(cipher), nullptr, in(plain), plain.size(), in(context),
                                             context.size(), nullptr, in(nonce), in(key.bytes()));
  return sealed_version + nonce + cipher;
}

std::optional<std::string> open_sealed(const SecretKey& key, std::string_view sealed,
                                       std::string_view context) {
  use_sodium();
  if (sealed.size() < 1 + nonce_size + tag_size || sealed[0] != sealed_version) return std::nullopt;
  const auto nonce = sealed.substr(1, nonce_size);
  const auto cipher = sealed.substr(1 + nonce_size);
  std::string plain(cipher.size() - tag_size, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out(plain), nullptr, nullptr, in(cipher), cipher.size(),
                                                 in(context), context.size(), in(nonce),
                                                 in(key.bytes())) != 0)
    return std::nullopt;
  return plain;
}

SecretKey read_key_file(const std::filesystem::path& path) {
  const char* way_out =
      "correct secrets.key_file; \"openssl rand -base64 32\" makes a new key, which opens nothing "
      "that an old one sealed";
  // Not to wait for whoever writes into a pipe.
  const Descriptor file{path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK};
  if (!file && errno == ELOOP)
    throw Error(Errc::usage, "key file {} is a symbolic link", path.string())
        .with_hint("name the file itself");
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0)
    throw Error(Errc::usage, "key file {}: {}", path.string(), std::strerror(errno)).with_hint(way_out);
  if (!S_ISREG(info.st_mode))
    throw Error(Errc::usage, "key file {} is not a regular file", path.string()).with_hint(way_out);
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    throw Error(Errc::usage, "key file {} belongs to another user", path.string())
        .with_hint("chown it to the user that smscrm runs as, or to root");
  if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0)
    throw Error(Errc::usage, "key file {} is open to other users: its mode is {:04o}", path.string(),
                info.st_mode & 07777)
        .with_hint("chmod 600 it; who could read it can open every secret, so think of new ones");

  std::array<char, 256> buffer{};  // more than a key takes, so that a longer file does not pass for one
  const auto got = ::read(file.get(), buffer.data(), buffer.size());
  if (got < 0)
    throw Error(Errc::usage, "key file {}: {}", path.string(), std::strerror(errno)).with_hint(way_out);
  auto bytes = base64_decode(trim({buffer.data(), static_cast<std::size_t>(got)}));
  sodium_memzero(buffer.data(), buffer.size());
  if (!bytes || bytes->size() != SecretKey::size)
    throw Error(Errc::usage, "key file {} does not hold the base64 of {} bytes", path.string(),
                SecretKey::size)
        .with_hint(way_out);
  const SecretKey key{*bytes};
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

void write_new_key_file(const std::filesystem::path& path) {
  const Descriptor file{path, O_WRONLY | O_CREAT | O_EXCL};
  if (!file && errno == EEXIST)
    throw Error(Errc::conflict, "key file {} exists already and is not overwritten", path.string());
  if (!file) throw Error(Errc::usage, "key file {}: {}", path.string(), std::strerror(errno));
  std::string line = base64_encode(new_secret_key().bytes()) + '\n';
  const auto written = ::write(file.get(), line.data(), line.size());
  const bool whole = written == static_cast<ssize_t>(line.size()) && ::fsync(file.get()) == 0;
  const int reason = errno;
  sodium_memzero(line.data(), line.size());
  if (whole) return;
  ::unlink(path.c_str());  // half a key would stand in the way of the next try
  throw Error(Errc::usage, "key file {}: {}", path.string(),
              written < 0 ? std::strerror(reason) : "not written whole");
}

std::uint64_t siphash(const SipKey& key, std::string_view text) {
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), in(text), text.size(), key.data());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < hash.size(); ++i) value |= std::uint64_t{hash[i]} << (8 * i);
  return value;
}

}  // namespace smscrm
