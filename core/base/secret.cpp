#include "core/base/secret.hpp"

#include <algorithm>

namespace smscrm {
namespace {

constexpr std::string_view masked = "***";

bool is_of_scheme(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

// "user:password" as "user:***", a lone word as "***". A user with an odd character may be a part of the
// password.
std::string mask_user(std::string_view user) {
  const auto colon = user.find(':');
  if (colon == std::string_view::npos ||
      user.substr(0, colon).find_first_of("@/?#") != std::string_view::npos)
    return std::string{masked};
  return std::string{user.substr(0, colon + 1)} + std::string{masked};
}

std::string mask_query(std::string_view query) {
  std::string clean;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      clean += masked;
    else
      (clean += pair.substr(0, equals + 1)) += pair.starts_with("db=") ? pair.substr(3) : masked;
    query.remove_prefix(end);
    if (!query.empty()) clean += '&', query.remove_prefix(1);
  }
  return clean;
}

}  // namespace

std::string mask_url(std::string_view url) {
  std::string clean;
  if (url.starts_with("unix:")) {
    const auto query = std::min(url.find('?'), url.size());
    clean = url.substr(0, query);
    return query == url.size() ? clean : clean + "?" + mask_query(url.substr(query + 1));
  }
  if (url.empty()) return clean;
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos || !std::ranges::all_of(url.substr(0, scheme), is_of_scheme))
    return std::string{masked};
  clean = url.substr(0, scheme + 3);
  auto rest = url.substr(scheme + 3);
  // A password may hold anything, so the last "@" is the one behind it.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    (clean += mask_user(rest.substr(0, at))) += '@';
    rest.remove_prefix(at + 1);
  }
  const auto query = std::min(rest.find('?'), rest.size());
  clean += rest.substr(0, query);
  return query == rest.size() ? clean : clean + "?" + mask_query(rest.substr(query + 1));
}

std::string hide_credentials(std::string_view words) {
  std::string clean;
  for (std::size_t at = 0;;) {
    const auto scheme = words.find("://", at);
    if (scheme == std::string_view::npos) return clean += words.substr(at);
    const auto begin = scheme + 3;
    clean += words.substr(at, begin - at);
    // To the end of the word: what is behind the last "@" of it is a host.
    const auto end = std::min(words.find_first_of(" '\"", begin), words.size());
    const auto last = words.substr(begin, end - begin).rfind('@');
    at = last == std::string_view::npos ? begin : begin + last;
    if (at != begin) clean += masked;
  }
}

}  // namespace smscrm
