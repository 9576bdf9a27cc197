// Who a client behind a reverse proxy is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/net/network.hpp"

namespace smscrm {

// The proxies whose word is taken for where a request came from.
class TrustedProxies {
 public:
  // Addresses, networks ("10.0.0.0/8", "fd00::/8") and "unix". Throws Error{usage} naming what is none of
  // them.
  explicit TrustedProxies(const std::vector<std::string>& names);

  bool trusts(std::string_view address) const;  // "192.0.2.7", "::1" or "unix"

  // The nearest address that is not a trusted proxy, given the peer and its X-Forwarded-For (one or several
  // headers joined by commas, appended to by each proxy). The peer itself when it is not trusted.
  std::string client(const std::string& peer, std::string_view forwarded_for) const;

 private:
  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace smscrm
