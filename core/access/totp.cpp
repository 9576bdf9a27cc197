#include "core/access/totp.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <liboath/oath.h>

#include "core/base/error.hpp"
#include "core/base/form.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

constexpr unsigned step_seconds = OATH_TOTP_DEFAULT_TIME_STEP_SIZE;
constexpr unsigned digits = 6;
constexpr std::size_t window = 1;

std::time_t seconds_of(Timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

std::string new_totp_secret() { return random_bytes(20); }

std::string format_totp_secret(std::string_view secret) {
  char* text = nullptr;
  std::size_t size = 0;
  if (oath_base32_encode(secret.data(), secret.size(), &text, &size) != OATH_OK)
    throw Error(Errc::internal, "a second factor cannot be written as base32");
  const std::unique_ptr<char, decltype(&std::free)> owner{text, &std::free};
  std::string encoded(text, size);
  encoded.erase(std::find(encoded.begin(), encoded.end(), '='), encoded.end());
  return encoded;
}

std::string totp_url(std::string_view secret, std::string_view issuer, std::string_view account) {
  return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}", url_encode(issuer), url_encode(account),
                     format_totp_secret(secret), url_encode(issuer));
}

std::optional<std::int64_t> find_totp_step(std::string_view secret, std::string_view code, Timestamp at) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (code.size() != digits || !std::all_of(code.begin(), code.end(), is_digit)) return std::nullopt;
  int offset = 0;
  const auto found =
      oath_totp_validate2(secret.data(), secret.size(), seconds_of(at), step_seconds,
                          OATH_TOTP_DEFAULT_START_TIME, window, &offset, std::string{code}.c_str());
  if (found < 0) return std::nullopt;
  return seconds_of(at) / step_seconds + offset;
}

std::string totp_code(std::string_view secret, Timestamp at) {
  std::array<char, digits + 1> code{};
  if (oath_totp_generate(secret.data(), secret.size(), seconds_of(at), step_seconds,
                         OATH_TOTP_DEFAULT_START_TIME, digits, code.data()) != OATH_OK)
    throw Error(Errc::internal, "a second factor has no code");
  return code.data();
}

}  // namespace smscrm
