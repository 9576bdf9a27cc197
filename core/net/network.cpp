#include "core/net/network.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::vector<Network> parse_all(std::initializer_list<const char*> names) {
  std::vector<Network> networks;
  for (const char* name : names) networks.push_back(*parse_network(name));
  return networks;
}

bool in_any(const std::vector<Network>& networks, std::string_view address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

bool is_public_v4(std::string_view bytes) {
  static const auto special = parse_all({
      "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
      "192.0.0.0/24", "192.0.2.0/24",
      "192.88.99.0/24",  // once the relays of 6to4
      "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
      "240.0.0.0/4",  // and broadcast
  });
  return !in_any(special, bytes);
}

bool is_public_v6(std::string_view bytes) {
  // Where the IPv4 address stands in those that carry one.
  struct Carrier {
    Network network;
    std::size_t at;
  };
  static const std::vector<Carrier> carriers{
      {*parse_network("::ffff:0:0/96"), 12},    // mapped
      {*parse_network("::ffff:0:0:0/96"), 12},  // translated (RFC 2765)
      {*parse_network("64:ff9b::/96"), 12},     // NAT64
      {*parse_network("2002::/16"), 2},         // 6to4
  };
  for (const auto& carrier : carriers)
    if (carrier.network.contains(bytes)) return is_public_v4(bytes.substr(carrier.at, 4));
  // All that is public was given out below this one; unique local, link-local, multicast, loopback and the
  // IPv4-compatible ones stand outside.
  static const Network global = *parse_network("2000::/3");
  static const auto special = parse_all({
      "2001::/23",  // Teredo, ORCHID, benchmarks
      "2001:db8::/32",
      "3fff::/20",
  });
  return global.contains(bytes) && !in_any(special, bytes);
}

std::string bytes_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return {reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr};
  }
  return {};
}

}  // namespace

std::string address_bytes(std::string_view text) {
  const std::string name{text};
  std::string bytes(16, '\0');
  if (inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, name.c_str(), bytes.data()) != 1) return {};
  bytes.resize(4);
  return bytes;
}

std::string format_address(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::string format_address(const sockaddr& address) { return format_address(bytes_of(address)); }

bool Network::contains(std::string_view address) const {
  const std::size_t whole = bits / 8;
  if (address.size() != bytes.size() || address.substr(0, whole) != std::string_view{bytes}.substr(0, whole))
    return false;
  const unsigned rest = bits % 8;
  return rest == 0 ||
         ((static_cast<unsigned char>(address[whole]) ^ static_cast<unsigned char>(bytes[whole])) >>
          (8 - rest)) == 0;
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  auto bytes = address_bytes(text.substr(0, slash));
  const auto longest = static_cast<std::int64_t>(bytes.size() * 8);
  const auto bits =
      slash == std::string_view::npos ? longest : parse_integer(text.substr(slash + 1)).value_or(-1);
  if (bytes.empty() || bits < 0 || bits > longest) return std::nullopt;
  return Network{std::move(bytes), static_cast<unsigned>(bits)};
}

bool is_public_address(std::string_view bytes) {
  if (bytes.size() == 4) return is_public_v4(bytes);
  return bytes.size() == 16 && is_public_v6(bytes);
}

AddressGuard::AddressGuard(const std::vector<std::string>& allowed, std::string_view setting) {
  for (const auto& name : allowed) {
    auto network = parse_network(name);
    if (!network)
      throw Error(Errc::usage, "\"{}\" in {} is neither an address nor a network such as 10.0.0.0/8", name,
                  setting);
    allowed_.push_back(*std::move(network));
  }
}

bool AddressGuard::permits(std::string_view bytes) const {
  return is_public_address(bytes) || in_any(allowed_, bytes);
}

bool AddressGuard::permits(const sockaddr& address) const {
  const auto bytes = bytes_of(address);
  return !bytes.empty() && permits(bytes);
}

}  // namespace smscrm
