#include "core/import/input.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include <zlib.h>
#include <zstd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::size_t block_size = 64 * 1024;
constexpr std::string_view gzip_magic = "\x1F\x8B";
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";
constexpr std::string_view utf16le_mark = "\xFF\xFE";
constexpr std::string_view utf16be_mark = "\xFE\xFF";

// Compressed bytes, a block at a time.
class Blocks {
 public:
  explicit Blocks(ByteSource source) : source_(std::move(source)), block_(block_size, '\0') {}

  // What is left of the block, or the next one; empty at the end.
  std::string_view left() {
    if (begin_ == end_) {
      begin_ = 0;
      end_ = source_(block_.data(), block_.size());
    }
    return {block_.data() + begin_, end_ - begin_};
  }
  void consume(std::size_t size) { begin_ += size; }

 private:
  ByteSource source_;
  std::string block_;
  std::size_t begin_ = 0, end_ = 0;
};

Error cut_short(std::string_view compression) {
  return Error(Errc::invalid, "the {} data is cut short; fetch the file again", compression);
}

class Gunzip {
 public:
  explicit Gunzip(ByteSource source) : blocks_(std::move(source)) {
    constexpr int gzip_only = 15 + 16;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw Error(Errc::internal, "zlib does not start");
  }
  Gunzip(const Gunzip&) = delete;
  ~Gunzip() { inflateEnd(&stream_); }

  std::size_t read(char* buffer, std::size_t size) {
    for (;;) {
      const auto block = blocks_.left();
      if (block.empty()) {
        if (inside_) throw cut_short("gzip");
        return 0;
      }
      if (!std::exchange(inside_, true)) inflateReset(&stream_);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
      stream_.avail_in = static_cast<uInt>(block.size());
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = static_cast<uInt>(size);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      blocks_.consume(block.size() - stream_.avail_in);
      if (result == Z_STREAM_END)
        inside_ = false;  // another member may follow
      else if (result != Z_OK && result != Z_BUF_ERROR)
        throw Error(Errc::invalid, "the gzip data is damaged: {}",
                    stream_.msg != nullptr ? stream_.msg : "it cannot be read");
      if (const auto made = size - stream_.avail_out; made > 0) return made;
    }
  }

 private:
  Blocks blocks_;
  z_stream stream_{};
  bool inside_ = false;  // a member
};

struct FreeZstd {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

class Unzstd {
 public:
  explicit Unzstd(ByteSource source) : blocks_(std::move(source)), stream_(ZSTD_createDStream()) {
    constexpr int window_log = 25;  // 32 MiB, beyond what any level but --ultra and --long asks for
    if (!stream_ || ZSTD_isError(ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log)))
      throw Error(Errc::internal, "zstd does not start");
  }

  std::size_t read(char* buffer, std::size_t size) {
    for (;;) {
      const auto block = blocks_.left();
      ZSTD_inBuffer in{block.data(), block.size(), 0};
      ZSTD_outBuffer out{buffer, size, 0};
      // At the end of input what is decoded already may still wait to be handed out.
      if (block.empty() && !inside_) return 0;
      const auto result = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(result))
        throw Error(Errc::invalid, "the zstd data is damaged: {}", ZSTD_getErrorName(result));
      blocks_.consume(in.pos);
      inside_ = result != 0;
      if (out.pos > 0) return out.pos;
      if (block.empty() && inside_) throw cut_short("zstd");
    }
  }

 private:
  Blocks blocks_;
  std::unique_ptr<ZSTD_DStream, FreeZstd> stream_;
  bool inside_ = false;  // a frame
};

template <class Decompressor>
ByteSource decompress(ByteSource source) {
  auto made = std::make_shared<Decompressor>(std::move(source));
  return [made = std::move(made)](char* buffer, std::size_t size) { return made->read(buffer, size); };
}

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

std::string detect_encoding(std::string_view sample) {
  if (sample.starts_with("\xEF\xBB\xBF")) return "utf-8";
  if (sample.starts_with(utf16le_mark)) return "utf-16le";
  if (sample.starts_with(utf16be_mark)) return "utf-16be";
  // Names of columns are mostly ASCII: in UTF-16 each has a NUL on its one side.
  const auto head = sample.substr(0, std::min<std::size_t>(sample.size(), 64) & ~std::size_t{1});
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == '\0') ++(i % 2 == 0 ? even : odd);
  if (even * 8 <= odd && odd > 1 && odd * 4 >= head.size()) return "utf-16le";
  if (odd * 8 <= even && even > 1 && even * 4 >= head.size()) return "utf-16be";
  return is_mostly_utf8(sample) ? "utf-8" : "cp1252";
}

std::string choose_encoding(std::string_view wanted, std::string_view sample) {
  if (wanted.empty()) return detect_encoding(sample);
  if (wanted == "utf-16") return sample.starts_with(utf16be_mark) ? "utf-16be" : "utf-16le";
  return std::string{wanted};
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
  std::optional<Utf16> utf16;
  std::string block;           // read, when it is not UTF-8
  std::string converted;       // of it
  std::size_t handed_out = 0;  // of that

  bool convert_block() {
    block.resize(block_size);
    const auto got = bytes(block.data(), block.size());
    const std::string_view read{block.data(), got};
    converted.clear();
    handed_out = 0;
    if (!utf16)
      convert_single_bytes(read, encoding == "cp1252", converted);
    else if (got > 0)
      utf16->convert(read, converted);
    else
      utf16->finish();
    return got > 0;
  }
};

ImportInput::ImportInput(ByteSource source, std::string_view encoding) : state_(std::make_unique<State>()) {
  if (!encoding.empty() && std::ranges::find(import_encodings, encoding) == std::end(import_encodings))
    throw Error(Errc::usage, "\"{}\" is no encoding known here", encoding);
  auto magic = read_first(source, zstd_magic.size());
  if (magic.starts_with(gzip_magic)) state_->compression = "gzip";
  if (magic == zstd_magic) state_->compression = "zstd";
  source = put_back(std::move(magic), std::move(source));
  if (state_->compression == "gzip") source = decompress<Gunzip>(std::move(source));
  if (state_->compression == "zstd") source = decompress<Unzstd>(std::move(source));

  auto sample = read_first(source, block_size);
  state_->encoding = choose_encoding(encoding, sample);
  if (state_->encoding.starts_with("utf-16")) state_->utf16.emplace(state_->encoding == "utf-16be");
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
const std::string& ImportInput::compression() const noexcept { return state_->compression; }

}  // namespace smscrm
