#include "core/access/token.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

constexpr std::string_view base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view typeable = "23456789abcdefghjkmnpqrstuvwxyz";  // no 0 o 1 l i
constexpr std::string_view prefix = "smscrm_";
constexpr std::size_t secret_size = 32;
constexpr std::size_t check_size = 6;

// Each character as likely as any other: bytes that would favour the first ones are thrown away.
std::string random_text(std::string_view alphabet, std::size_t size) {
  const auto most = 256 - 256 % alphabet.size();
  std::string text;
  while (text.size() < size)
    for (const char c : random_bytes(size))
      if (const auto byte = static_cast<unsigned char>(c); byte < most && text.size() < size)
        text += alphabet[byte % alphabet.size()];
  return text;
}

std::string check_of(std::string_view text) {
  const auto digest = sha256(text);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
  std::string check;
  for (std::size_t i = 0; i < check_size; ++i, number /= base62.size())
    check += base62[number % base62.size()];
  return check;
}

}  // namespace

std::string new_token() {
  auto text = base64_encode(random_bytes(32));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.pop_back();  // the one "=" of 32 bytes
  return text;
}

std::string token_digest(std::string_view token) { return sha256(token); }

std::string new_recovery_code() {
  auto code = random_text(typeable, 10);
  return code.insert(5, "-");
}

std::string recovery_digest(std::string_view code) {
  std::string plain;
  for (const char c : to_lower(code))
    if (c != '-' && c != ' ') plain += c;
  return sha256(plain);
}

std::string new_api_key_secret() { return random_text(base62, secret_size); }

std::string format_api_key(TenantId tenant, ApiKeyId key, std::string_view secret) {
  const auto text = fmt::format("{}{}k{}_{}", prefix, tenant.value, key.value, secret);
  return text + check_of(text);
}

std::optional<ApiKeyName> parse_api_key(std::string_view text) {
  if (!text.starts_with(prefix) || text.size() > 100) return std::nullopt;
  const auto name_end = text.find('_', prefix.size());
  if (name_end == std::string_view::npos || text.size() != name_end + 1 + secret_size + check_size)
    return std::nullopt;
  const auto name = text.substr(prefix.size(), name_end - prefix.size());
  const auto middle = name.find('k');
  if (middle == std::string_view::npos) return std::nullopt;
  const auto tenant = parse_integer(name.substr(0, middle)), key = parse_integer(name.substr(middle + 1));
  const auto body = text.substr(0, text.size() - check_size);
  if (!tenant || !key || *tenant < 1 || *key < 1 || check_of(body) != text.substr(body.size()))
    return std::nullopt;
  return ApiKeyName{TenantId{*tenant}, ApiKeyId{*key}, body.substr(name_end + 1)};
}

}  // namespace smscrm
