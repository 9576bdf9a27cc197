// All cryptography: the only place that includes libsodium and OpenSSL. Bytes travel as std::string and
// std::string_view. Safe from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace smscrm {

// Raw digests of 20, 32 and 32 bytes.
std::string hmac_sha1(std::string_view key, std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string sha256(std::string_view text);

// RFC 4648 section 4, with padding. Decoding takes exactly that: no blanks, no line breaks, nullopt
// otherwise.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
std::string hex_encode(std::string_view bytes);  // lower case

// Takes as long whatever differs; only the length shows.
bool constant_time_equal(std::string_view a, std::string_view b);

// Bytes that nobody can foretell.
std::string random_bytes(std::size_t count);

// 32 secret bytes, in a page of their own that is neither swapped nor dumped nor next to anything that
// overflows, and overwritten when the last copy goes. Copies share them.
class SecretKey {
 public:
  static constexpr std::size_t size = 32;

  // Throws Error{invalid} unless there are 32 bytes.
  explicit SecretKey(std::string_view bytes);

  std::string_view bytes() const noexcept;

 private:
  std::shared_ptr<const char> bytes_;
};

SecretKey new_secret_key();

// A key of its own for each purpose ("short links"), so that none of them gives away another: keyed BLAKE2b.
SecretKey derive_key(const SecretKey& key, std::string_view purpose);

// Ed25519 (RFC 8032), with the key pair that this one is the seed of: who has the public half can verify, and
// not sign. Signatures have 64 bytes, public keys 32.
std::string sign(const SecretKey& seed, std::string_view text);
std::string public_key(const SecretKey& seed);
bool is_signed(std::string_view text, std::string_view signature, std::string_view public_key);

// Encrypts for storage: XChaCha20-Poly1305 under a random nonce. `context` says what the secret belongs to
// ("account 7 token"), is not stored, and must be the same when it is opened: a row copied elsewhere stays
// shut. The result is a version byte (1), 24 bytes of nonce, the ciphertext and 16 bytes of tag.
std::string seal(const SecretKey& key, std::string_view plain, std::string_view context);

// nullopt when it was sealed with another key or context, or has been changed.
std::optional<std::string> open_sealed(const SecretKey& key, std::string_view sealed,
                                       std::string_view context);

// A key file holds the base64 of 32 random bytes and nothing else; blanks and line ends around it are fine.
// Throws Error{usage} when it is missing, cannot be read or holds something else; and, as ssh does of its
// keys, unless it is a regular file and no link to one, of this user or of root, that its group cannot write
// and others cannot touch.
SecretKey read_key_file(const std::filesystem::path& path);

// Makes one with a new key, readable by its owner alone. Throws Error{conflict} when the file exists, for a
// key that is lost makes every sealed secret unreadable, and Error{usage} when it cannot be written.
void write_new_key_file(const std::filesystem::path& path);

// SipHash-2-4: a keyed pseudo-random function of 64 bits, fast on short input.
using SipKey = std::array<unsigned char, 16>;
std::uint64_t siphash(const SipKey& key, std::string_view text);

}  // namespace smscrm
