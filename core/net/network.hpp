// Addresses of the Internet Protocol, as bytes: what they belong to, and whom a program may call that is told
// by strangers whom to call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace smscrm {

// The 4 or 16 bytes of "192.0.2.7" or "2001:db8::1"; empty when `text` is no address.
std::string address_bytes(std::string_view text);
// The reverse.
std::string format_address(std::string_view bytes);

struct Network {
  std::string bytes;  // the address, 4 or 16 bytes
  unsigned bits = 0;

  bool contains(std::string_view address) const;  // bytes, of the same family
};

// An address or a network: "10.0.0.7", "10.0.0.0/8", "fd00::/8". nullopt when it is neither.
std::optional<Network> parse_network(std::string_view text);

// Whether an address (bytes) can be somebody's on the public Internet: none that is reserved for hosts,
// sites, providers, documentation or groups. An IPv6 address that only carries an IPv4 address (mapped,
// compatible, NAT64, 6to4) is judged by that one; Teredo's is never public. Rule: IANA's registries of
// special-purpose addresses (RFC 6890), global reachability.
bool is_public_address(std::string_view bytes);

// What may be called: public addresses, and networks that are allowed although they are not.
class AddressGuard {
 public:
  // Throws Error{usage} naming what is neither address nor network; `setting` says where it stands.
  explicit AddressGuard(const std::vector<std::string>& allowed, std::string_view setting = "the list");

  bool permits(std::string_view bytes) const;
  // Of a socket that is about to be connected; anything but IPv4 and IPv6 is refused.
  bool permits(const sockaddr& address) const;

 private:
  std::vector<Network> allowed_;
};

// The address in it, for people; empty when it is neither IPv4 nor IPv6.
std::string format_address(const sockaddr& address);

}  // namespace smscrm
