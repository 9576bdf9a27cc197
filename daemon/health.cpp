#include "daemon/health.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/net/curl.hpp"

namespace smscrm {
namespace {

constexpr auto patience = std::chrono::seconds{3};

HttpCall call_to(const std::string& address, const std::string& path) {
  HttpCall call;
  call.connect_timeout = call.timeout = patience;
  call.no_proxy = true;
  call.url = "http://localhost" + path;
  if (address.starts_with("unix:")) {
    call.unix_socket = address.substr(5);
    return call;
  }
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  call.url = "http://" + host + address.substr(colon) + path;
  return call;
}

}  // namespace

void ask_health(const std::vector<std::string>& listen, const std::string& path) {
  const auto address =
      std::find_if(listen.begin(), listen.end(), [](const auto& one) { return one != "fd://"; });
  if (address == listen.end())
    throw Error(Errc::usage, "systemd holds the sockets of the daemon")
        .with_hint("say which with --listen ADDRESS");
  const auto result = http_request(call_to(*address, path));
  if (result.status == 200) return;
  throw Error(Errc::unavailable, "{} {}", *address,
              result.status == 0 ? "does not answer: " + result.error
                                 : fmt::format("answers {}: {}", result.status, trim(result.body)));
}

}  // namespace smscrm
