#include "core/consent/stop_spelling.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/consent/opt_out_rules.hpp"
#include "core/consent/text_pattern.hpp"

namespace smscrm {

Slip slip_of_stop(const std::string& word) {
  static const auto others = split(not_misspelt, '|');
  if (word == "stop" || count_edits(word, "stop", 1) > 1) return Slip::none;
  if (std::find(others.begin(), others.end(), word) != others.end()) return Slip::none;
  auto sorted = word;
  std::sort(sorted.begin(), sorted.end());
  if (sorted == "opst") return Slip::sure;
  auto once = word;
  once.erase(std::unique(once.begin(), once.end()), once.end());
  return once == "stop" ? Slip::sure : Slip::maybe;
}

std::vector<std::string> part_glued(const std::string& word) {
  static constexpr std::string_view known =
      "stop|unsubscribe|optout|please|pls|plz|texting|messaging|sending|contacting|spamming|calling|text|"
      "texts|"
      "message|messages|msg|msgs|sms|me|us|my|it|this|that|now|already|all|these|the|your|dont|cant|wont|"
      "thanks|"
      "thank|you|to|end|quit|cancel|opt|out|from|number|spam|ads|and|just|bitte|svp|por|favor|asap|ok|hey|"
      "sir|2";
  static const auto pieces = split(known, '|');
  if (word.size() < 5 || word.size() > 40) return {};
  if (word.find("stop") == std::string::npos && word.find("unsubscribe") == std::string::npos &&
      word.find("optout") == std::string::npos)
    return {};
  std::vector<const std::string*> last(word.size() + 1, nullptr);  // the piece that ends there
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (at > 0 && last[at] == nullptr) continue;
    for (const auto& piece : pieces)
      if (word.compare(at, piece.size(), piece) == 0 && last[at + piece.size()] == nullptr)
        last[at + piece.size()] = &piece;
  }
  std::vector<std::string> parts;
  for (auto at = word.size(); at > 0 && last[at] != nullptr; at -= last[at]->size())
    parts.push_back(*last[at]);
  std::reverse(parts.begin(), parts.end());
  return parts.size() > 1 ? parts : std::vector<std::string>{};
}

}  // namespace smscrm
