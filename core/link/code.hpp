// Codes of short links, "/r/4kQ0d2XbZ7s": each recipient has their own, and none is stored.
//
// A code is 64 bits, the link's id (28) and the message's (36), passed through a keyed permutation (four
// Luby- Rackoff rounds over SipHash-2-4) and written as 11 characters of 0-9A-Za-z. Without the key the code
// of a message is as good as random. Any 64 bits decode to some pair of ids, and the caller must accept it
// only if the link exists and was issued for that message's range: of 2^64 codes just those n are live, so a
// guess hits with n / 2^64 (a billion links: one in eighteen billion), and neighbouring messages have
// unrelated codes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/id.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

// Changing the secret kills every code in circulation.
class LinkKey {
 public:
  explicit LinkKey(const SecretKey& secret);
  const SipKey& sip() const noexcept { return sip_; }

 private:
  SipKey sip_;
};

struct LinkTarget {
  LinkId link;
  MessageId message;
  bool operator==(const LinkTarget&) const = default;
};

inline constexpr std::size_t link_code_size = 11;

// Throws Error{internal} when an id is negative or over its bits: 2^28 links, 2^36 messages.
std::string encode_link_code(const LinkKey& key, LinkId link, MessageId message);

// The code at the beginning of what stands behind "/r/" in a path, still percent-encoded. Handsets decide by
// themselves where an address ends: a full stop, a bracket, a quotation mark, a blank, a slash that is glued
// to it is no part of it, for a code has letters and digits alone.
std::string read_link_code(std::string_view path);

// nullopt when it cannot be a code: not 11 characters of 0-9A-Za-z, or a value over 64 bits.
std::optional<LinkTarget> decode_link_code(const LinkKey& key, std::string_view code);

}  // namespace smscrm
