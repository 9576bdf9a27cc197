#include "core/import/consent_words.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/import/consent_lexicon.hpp"

namespace smscrm {
namespace {

using namespace consent_lexicon;

using Words = std::span<const std::string_view>;
using List = std::span<const std::string_view>;

bool is_in(List list, std::string_view word) {
  return std::ranges::any_of(list, [&](std::string_view entry) {
    return entry.ends_with('*') ? word.starts_with(entry.substr(0, entry.size() - 1)) : word == entry;
  });
}
bool has_any(Words words, List list) {
  return std::ranges::any_of(words, [&](std::string_view word) { return is_in(list, word); });
}

// The text in lower case without accents: words with a blank between, "e-mail" and "opt-out" each one word.
struct Folded {
  std::string text;
  std::vector<std::string_view> words;

  explicit Folded(std::string_view from) {
    constexpr std::int32_t first_wide = 0x370;  // Greek and beyond: kept as they are
    bool was_lower = false;
    for (std::size_t at = 0; at < from.size();) {
      const auto begin = at;
      const auto point = next_code_point(from, at);
      const bool is_upper = point >= 'A' && point <= 'Z';
      if (is_upper && was_lower) text += ' ';  // "SmsConsent"
      if (is_upper && !was_lower && at < from.size() && from[at] >= 'a' && from[at] <= 'z' &&
          at - begin == 1 && !text.empty() && text.back() != ' ' && at >= 2 && from[at - 2] >= 'A' &&
          from[at - 2] <= 'Z')
        text += ' ';  // "SMSConsent"
      was_lower = point >= 'a' && point <= 'z';
      const bool is_latin = point < first_wide || (point >= 0x1E00 && point < 0x1F00);
      if (is_latin) {
        if (append_folded(text, point) == LetterKind::other && point != '\'') text += ' ';
      } else if (point < 0x2000 || point >= 0x2600) {
        text += from.substr(begin, at - begin);
      } else if (point != 0x2019) {
        text += ' ';
      }
    }
    join_parts();
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find(' ', begin), text.size());
      if (end > begin) words.push_back(std::string_view{text}.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  Folded(const Folded&) = delete;

  std::string compact() const {
    std::string all;
    for (const auto word : words) all += word;
    return all;
  }

 private:
  void join_parts() {
    std::string padded = " ";
    for (const char c : text)
      if (c != ' ' || padded.back() != ' ') padded += c;
    if (padded.back() != ' ') padded += ' ';
    for (const auto& [apart, joined] : {std::pair{" e mail", " email"},
                                        {" opt out", " optout"},
                                        {" opted out", " optout"},
                                        {" opting out", " optout"},
                                        {" opts out", " optout"},
                                        {" opt in ", " optin "},
                                        {" opted in ", " optin "},
                                        {" opts in ", " optin "},
                                        {" text message", " textmessage"},
                                        {" un subscri", " unsubscri"},
                                        {" black list", " blacklist"},
                                        {" block list", " blocklist"},
                                        {" do not disturb", " dnd"},
                                        {" non marketing", " nonmarketing"},
                                        {" y n ", " yn "}}) {
      const std::string_view from{apart}, to{joined};
      for (auto at = padded.find(from); at != std::string::npos; at = padded.find(from, at + to.size()))
        padded.replace(at, from.size(), to);
    }
    text = std::move(padded);
  }
};

// "Phone No" is a number and no negation.
bool is_negation(Words words, std::size_t at) { return is_in(negations, words[at]) && at + 1 < words.size(); }

enum class Polarity { none, positive, negative };

struct Reading {
  Polarity polarity = Polarity::none;
  bool specific = false;  // by a word that is about contact and nothing else
  bool text = false;      // texts are named
};

Reading read_polarity(Words words) {
  Reading reading;
  reading.text = has_any(words, text_channel);
  bool negated = false, yes = false, no = false, not_to = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_negation(words, i)) {
      negated = !negated;
      // "do not text", "ne pas contacter", "not to be called"; but nobody has said so who is "not contacted".
      for (std::size_t next = i + 1; next < std::min(words.size(), i + 4); ++next)
        not_to =
            not_to || (is_in(contact_stems, words[next]) && !(next == i + 1 && words[next].ends_with("ed")));
      continue;
    }
    if (words[i].starts_with("stop") && i + 1 < words.size() && is_in(contact_stems, words[i + 1]))
      not_to = true;
    if (is_in(specific_no, words[i])) no = reading.specific = true;
    if (is_in(general_no, words[i])) no = true;
    if (is_in(yes_stems, words[i])) yes = true;
  }
  if (not_to && !no) {
    reading.specific = true;
    reading.polarity = Polarity::negative;
  } else if (no) {
    reading.polarity = negated && !not_to ? Polarity::positive : Polarity::negative;
  } else if (yes) {
    reading.polarity = negated ? Polarity::negative : Polarity::positive;
  }
  return reading;
}

bool is_filled(Words words) {
  return std::ranges::all_of(words, [](std::string_view word) {
    return is_in(filling, word) || is_in(yes_stems, word) || is_in(general_no, word) ||
           is_in(specific_no, word) || is_in(negations, word) || is_in(text_channel, word) ||
           is_in(contact_stems, word) || is_in(manner_words, word) || is_in(time_words, word);
  });
}

bool is_date(std::string_view cell) {
  return std::ranges::count_if(cell, [](char c) { return c >= '0' && c <= '9'; }) >= 4;
}

}  // namespace

bool names_other_channel(std::string_view header) {
  const Folded folded{header};
  return has_any(folded.words, other_channel) && !has_any(folded.words, text_channel);
}

ConsentColumn classify_consent_header(std::string_view header) {
  constexpr std::size_t longest = 100;  // of a question that a form asks
  if (header.size() > longest) return ConsentColumn::none;
  const Folded folded{header};
  const Words words{folded.words};
  if (words.empty()) return ConsentColumn::none;
  auto reading = read_polarity(words);
  if (has_any(words, other_channel) && !reading.text) return ConsentColumn::none;
  if (reading.polarity == Polarity::none && reading.text &&
      (has_any(words, status_words) || folded.compact() == "sms"))
    reading.polarity = Polarity::positive;
  if (reading.polarity == Polarity::none || has_any(words, matter_words)) return ConsentColumn::none;
  // "Payment declined", "Terms accepted": of something else.
  if (!reading.specific && !reading.text && !is_filled(words)) return ConsentColumn::none;
  const bool has_time = has_any(words, time_words);
  if (reading.polarity == Polarity::negative)
    return has_time || has_any(words, manner_words) ? ConsentColumn::opt_out_at : ConsentColumn::opt_out;
  // "Consent text" is what somebody was shown.
  if (has_time || has_any(words, manner_words) ||
      (words.size() > 1 && words.back() == "text" && !words.empty() &&
       is_in(yes_stems, words[words.size() - 2])))
    return ConsentColumn::none;
  return reading.text ? ConsentColumn::texts : ConsentColumn::unnamed;
}

ConsentWord read_consent_cell(std::string_view cell, ConsentColumn column) {
  cell = trim(cell);
  const Folded folded{cell};
  const auto word = folded.compact();
  if (cell.empty() || is_in(blanks, word)) {
    // A mark of its own, such as "-", says as little as a blank; "?" does not.
    const bool is_mark =
        !cell.empty() && word.empty() && cell.find_first_not_of("-. ") != std::string_view::npos;
    return is_mark ? ConsentWord::unclear : ConsentWord::nothing;
  }
  const bool is_plain_no = is_in(plain_no, word);
  if (column == ConsentColumn::opt_out || column == ConsentColumn::opt_out_at) {
    if (is_plain_no) return ConsentWord::nothing;
    const auto reading = read_polarity(folded.words);
    if (reading.polarity == Polarity::negative || is_in(status_no, word)) return ConsentWord::no;
    const bool says_in = is_in(yes_stems, word) || word == "active";
    if (says_in && word != "ok" && word != "okay")
      return ConsentWord::nothing;  // "Subscribed" in "Opt-out status"
    if (column == ConsentColumn::opt_out_at) return ConsentWord::no;
    return is_in(yes_cells, word) || is_date(cell) || folded.words.front() == "yes" ? ConsentWord::no
                                                                                    : ConsentWord::unclear;
  }
  if (is_in(yes_cells, word)) return ConsentWord::yes;
  if (is_plain_no || is_in(status_no, word)) return ConsentWord::no;
  const auto first = folded.words.front();
  if (is_in(negations, first) || is_in(plain_no, first) || is_in(status_no, first)) return ConsentWord::no;
  const auto reading = read_polarity(folded.words);
  return reading.polarity == Polarity::negative ? ConsentWord::no : ConsentWord::unclear;
}

bool says_no(std::string_view cell) {
  constexpr std::size_t longest = 60;
  cell = trim(cell);
  if (cell.size() < 3 || cell.size() > longest) return false;
  const auto lower = to_lower(cell);
  const auto has = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  // Most cells end here: nothing without one of these can be a no.
  if (!has("unsub") && !has("opt") && !has("dnc") && !has("dnt") && !has("no") && !has("n't") &&
      !has("nt ") && !has("nicht") && !has("kein") && !has("ne ") && !has("n\xC3\xA3o") && !has("niet") &&
      !has("geen") && !has("abgemeldet") && !has("stop") && !has("d\xC3\xA9s"))
    return false;
  const Folded folded{cell};
  const Words words{folded.words};
  if (words.empty() || (has_any(words, other_channel) && !has_any(words, text_channel))) return false;
  const auto reading = read_polarity(words);
  if (reading.polarity != Polarity::negative || !reading.specific) return false;
  // A sentence may be about anything; words of contact alone are not.
  return is_filled(words);
}

}  // namespace smscrm
