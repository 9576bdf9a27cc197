#include "core/provider/twilio_signature.hpp"

#include <algorithm>
#include <vector>

#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

// A URL cut where its signature cares: scheme with "://", host, ":port" or nothing, path and query.
struct SignedUrl {
  std::string_view scheme, host, port, rest;

  std::string with_port(std::string_view other) const {
    std::string url;
    url.reserve(scheme.size() + host.size() + other.size() + rest.size());
    return url.append(scheme).append(host).append(other).append(rest);
  }
};

SignedUrl cut(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto scheme_end = url.find("://");
  const std::size_t host_begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto host_end = std::min(url.find_first_of("/?", host_begin), url.size());
  auto host = url.substr(host_begin, host_end - host_begin);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  // The colons of an IPv6 address stand inside its brackets.
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const auto port = has_port ? host.substr(colon) : std::string_view{};
  host.remove_suffix(port.size());
  return {url.substr(0, host_begin), host, port, url.substr(host_end)};
}

// Sorted by name and then value, bytewise, equal pairs once, nothing between them.
std::string signed_params(const Form& params) {
  std::vector<const Form::value_type*> sorted;
  sorted.reserve(params.size());
  for (const auto& pair : params) sorted.push_back(&pair);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return *a < *b; });
  sorted.erase(std::unique(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return *a == *b; }),
               sorted.end());
  std::string text;
  for (const auto* pair : sorted) text.append(pair->first).append(pair->second);
  return text;
}

std::string sign(std::string_view token, std::string_view text) {
  return base64_encode(hmac_sha1(token, text));
}

std::string_view body_hash(std::string_view path_and_query) {
  constexpr std::string_view name = "bodySHA256=";
  for (auto at = path_and_query.find('?'); at != std::string_view::npos; at = path_and_query.find('&', at)) {
    const auto pair = path_and_query.substr(++at);
    if (pair.starts_with(name)) return pair.substr(name.size(), pair.find('&') - name.size());
  }
  return {};
}

}  // namespace

std::string twilio_signature(std::string_view token, std::string_view url, const Form& params) {
  const auto parts = cut(url);
  return sign(token, parts.with_port(parts.port) + signed_params(params));
}

bool check_twilio_form(std::span<const std::string> tokens, std::string_view header, std::string_view url,
                       const Form& params) {
  const auto parts = cut(url);
  const std::string_view standard_port = parts.scheme == "https://" ? ":443" : ":80";
  const std::string tail = signed_params(params);
  // The likelier first: what it tells by its time is which of them a right signature was made of.
  for (const auto port : {parts.port, parts.port.empty() ? standard_port : std::string_view{}}) {
    const auto candidate = parts.with_port(port) + tail;
    for (const auto& token : tokens)
      if (!token.empty() && constant_time_equal(sign(token, candidate), header)) return true;
  }
  return false;  // and an empty token, which anybody has, signs nothing
}

bool check_twilio_json(std::span<const std::string> tokens, std::string_view header, std::string_view url,
                       std::string_view body) {
  return constant_time_equal(hex_encode(sha256(body)), body_hash(cut(url).rest)) &&
         check_twilio_form(tokens, header, url, {});
}

}  // namespace smscrm
