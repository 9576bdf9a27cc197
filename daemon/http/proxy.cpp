#include "daemon/http/proxy.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

// 4 or 16 bytes; empty when `text` is no address.
std::string address_bytes(std::string_view text) {
  const std::string name{text};
  std::string bytes(16, '\0');
  if (inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, name.c_str(), bytes.data()) != 1) return {};
  bytes.resize(4);
  return bytes;
}

bool same_prefix(std::string_view a, std::string_view b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (a.size() != b.size() || a.substr(0, whole) != b.substr(0, whole)) return false;
  const unsigned rest = bits % 8;
  return rest == 0 ||
         ((static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) >> (8 - rest)) == 0;
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (name == "unix") {
      unix_ = true;
      continue;
    }
    const auto slash = name.find('/');
    const auto bytes = address_bytes(name.substr(0, slash));
    const auto longest = static_cast<std::int64_t>(bytes.size() * 8);
    const auto bits =
        slash == std::string::npos ? longest : parse_integer(name.substr(slash + 1)).value_or(-1);
    if (bytes.empty() || bits < 0 || bits > longest)
      throw Error(Errc::usage, "\"{}\" in http.trusted_proxies is not an address, a network or \"unix\"",
                  name);
    networks_.push_back({bytes, static_cast<unsigned>(bits)});
  }
}

bool TrustedProxies::trusts(std::string_view address) const {
  if (address == "unix") return unix_;
  const auto bytes = address_bytes(address);
  return !bytes.empty() && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return same_prefix(bytes, network.bytes, network.bits);
  });
}

std::string TrustedProxies::client(const std::string& peer, std::string_view forwarded_for) const {
  std::string nearest = peer;
  while (!forwarded_for.empty() && trusts(nearest)) {
    const auto comma = forwarded_for.rfind(',');
    const auto hop = trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    // What is no address was made up by the client, or is a form that we do not know: the last proxy stands.
    if (address_bytes(hop).empty()) break;
    nearest = hop;
    forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
  }
  return nearest;
}

}  // namespace smscrm
