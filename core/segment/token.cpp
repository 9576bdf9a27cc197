#include "core/segment/token.hpp"

#include <algorithm>
#include <array>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

bool is_rule_blank(std::int32_t point) {
  return point == ' ' || (point >= '\t' && point <= '\r') || point == 0xA0 || point == 0x2007 ||
         point == 0x202F || point == 0x3000 || point == 0xFEFF;
}

bool is_typographic_quote(std::int32_t point) {
  return (point >= 0x2018 && point <= 0x201F) || point == 0xAB || point == 0xBB || point == 0x2039 ||
         point == 0x203A || point == 0x2032 || point == 0x2033 || point == 0xB4 || point == '`';
}

bool is_word_point(std::int32_t point) {
  if (point < 0x80)
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9') || point == '_' || point == '-';
  std::string folded;
  return append_folded(folded, point) != LetterKind::other;
}

// "dddd-dd-dd" at its beginning.
bool has_date_shape(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00";
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? !is_ascii_digit(text[i]) : text[i] != '-') return false;
  return text.size() == shape.size() || text[shape.size()] == 'T' || text[shape.size()] == 't';
}

RuleToken::Kind kind_of_digits(std::string_view text) {
  if (has_date_shape(text)) return RuleToken::Kind::date;
  const auto end = std::ranges::find_if_not(text, is_ascii_digit);
  const std::string_view rest{end, text.end()};
  if (rest.empty() || (rest[0] == '.' && std::ranges::all_of(rest.substr(1), is_ascii_digit)))
    return RuleToken::Kind::number;
  constexpr std::array<std::string_view, 6> units{"m", "h", "d", "w", "mo", "y"};
  return std::ranges::find(units, to_lower(rest)) != units.end() ? RuleToken::Kind::duration
                                                                 : RuleToken::Kind::word;
}

// Reads the rule from the left. Bytes are counted by at_, characters by column_.
class TokenReader {
 public:
  explicit TokenReader(std::string_view rule) : rule_(rule) {}

  std::vector<RuleToken> read() {
    std::vector<RuleToken> tokens;
    do {
      skip_blanks();
      tokens.push_back(next());
    } while (tokens.back().kind != RuleToken::Kind::end);
    return tokens;
  }

 private:
  bool is_at_end() const { return at_ >= rule_.size(); }
  char byte(std::size_t ahead = 0) const { return at_ + ahead < rule_.size() ? rule_[at_ + ahead] : '\0'; }

  std::int32_t peek() const {
    auto at = at_;
    return next_code_point(rule_, at);
  }

  void skip() {
    next_code_point(rule_, at_);
    ++column_;
  }

  void skip_blanks() {
    while (!is_at_end()) {
      if (byte() == '#') {
        while (!is_at_end() && byte() != '\n') skip();
      } else if (is_rule_blank(peek())) {
        skip();
      } else {
        return;
      }
    }
  }

  RuleToken next() {
    const auto begin = column_;
    if (is_at_end()) return {RuleToken::Kind::end, "", {begin, 0}};
    const auto point = peek();
    if (point == '\'' || point == '"') return read_quoted();
    if (is_typographic_quote(point))
      throw RuleError("typographic_quote", {begin, 1}, fmt::format("{} is a typographic quote", character()),
                      "write ' or \", which stand on the keyboard");
    const bool has_sign = (point == '-' || point == '+') && is_ascii_digit(byte(1));
    if (has_sign || is_ascii_digit(byte())) return read_digits(has_sign);
    if (point != '-' && is_word_point(point)) return read_word();
    return read_sign();
  }

  std::string character() const {
    auto end = at_;
    next_code_point(rule_, end);
    return std::string{rule_.substr(at_, end - at_)};
  }

  RuleToken token(RuleToken::Kind kind, std::size_t begin_at, std::size_t begin) const {
    return {kind, std::string{rule_.substr(begin_at, at_ - begin_at)}, {begin, column_ - begin}};
  }

  RuleToken read_quoted() {
    const auto quote = byte();
    const auto begin = column_;
    skip();
    std::string text;
    for (;; skip()) {
      if (is_at_end())
        throw RuleError("unterminated_string", {begin, 1}, "the text that begins here is never closed",
                        fmt::format("close it with {0}; a {0} in it is written twice", quote));
      if (byte() == quote && byte(1) == quote) {
        skip();
      } else if (byte() == quote) {
        break;
      }
      text += character();
    }
    skip();
    return {RuleToken::Kind::quoted, text, {begin, column_ - begin}};
  }

  RuleToken read_digits(bool has_sign) {
    const auto begin_at = at_, begin = column_;
    if (has_sign) skip();
    for (bool is_whole = true; !is_at_end(); skip()) {
      const auto text = rule_.substr(begin_at, at_ - begin_at);
      const bool in_date = has_date_shape(text) && text.size() > 10;
      if (byte() == '.' && is_ascii_digit(byte(1)) && (is_whole || in_date)) {
        is_whole = false;
        continue;
      }
      if (in_date && (byte() == ':' || byte() == '+')) continue;
      if (!is_word_point(peek())) break;
      is_whole = is_whole && is_ascii_digit(byte());
    }
    auto read = token(RuleToken::Kind::word, begin_at, begin);
    read.kind = kind_of_digits(std::string_view{read.text}.substr(has_sign ? 1 : 0));
    if (has_sign && read.kind != RuleToken::Kind::number) {
      const bool is_length = read.kind == RuleToken::Kind::duration;
      throw RuleError(is_length ? "invalid_duration" : "syntax", read.place,
                      fmt::format("\"{}\" begins with a sign and is no number", read.text),
                      is_length ? "lengths have no sign: within 30d looks back, within next 30d ahead" : "");
    }
    return read;
  }

  RuleToken read_word() {
    const auto begin_at = at_, begin = column_;
    while (!is_at_end() && is_word_point(peek())) skip();
    return token(RuleToken::Kind::word, begin_at, begin);
  }

  RuleToken read_sign() {
    const auto begin_at = at_, begin = column_;
    for (const std::string_view sign : {"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ":", "."})
      if (rule_.substr(at_).starts_with(sign)) {
        for (std::size_t i = 0; i < sign.size(); ++i) skip();
        return token(RuleToken::Kind::sign, begin_at, begin);
      }
    const auto point = peek();
    const char* hint = point == 0x2260   ? "write !="
                       : point == 0x2264 ? "write <="
                       : point == 0x2265 ? "write >="
                                         : "texts that are more than one word stand in quotes";
    throw RuleError("syntax", {begin, 1}, fmt::format("\"{}\" has no meaning here", character()), hint);
  }

  std::string_view rule_;
  std::size_t at_ = 0;
  std::size_t column_ = 1;
};

}  // namespace

std::vector<RuleToken> read_tokens(std::string_view rule) { return TokenReader{rule}.read(); }

}  // namespace smscrm
