#include "core/import/decompress.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <zlib.h>
#include <zstd.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr std::size_t block_size = 64 * 1024;

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

}  // namespace

ByteSource gunzip(ByteSource source) { return decompress<Gunzip>(std::move(source)); }
ByteSource unzstd(ByteSource source) { return decompress<Unzstd>(std::move(source)); }

}  // namespace smscrm
