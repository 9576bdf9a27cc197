#include <random>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/export/compress.hpp"
#include "core/import/decompress.hpp"

using namespace smscrm;

TEST_CASE("what is compressed in pieces is whole when an import reads it") {
  std::mt19937 chance{7};
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += static_cast<char>(chance() % 7 == 0 ? chance() : 'a' + i % 3);
  for (const auto& whole : {text, std::string{}})
    for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd}) {
      CAPTURE(to_string(compression));
      std::string made;
      const auto compressor = make_compressor(compression, [&](std::string_view bytes) { made += bytes; });
      for (std::size_t at = 0; at < whole.size(); at += 7'777)
        compressor->write(std::string_view{whole}.substr(at, 7'777));
      compressor->finish();
      auto source = read_from(made);
      if (compression == Compression::gzip) source = gunzip(source);
      if (compression == Compression::zstd) source = unzstd(source);
      std::string read(whole.size() + 1, '\0');
      std::size_t end = 0;
      for (std::size_t got = 1; got > 0; end += got) got = source(read.data() + end, read.size() - end);
      read.resize(end);
      CHECK(read == whole);
      if (compression != Compression::none && !whole.empty()) CHECK(made.size() < whole.size());
    }
  CHECK(parse_compression("zstd") == Compression::zstd);
  CHECK_THROWS_AS(parse_compression("bzip2"), Error);
}
