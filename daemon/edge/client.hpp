// Who a client is, as far as limits are kept by client.
#pragma once

#include <string>

namespace smscrm {

// Of the address that HttpRequest::remote has: an IPv4 address is one client, an IPv6 network of 64 bits, for
// that is what a stranger has at least (RFC 6177). Empty when it is nobody in particular: a loopback address
// or a Unix socket, behind which stands a proxy that http.trusted_proxies does not name, and so everybody.
std::string client_of(const std::string& remote);

}  // namespace smscrm
