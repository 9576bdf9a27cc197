#include "core/link/code.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr int message_bits = 36;
constexpr int link_bits = 28;
constexpr unsigned rounds = 4;
constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

constexpr std::array<signed char, 256> make_digit_values() {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
  return values;
}
constexpr auto digit_values = make_digit_values();

// The round's number is part of the input, which gives each round a function of its own under one key.
std::uint32_t round_function(const LinkKey& key, unsigned round, std::uint32_t half) {
  std::array<char, 5> input{static_cast<char>(round)};
  for (std::size_t i = 0; i < 4; ++i) input[i + 1] = static_cast<char>(half >> (8 * i) & 0xFF);
  return static_cast<std::uint32_t>(siphash(key.sip(), {input.data(), input.size()}));
}

std::uint64_t permute(const LinkKey& key, std::uint64_t value) {
  auto left = static_cast<std::uint32_t>(value >> 32);
  auto right = static_cast<std::uint32_t>(value);
  for (unsigned round = 0; round < rounds; ++round)
    left = std::exchange(right, left ^ round_function(key, round, right));
  return std::uint64_t{left} << 32 | right;
}

std::uint64_t permute_back(const LinkKey& key, std::uint64_t value) {
  auto left = static_cast<std::uint32_t>(value >> 32);
  auto right = static_cast<std::uint32_t>(value);
  for (unsigned round = rounds; round-- > 0;)
    right = std::exchange(left, right ^ round_function(key, round, left));
  return std::uint64_t{left} << 32 | right;
}

std::uint64_t checked(std::int64_t id, int bits, std::string_view noun) {
  if (id < 0 || id >> bits != 0)
    throw Error(Errc::internal, "{} id {} does not fit the {} bits of a code", noun, id, bits);
  return static_cast<std::uint64_t>(id);
}

}  // namespace

LinkKey::LinkKey(const SecretKey& secret) : sip_{} {
  const SecretKey derived = derive_key(secret, "short link codes");
  std::copy_n(derived.bytes().begin(), sip_.size(), sip_.begin());
}

std::string encode_link_code(const LinkKey& key, LinkId link, MessageId message) {
  std::uint64_t value = permute(key, checked(link.value, link_bits, "link") << message_bits |
                                         checked(message.value, message_bits, "message"));
  std::string code(link_code_size, '0');
  for (auto digit = code.rbegin(); digit != code.rend(); ++digit) {
    *digit = digits[value % digits.size()];
    value /= digits.size();
  }
  return code;
}

std::string read_link_code(std::string_view path) {
  std::string code;
  for (std::size_t at = 0; at < path.size(); ++at) {
    auto byte = static_cast<unsigned char>(path[at]);
    if (byte == '%') {
      const auto* const two = path.data() + at + 1;
      const auto read =
          path.size() - at > 2 ? std::from_chars(two, two + 2, byte, 16) : std::from_chars_result{};
      if (read.ptr != two + 2) break;
      at += 2;
    }
    if (digit_values[byte] < 0) break;
    code += static_cast<char>(byte);
  }
  return code;
}

std::optional<LinkTarget> decode_link_code(const LinkKey& key, std::string_view code) {
  if (code.size() != link_code_size) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : code) {
    const auto digit = digit_values[static_cast<unsigned char>(c)];
    if (digit < 0 || __builtin_mul_overflow(value, std::uint64_t{digits.size()}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(digit), &value))
      return std::nullopt;
  }
  value = permute_back(key, value);
  return LinkTarget{LinkId{static_cast<std::int64_t>(value >> message_bits)},
                    MessageId{static_cast<std::int64_t>(value & ((std::uint64_t{1} << message_bits) - 1))}};
}

}  // namespace smscrm
