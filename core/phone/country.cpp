#include "core/phone/country.hpp"

#include <unordered_map>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/letter.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Country {
  std::string code, name;
};

// Letters and digits alone, "the", "of" and "and" left out, "st" for "saint": what two spellings have in
// common.
std::string fold(std::string_view text) {
  std::string folded, word;
  const auto end_word = [&] {
    if (word == "saint") word = "st";
    if (word != "the" && word != "of" && word != "and") folded += word;
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (point == ' ' || point == '-' || point == '_' || point == '&' || point == ',' || point == 0xA0)
      end_word();
    else
      append_folded(word, point);
  }
  end_word();
  return folded.empty() ? to_lower(text) : folded;  // AND is a code
}

struct Names {
  std::unordered_map<std::string, std::string> codes;  // by folded name or code
  std::vector<Country> countries;
};

const Names& names() {
  static const Names all = [] {
    Names made;
    for (const auto& line : split(country_table, '\n')) {
      if (line.size() < 12) continue;
      const auto code = line.substr(0, 2), digits = line.substr(7, 3);
      const auto spellings = split(std::string_view{line}.substr(11), '|');
      made.countries.push_back({code, spellings.front()});
      made.codes.emplace(fold(code), code);
      made.codes.emplace(fold(line.substr(3, 3)), code);
      if (digits != "000") made.codes.emplace(digits, code);
      for (const auto& spelling : spellings) made.codes.emplace(fold(spelling), code);
    }
    made.codes.emplace("uk", "GB");
    return made;
  }();
  return all;
}

}  // namespace

std::optional<std::string> find_country(std::string_view text) {
  text = trim(text);
  auto key = fold(text);
  // Of the words left out something has to be left; and "congo" is two countries.
  if (key.empty() || key == "congo") return std::nullopt;
  const auto& codes = names().codes;
  if (const auto found = codes.find(key); found != codes.end()) return found->second;
  if (text.size() > 3 && text.size() <= 6 && text[2] == '-')  // ISO 3166-2
    if (const auto found = codes.find(fold(text.substr(0, 2))); found != codes.end()) return found->second;
  return std::nullopt;
}

void check_country(std::string_view code) {
  for (const auto& country : names().countries)
    if (country.code == code) return;
  Error error(Errc::invalid, "\"{}\" is not a country; write its two letters (ISO 3166-1), such as US", code);
  auto meant = find_country(code);
  if (!meant) {
    std::vector<std::string> known;
    for (const auto& country : names().countries) known.push_back(to_lower(country.name));
    if (const auto near = nearest(to_lower(code), known)) meant = find_country(*near);
  }
  if (meant) throw std::move(error).with_hint(fmt::format("did you mean {}?", *meant));
  throw error;
}

}  // namespace smscrm
