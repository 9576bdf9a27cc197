#include "core/import/input.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/import/charset.hpp"
#include "core/import/decompress.hpp"
#include "core/import/file_kind.hpp"

namespace smscrm {
namespace {

constexpr std::size_t block_size = 64 * 1024;
constexpr std::string_view gzip_magic = "\x1F\x8B";
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";
constexpr std::string_view utf16le_mark = "\xFF\xFE";
constexpr std::string_view utf16be_mark = "\xFE\xFF";

// Bytes 0x80 to 0x9F. Rule: WHATWG Encoding, index windows-1252; elsewhere a byte is its code point.
constexpr std::array<char16_t, 32> cp1252_high = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_mostly_utf8(std::string_view sample) {
  std::int64_t good = 0, bad = 0;
  for (std::size_t at = 0; at < sample.size();) {
    const auto begin = at;
    if (next_code_point(sample, at) >= 0)
      good += at - begin > 1 ? 1 : 0;
    else if (sample.size() - begin >= 4)  // nearer the end it may be cut
      ++bad;
    else if (sample.size() < block_size)
      ++bad;
  }
  return bad == 0 || good > bad;
}

// Empty when it is none of those that can be known.
std::string detect_encoding(std::string_view sample) {
  using namespace std::string_view_literals;
  if (sample.starts_with("\xEF\xBB\xBF")) return "utf-8";
  if (sample.starts_with("\xFF\xFE\0\0"sv)) return "utf-32le";
  if (sample.starts_with(utf16le_mark)) return "utf-16le";
  if (sample.starts_with(utf16be_mark)) return "utf-16be";
  // Names of columns are mostly ASCII: in UTF-16 each has a NUL on its one side.
  const auto head = sample.substr(0, std::min<std::size_t>(sample.size(), 64) & ~std::size_t{1});
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == '\0') ++(i % 2 == 0 ? even : odd);
  if (even * 8 <= odd && odd > 1 && odd * 4 >= head.size()) return "utf-16le";
  if (odd * 8 <= even && even > 1 && even * 4 >= head.size()) return "utf-16be";
  return is_mostly_utf8(sample) ? "utf-8" : "";
}

[[noreturn]] void throw_uncertain(const std::vector<CharsetReading>& readings) {
  std::vector<std::string> ways;
  for (const auto& [name, example] : readings) ways.push_back(fmt::format("\"{}\" as {}", example, name));
  if (ways.empty())
    throw Error(Errc::invalid,
                "it cannot be told how the file writes its letters: it is neither UTF-8 nor anything else"
                " that reads as text")
        .with_hint("save it as CSV UTF-8, or say what it is, as with --encoding shift_jis");
  throw Error(Errc::invalid,
              "it cannot be told how the file writes its letters: its first value beyond ASCII reads {}",
              join(ways, ", "))
      .with_hint(fmt::format("say which one it is, as with --encoding {}", readings.back().name));
}

void check_kind(std::string_view beginning, std::string_view name) {
  if (const auto kind = tell_file_kind(beginning))
    throw Error(Errc::invalid, "{} is {}", name.empty() || name == "-" ? "the file" : name, kind->name)
        .with_hint(std::string{kind->way_out});
}

// Two bytes a unit, of which one may be missing at the end of a block, and the second unit of a pair.
class Utf16 {
 public:
  explicit Utf16(bool big_endian) : big_endian_(big_endian) {}

  void convert(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (!half_) {
        half_ = byte;
        continue;
      }
      const auto unit = static_cast<char32_t>(big_endian_ ? *half_ << 8 | byte : byte << 8 | *half_);
      half_.reset();
      add(unit, out);
    }
  }
  void finish() const {
    if (half_ || high_) throw Error(Errc::invalid, "the file breaks off inside a UTF-16 character");
  }

 private:
  void add(char32_t unit, std::string& out) {
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    if (is_low != high_.has_value())
      throw Error(Errc::invalid, "the file is not UTF-16: half a surrogate pair")
          .with_hint("say what it is with --encoding");
    if (is_low) {
      append_utf8(out, 0x10000 + ((*high_ - 0xD800) << 10) + (unit - 0xDC00));
      high_.reset();
    } else if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else if (!std::exchange(begun_, true) && unit == 0xFEFF) {
      return;  // the byte order mark
    } else {
      append_utf8(out, unit);
    }
  }

  bool big_endian_;
  bool begun_ = false;
  std::optional<unsigned char> half_;
  std::optional<char32_t> high_;
};

void convert_single_bytes(std::string_view bytes, bool is_cp1252, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, is_cp1252 && byte >= 0x80 && byte < 0xA0 ? cp1252_high[byte - 0x80] : byte);
  }
}

}  // namespace

struct ImportInput::State {
  ByteSource bytes;  // decompressed
  std::string compression = "none";
  std::string encoding;
  std::string guessed_from;
  std::optional<Utf16> utf16;
  std::optional<CharsetDecoder> decoder;
  std::string block;           // read, when it is not UTF-8
  std::string converted;       // of it
  std::size_t handed_out = 0;  // of that

  bool convert_block() {
    block.resize(block_size);
    const auto got = bytes(block.data(), block.size());
    const std::string_view read{block.data(), got};
    converted.clear();
    handed_out = 0;
    if (decoder)
      got > 0 ? decoder->decode(read, converted) : decoder->finish(converted);
    else if (!utf16)
      convert_single_bytes(read, encoding == "cp1252", converted);
    else if (got > 0)
      utf16->convert(read, converted);
    else
      utf16->finish();
    return got > 0 || !converted.empty();
  }

  void choose_encoding(std::string_view wanted, std::string_view sample) {
    if (wanted.empty()) {
      encoding = detect_encoding(sample);
      if (encoding.empty()) guess_encoding(sample);
    } else if (wanted == "utf-16") {
      encoding = sample.starts_with(utf16be_mark) ? "utf-16be" : "utf-16le";
    } else {
      encoding = wanted;
    }
    if (encoding == "utf-16le" || encoding == "utf-16be") utf16.emplace(encoding == "utf-16be");
    const bool is_own = std::ranges::find(import_encodings, encoding) != std::end(import_encodings);
    // A guess holds until a byte comes that it does not have.
    if (!is_own || (encoding == "cp1252" && !guessed_from.empty())) decoder.emplace(encoding);
  }

  void guess_encoding(std::string_view sample) {
    const bool whole = sample.size() < block_size;
    const auto readings = guess_charset(whole ? std::string{sample} + '\n' : std::string{sample});
    if (readings.size() != 1) throw_uncertain(readings);
    encoding = readings.front().name;
    guessed_from = readings.front().example;
  }
};

std::string normalize_encoding(std::string_view name) {
  auto lower = to_lower(trim(name));
  constexpr std::pair<std::string_view, std::string_view> others[] = {
      {"utf8", "utf-8"},          {"utf-8-sig", "utf-8"}, {"utf_8", "utf-8"},       {"utf16", "utf-16"},
      {"windows-1252", "cp1252"}, {"cp-1252", "cp1252"},  {"iso-8859-1", "latin1"}, {"iso8859-1", "latin1"}};
  for (const auto& [theirs, ours] : others)
    if (lower == theirs) return std::string{ours};
  if (std::ranges::find(import_encodings, lower) == std::end(import_encodings) && !is_charset(lower))
    throw Error(Errc::usage, "\"{}\" is no encoding known here", name)
        .with_hint("\"iconv --list\" shows all, such as windows-1251, shift_jis, gb18030 and macintosh");
  return lower;
}

ImportInput::ImportInput(ByteSource source, std::string_view encoding, std::string_view name)
    : state_(std::make_unique<State>()) {
  const auto wanted = encoding.empty() ? std::string{} : normalize_encoding(encoding);
  auto beginning = read_first(source, block_size);
  if (beginning.starts_with(gzip_magic)) state_->compression = "gzip";
  if (beginning.starts_with(zstd_magic)) state_->compression = "zstd";
  check_kind(beginning, name);
  source = put_back(std::move(beginning), std::move(source));
  if (state_->compression == "gzip") source = gunzip(std::move(source));
  if (state_->compression == "zstd") source = unzstd(std::move(source));

  auto sample = read_first(source, block_size);
  if (state_->compression != "none") check_kind(sample, name);
  state_->choose_encoding(wanted, sample);
  state_->bytes = put_back(std::move(sample), std::move(source));
}

ImportInput::~ImportInput() = default;
ImportInput::ImportInput(ImportInput&&) noexcept = default;

std::size_t ImportInput::read(char* buffer, std::size_t size) {
  auto& state = *state_;
  if (state.encoding == "utf-8") return state.bytes(buffer, size);
  while (state.handed_out == state.converted.size())
    if (!state.convert_block()) return 0;
  const auto part = std::min(size, state.converted.size() - state.handed_out);
  std::memcpy(buffer, state.converted.data() + state.handed_out, part);
  state.handed_out += part;
  return part;
}

const std::string& ImportInput::encoding() const noexcept { return state_->encoding; }
const std::string& ImportInput::guessed_from() const noexcept { return state_->guessed_from; }
const std::string& ImportInput::compression() const noexcept { return state_->compression; }

}  // namespace smscrm
