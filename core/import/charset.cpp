#include "core/import/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <unordered_set>

#include <iconv.h>
#include <uchardet/uchardet.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/import/plausible_text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view no_utf8 = "\xFF";

iconv_t open_iconv(std::string_view name) { return ::iconv_open("UTF-8", std::string{name}.c_str()); }

bool is_open(iconv_t handle) { return handle != reinterpret_cast<iconv_t>(-1); }

// In the order in which they are thought of.
struct Candidate {
  std::string_view name;   // as it is said to people
  std::string_view iconv;  // the superset that programs write under that name
};
constexpr Candidate candidates[] = {
    {"cp1252", "CP1252"},         {"windows-1250", "CP1250"},   {"windows-1251", "CP1251"},
    {"windows-1253", "CP1253"},   {"windows-1254", "CP1254"},   {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},   {"windows-1257", "CP1257"},   {"windows-874", "CP874"},
    {"shift_jis", "CP932"},       {"gb18030", "GB18030"},       {"big5", "BIG5-HKSCS"},
    {"euc-kr", "CP949"},          {"euc-jp", "EUC-JP"},         {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-7", "ISO-8859-7"}, {"koi8-r", "KOI8-R"},         {"koi8-u", "KOI8-U"},
    {"ibm866", "IBM866"},         {"iso-8859-5", "ISO-8859-5"}, {"mac-cyrillic", "MAC-CYRILLIC"},
    {"macintosh", "MACINTOSH"},   {"ibm850", "IBM850"},         {"ibm852", "IBM852"},
    {"ibm437", "IBM437"}};

// What uchardet calls them, where it says something else.
constexpr std::pair<std::string_view, std::string_view> advised_names[] = {
    {"ISO-8859-1", "cp1252"},       {"ISO-8859-15", "cp1252"},       {"WINDOWS-1252", "cp1252"},
    {"ISO-8859-9", "windows-1254"}, {"ISO-8859-13", "windows-1257"}, {"ISO-8859-4", "windows-1257"},
    {"TIS-620", "windows-874"},     {"ISO-8859-11", "windows-874"},  {"UHC", "euc-kr"},
    {"ISO-8859-8", "windows-1255"}, {"ISO-8859-6", "windows-1256"},  {"EUC-TW", "big5"},
    {"GB2312", "gb18030"}};

// The share of characters of two bytes that their standard puts first, since they are in everyday use.
// Rules: JIS X 0208, GB 2312 and Big5 level 1, KS X 1001 Hangul, each by its lead bytes; kana.
bool is_everyday(std::string_view bytes, std::string_view name) {
  std::int64_t all = 0, common = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    if (lead < 0x80) continue;
    if (name == "shift_jis" && lead >= 0xA1 && lead <= 0xDF) {  // half-width kana: a byte each
      ++all;
      continue;
    }
    const auto trail = at + 1 < bytes.size() ? static_cast<unsigned char>(bytes[at + 1]) : 0U;
    ++at;
    ++all;
    const bool is_common =
        name == "shift_jis" ? (lead >= 0x81 && lead <= 0x83) || (lead >= 0x88 && lead <= 0x98)
        : name == "big5"    ? lead >= 0xA4 && lead <= 0xC6
        : name == "euc-kr"  ? lead >= 0xB0 && lead <= 0xC8 && trail >= 0xA1
        : name == "euc-jp" ? lead >= 0xA1 && (lead <= 0xA5 || (lead >= 0xB0 && lead <= 0xCF)) && trail >= 0xA1
                           : lead >= 0xB0 && lead <= 0xD7 && trail >= 0xA1;
    common += is_common ? 1 : 0;
  }
  return common * 5 >= all * 4;
}

// The values that have bytes beyond ASCII, each once, a line each. Nothing is cut within a character: no
// encoding has these delimiters as a second byte.
std::string find_values(std::string_view sample) {
  constexpr std::string_view ends = ",;\t\r\n\"";
  constexpr std::size_t most = 32 * 1024;
  std::string values;
  std::unordered_set<std::string_view> met;
  while (!sample.empty() && values.size() < most) {
    const auto end = sample.find_first_of(ends);
    if (end == std::string_view::npos) break;  // it may be cut within a character
    const auto value = sample.substr(0, end);
    sample.remove_prefix(end + 1);
    const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    if (std::ranges::any_of(value, beyond) && met.insert(value).second) (values += value) += '\n';
  }
  return values;
}

std::string_view advise(std::string_view values) {
  struct Delete {
    void operator()(uchardet_t detector) const noexcept { uchardet_delete(detector); }
  };
  const std::unique_ptr<std::remove_pointer_t<uchardet_t>, Delete> detector{uchardet_new()};
  if (!detector || uchardet_handle_data(detector.get(), values.data(), values.size()) != 0) return {};
  uchardet_data_end(detector.get());
  const std::string_view said{uchardet_get_charset(detector.get())};
  for (const auto& [theirs, ours] : advised_names)
    if (theirs == said) return ours;
  const auto lower = to_lower(said);
  for (const auto& candidate : candidates)
    if (candidate.name == lower) return candidate.name;
  return {};
}

// Of the Latin encodings its word is only good for some, and of any other after a few letters.
bool is_good_advice(std::string_view name, std::string_view text) {
  constexpr std::string_view good_at_once[] = {"cp1252", "windows-1250", "windows-1254", "iso-8859-2"};
  constexpr int a_few = 4;
  const auto letters = count_letters(text);
  if (letters.latin && std::ranges::find(good_at_once, name) != std::end(good_at_once)) return true;
  return letters.all >= a_few && (!letters.latin || name == "windows-1257");
}

std::string decode_all(std::string_view iconv_name, std::string_view bytes) {
  CharsetDecoder decoder{iconv_name};
  std::string text;
  decoder.decode(bytes, text);
  decoder.finish(text);
  return text;
}

}  // namespace

struct CharsetDecoder::State {
  iconv_t handle;
  std::string rest = {};  // the beginning of a character

  explicit State(iconv_t opened) : handle(opened) {}
  State(const State&) = delete;
  ~State() { ::iconv_close(handle); }
};

bool is_charset(std::string_view name) {
  // What only changes what comes out, such as "//IGNORE", is no encoding.
  if (name.empty() || name.find('/') != std::string_view::npos) return false;
  const auto handle = open_iconv(name);
  if (!is_open(handle)) return false;
  ::iconv_close(handle);
  return true;
}

CharsetDecoder::CharsetDecoder(std::string_view name) {
  const auto known = std::ranges::find(candidates, to_lower(name), &Candidate::name);
  const auto handle = open_iconv(known == std::end(candidates) ? name : known->iconv);
  if (!is_open(handle)) throw Error(Errc::usage, "\"{}\" is no encoding known here", name);
  state_ = std::make_unique<State>(handle);
}
CharsetDecoder::~CharsetDecoder() = default;
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;

void CharsetDecoder::decode(std::string_view bytes, std::string& out) {
  auto& rest = state_->rest;
  rest += bytes;
  char* from = rest.data();
  std::size_t left = rest.size();
  std::array<char, 16 * 1024> buffer;
  while (left > 0) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const auto result = ::iconv(state_->handle, &from, &left, &to, &room);
    const auto reason = errno;
    out.append(buffer.data(), buffer.size() - room);
    if (result != static_cast<std::size_t>(-1)) break;
    if (reason == EINVAL) break;  // it goes on in the next piece
    if (reason == E2BIG) continue;
    out += no_utf8;
    ++from;
    --left;
  }
  rest.erase(0, rest.size() - left);
}

void CharsetDecoder::finish(std::string& out) {
  if (!state_->rest.empty()) out += no_utf8;
  state_->rest.clear();
}

std::vector<CharsetReading> guess_charset(std::string_view sample) {
  const auto values = find_values(sample);
  struct Made {
    std::string_view name;
    std::string text;
  };
  std::vector<Made> good;
  if (values.empty()) return {};
  for (const auto& [name, iconv_name] : candidates) {
    auto text = decode_all(name, values);
    constexpr std::string_view wide[] = {"shift_jis", "gb18030", "big5", "euc-kr", "euc-jp"};
    const bool is_wide = std::ranges::find(wide, name) != std::end(wide);
    if (all_read_well(text) && (!is_wide || is_everyday(values, name)))
      good.push_back({name, std::move(text)});
  }
  // What reads the same as another need not be told apart.
  std::vector<CharsetReading> readings;
  const auto read = [](const Made& made) {
    return CharsetReading{std::string{made.name}, made.text.substr(0, made.text.find('\n'))};
  };
  const auto advised = good.size() < 2 ? good.end() : std::ranges::find(good, advise(values), &Made::name);
  if (advised != good.end() && is_good_advice(advised->name, advised->text)) {
    const auto first = std::ranges::find(good, advised->text, &Made::text);
    return {read(*first)};
  }
  if (!good.empty() && good.front().name == "cp1252") {
    const auto letters = count_letters(good.front().text);
    if (letters.rare * 4 <= letters.all) return {read(good.front())};
  }
  for (auto made = good.begin(); made != good.end(); ++made)
    if (std::ranges::find(good.begin(), made, made->text, &Made::text) == made)
      readings.push_back(read(*made));
  return readings;
}

}  // namespace smscrm
