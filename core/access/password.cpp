#include "core/access/password.hpp"

#include <cmath>

#include <zxcvbn.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr int fewest_characters = 12;
constexpr int most_characters = 128;
const double least_bits = 8 * std::log2(10);

int count_characters(std::string_view text) {
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

}  // namespace

void check_password(std::string_view password, const std::vector<std::string>& known) {
  if (!is_valid_utf8(password) || password.find('\0') != std::string_view::npos)
    throw Error(Errc::invalid, "the password is not UTF-8 text");
  const auto characters = count_characters(password);
  if (characters < fewest_characters)
    throw Error(Errc::invalid, "the password has {} characters; it takes {} at least", characters,
                fewest_characters)
        .with_hint("a few words that do not belong together are easy to keep in mind");
  if (characters > most_characters)
    throw Error(Errc::invalid, "the password has {} characters; it takes {} at most", characters,
                most_characters);
  std::vector<std::string> words;
  for (const auto& text : known) {
    words.push_back(to_lower(text));
    for (const auto& part : split(to_lower(text), '@'))
      if (part.size() > 2) words.push_back(part);
  }
  std::vector<const char*> dictionary;
  for (const auto& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);
  // What lies behind the first hundred bytes makes nothing easier to guess, and zxcvbn's time grows with the
  // square.
  const std::string text{password.substr(0, 100)};
  if (ZxcvbnMatch(text.c_str(), dictionary.data(), nullptr) < least_bits)
    throw Error(Errc::invalid, "the password is easy to guess")
        .with_hint(
            "take words that do not belong together, none of them the name, the address or the business");
}

}  // namespace smscrm
