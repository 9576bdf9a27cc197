#include "core/base/bounds.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace smscrm {

void check_rate(double rate, std::string_view noun) {
  if (!std::isfinite(rate) || rate <= 0)
    throw Error(Errc::invalid, "{} must be more than 0 parts per second", noun);
  if (rate < least_rate || rate > most_rate)
    throw Error(Errc::invalid, "{} must be from {} to {} parts per second", noun, least_rate,
                static_cast<std::int64_t>(most_rate));
}

void check_length(std::string_view text, std::size_t most, std::string_view noun) {
  if (text.find('\0') != std::string_view::npos)
    throw Error(Errc::invalid, "{} has a NUL character, which no text can hold", noun);
  const auto characters = std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (static_cast<std::size_t>(characters) > most)
    throw Error(Errc::invalid, "{} has {} characters; at most {} are kept", noun, characters, most);
}

void check_room(std::int64_t there, std::int64_t most, std::string_view nouns) {
  if (there >= most)
    throw Error(Errc::refused, "there are {} {} already, as many as one tenant may have", there, nouns);
}

}  // namespace smscrm
