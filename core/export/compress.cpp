#include "core/export/compress.hpp"

#include <array>

#include <zlib.h>
#include <zstd.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr std::size_t block_size = 64 * 1024;

class Plain : public Compressor {
 public:
  explicit Plain(ByteSink sink) : sink_(std::move(sink)) {}
  void write(std::string_view bytes) override { sink_(bytes); }
  void finish() override {}

 private:
  ByteSink sink_;
};

class Gzip : public Compressor {
 public:
  explicit Gzip(ByteSink sink) : sink_(std::move(sink)) {
    // The usual 6 is slower than the rows come.
    constexpr int level = 4, gzip_header = 15 + 16, memory = 9;
    if (deflateInit2(&stream_, level, Z_DEFLATED, gzip_header, memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw Error(Errc::internal, "zlib does not start");
  }
  Gzip(const Gzip&) = delete;
  ~Gzip() override { deflateEnd(&stream_); }

  void write(std::string_view bytes) override { run(bytes, Z_NO_FLUSH); }
  void finish() override { run({}, Z_FINISH); }

 private:
  void run(std::string_view bytes, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(block_.data());
      stream_.avail_out = static_cast<uInt>(block_.size());
      result = deflate(&stream_, flush);
      if (const auto made = block_.size() - stream_.avail_out; made > 0) sink_({block_.data(), made});
    } while (flush == Z_FINISH ? result != Z_STREAM_END : stream_.avail_out == 0);
  }

  ByteSink sink_;
  z_stream stream_{};
  std::array<char, block_size> block_{};
};

struct FreeZstdContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class Zstd : public Compressor {
 public:
  explicit Zstd(ByteSink sink) : sink_(std::move(sink)), context_(ZSTD_createCCtx()) {
    constexpr int level = 3;
    if (!context_) throw Error(Errc::internal, "zstd does not start");
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
  }

  void write(std::string_view bytes) override { run(bytes, ZSTD_e_continue); }
  void finish() override { run({}, ZSTD_e_end); }

 private:
  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result)) throw Error(Errc::internal, "zstd: {}", ZSTD_getErrorName(result));
    return result;
  }

  void run(std::string_view bytes, ZSTD_EndDirective mode) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool done = false;
    while (!done) {
      ZSTD_outBuffer out{block_.data(), block_.size(), 0};
      const auto left = check(ZSTD_compressStream2(context_.get(), &out, &in, mode));
      if (out.pos > 0) sink_({block_.data(), out.pos});
      done = mode == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
  }

  ByteSink sink_;
  std::unique_ptr<ZSTD_CCtx, FreeZstdContext> context_;
  std::array<char, block_size> block_{};
};

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
  }
  return "";
}

Compression parse_compression(std::string_view name) {
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd})
    if (name == to_string(compression)) return compression;
  throw Error(Errc::usage, "\"{}\" is no compression; use gzip or zstd", name);
}

std::unique_ptr<Compressor> make_compressor(Compression compression, ByteSink sink) {
  switch (compression) {
    case Compression::none:
      return std::make_unique<Plain>(std::move(sink));
    case Compression::gzip:
      return std::make_unique<Gzip>(std::move(sink));
    case Compression::zstd:
      return std::make_unique<Zstd>(std::move(sink));
  }
  throw Error(Errc::internal, "no such compression");
}

}  // namespace smscrm
