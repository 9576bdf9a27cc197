#include "core/config/console_url.hpp"

#include "core/base/error.hpp"

namespace smscrm {

std::string console_url(const Config::Http& http) {
  if (!http.public_url.empty()) return http.public_url;
  for (const auto& listen : http.listen)
    if (listen.find("unix:") == std::string::npos && listen.find("fd:") == std::string::npos)
      return "http://" + listen;
  throw Error(Errc::usage, "where is the console? no address of the daemon can be opened in a browser")
      .with_hint("set http.public_url");
}

}  // namespace smscrm
