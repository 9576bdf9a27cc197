// core/link_code: a code stands for one pair of ids, and a pair for one code.
#include <cstring>
#include <string>

#include "core/link/code.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  static const LinkKey key{SecretKey{std::string(SecretKey::size, 'k')}};
  if (const auto target = decode_link_code(key, input)) {
    promise(input.size() == link_code_size, "a code has its size");
    promise(encode_link_code(key, target->link, target->message) == input, "a pair has one code");
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, input.data(), std::min(input.size(), sizeof bits));
  const LinkTarget target{LinkId{static_cast<std::int64_t>(bits >> 36)},
                          MessageId{static_cast<std::int64_t>(bits & ((std::uint64_t{1} << 36) - 1))}};
  const auto code = encode_link_code(key, target.link, target.message);
  promise(decode_link_code(key, code) == target, "a code leads back to its pair");
}

}  // namespace smscrm::fuzz
