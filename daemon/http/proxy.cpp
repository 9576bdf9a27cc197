#include "daemon/http/proxy.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {

TrustedProxies::TrustedProxies(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (name == "unix") {
      unix_ = true;
      continue;
    }
    auto network = parse_network(name);
    if (!network)
      throw Error(Errc::usage, "\"{}\" in http.trusted_proxies is not an address, a network or \"unix\"",
                  name);
    networks_.push_back(*std::move(network));
  }
}

bool TrustedProxies::trusts(std::string_view address) const {
  if (address == "unix") return unix_;
  const auto bytes = address_bytes(address);
  return !bytes.empty() && std::any_of(networks_.begin(), networks_.end(),
                                       [&](const Network& network) { return network.contains(bytes); });
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
