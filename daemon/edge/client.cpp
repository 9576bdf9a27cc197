#include "daemon/edge/client.hpp"

#include "core/net/network.hpp"

namespace smscrm {

std::string client_of(const std::string& remote) {
  constexpr std::string_view mapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
  constexpr std::string_view loopback{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16};
  auto bytes = address_bytes(remote);
  if (bytes.empty() || bytes == loopback) return {};
  if (bytes.size() == 16 && bytes.starts_with(mapped)) bytes.erase(0, mapped.size());
  if (bytes.size() == 4) return bytes.front() == 127 ? std::string{} : bytes;
  return bytes.substr(0, 8);
}

}  // namespace smscrm
