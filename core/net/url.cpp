#include "core/net/url.hpp"

#include <algorithm>
#include <array>

#include <unicode/uidna.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";
constexpr std::size_t longest_host = 253, longest_label = 63;  // RFC 1035, 2.3.4
constexpr std::int64_t last_port = 65535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

[[noreturn]] void refuse(std::string_view url, std::string_view why) {
  throw Error(Errc::invalid, "\"{}\" is not a URL that a link can lead to: {}", url, why)
      .with_hint("write it as https://example.com/page");
}

// What a path, query or fragment may have as it is: pchar, "/" and "?" of RFC 3986, 3.3 and 3.4.
bool stays(char c) {
  static constexpr std::string_view marks = "-._~!$&'()*+,;=:@/?";
  return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
}

void append_encoded(std::string& to, std::string_view part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    const bool encoded = c == '%' && part.size() - i > 2 && is_hex(part[i + 1]) && is_hex(part[i + 2]);
    if (stays(c) || encoded) {
      to += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      to += '%';
      to += hex[byte >> 4];
      to += hex[byte & 0xF];
    }
  }
}

// "bücher.example" as "xn--bcher-kva.example".
std::string to_ascii_host(std::string_view host, std::string_view url) {
  UErrorCode error = U_ZERO_ERROR;
  static UIDNA* const idna = [] {
    UErrorCode opened = U_ZERO_ERROR;
    return uidna_openUTS46(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
        &opened);
  }();
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::array<char, 1024> ascii{};
  const auto size = idna == nullptr ? 0
                                    : uidna_nameToASCII_UTF8(
                                          idna, host.data(), static_cast<int32_t>(host.size()), ascii.data(),
                                          static_cast<int32_t>(ascii.size()), &info, &error);
  if (idna == nullptr || U_FAILURE(error) || info.errors != 0 ||
      static_cast<std::size_t>(size) > ascii.size())
    refuse(url, "its host is no name of a host");
  return {ascii.data(), static_cast<std::size_t>(size)};
}

void check_host(std::string_view host, std::string_view url) {
  auto labels = split(host, '.');
  if (labels.size() > 1 && labels.back().empty()) labels.pop_back();  // "example.com."
  const bool named =
      host.size() <= longest_host && std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
        return !label.empty() && label.size() <= longest_label &&
               std::all_of(label.begin(), label.end(),
                           [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
      });
  if (!named) refuse(url, "its host is no name of a host");
}

std::string read_host(std::string_view host, std::string_view url) {
  if (host.empty()) refuse(url, "it names no host");
  if (host.starts_with('[')) {  // IPv6
    const auto address = host.substr(1, host.size() - 2);
    if (!host.ends_with(']') || address.find(':') == std::string_view::npos ||
        !std::all_of(address.begin(), address.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; }))
      refuse(url, "its host is no address");
    return to_lower(host);
  }
  const bool ascii = std::all_of(host.begin(), host.end(), [](char c) { return c > 0; });
  const auto name = ascii ? to_lower(host) : to_ascii_host(host, url);
  check_host(name, url);
  return name;
}

}  // namespace

std::string to_ascii_url(std::string_view given) {
  const auto url = trim(given);
  if (url.size() > longest_url) throw Error(Errc::invalid, "a link may have {} bytes at most", longest_url);
  if (!is_valid_utf8(url)) throw Error(Errc::invalid, "a link is text, as UTF-8");
  if (std::any_of(url.begin(), url.end(), [](char c) { return (c >= 0 && c <= ' ') || c == 0x7F; }))
    throw Error(Errc::invalid, "a link holds no blank and no control character; a blank is written as %20");
  if (url.find('\\') != std::string_view::npos) refuse(url, "it holds a backslash, which is written as %5C");

  const auto scheme = to_lower(url.substr(0, 8));
  const std::string_view begin = scheme == "https://"            ? "https://"
                                 : scheme.starts_with("http://") ? "http://"
                                                                 : "";
  if (begin.empty()) refuse(url, "it must begin with https:// or http://");
  const auto rest = url.substr(begin.size());
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) refuse(url, "it holds a user, or a password");

  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string ascii{begin};
  ascii += read_host(authority.substr(0, colon), url);
  if (colon != std::string_view::npos && colon + 1 < authority.size()) {
    const auto digits = authority.substr(colon + 1);
    const auto port = parse_integer(digits);
    if (!port || *port < 1 || *port > last_port || !is_digit(digits.front()))
      refuse(url, "its port is no number from 1 to 65535");
    ascii += fmt::format(":{}", *port);
  }

  const auto tail = rest.substr(authority.size());
  const auto fragment = std::min(tail.find('#'), tail.size());
  append_encoded(ascii, tail.substr(0, fragment));
  if (fragment < tail.size()) {
    ascii += '#';
    append_encoded(ascii, tail.substr(fragment + 1));
  }
  if (ascii.size() > longest_url)
    throw Error(Errc::invalid, "a link may have {} bytes at most, and this one has {} once it is encoded",
                longest_url, ascii.size());
  return ascii;
}

bool is_origin(std::string_view ascii_url) {
  const auto host = ascii_url.find("://");
  return host != std::string_view::npos && ascii_url.find_first_of("/?#", host + 3) == std::string_view::npos;
}

}  // namespace smscrm
