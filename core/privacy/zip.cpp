#include "core/privacy/zip.hpp"

#include <memory>

#include <zip.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};

[[noreturn]] void fail(const char* what) { throw Error(Errc::internal, "libzip cannot {}", what); }

}  // namespace

std::string make_zip(const std::vector<ZipEntry>& entries, Timestamp at) {
  std::unique_ptr<zip_source_t, Discard> whole{zip_source_buffer_create(nullptr, 0, 0, nullptr)};
  if (!whole) fail("begin an archive");
  zip_source_keep(whole.get());  // the archive lets go of one
  std::unique_ptr<zip_t, Discard> archive{zip_open_from_source(whole.get(), ZIP_TRUNCATE, nullptr)};
  if (!archive) {
    zip_source_free(whole.get());
    fail("begin an archive");
  }
  for (const auto& entry : entries) {
    auto* source = zip_source_buffer(archive.get(), entry.bytes.data(), entry.bytes.size(), 0);
    const auto index =
        source == nullptr ? -1 : zip_file_add(archive.get(), entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail("add to an archive");
    }
    zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(index),
                       std::chrono::system_clock::to_time_t(at), 0);
  }
  if (zip_close(archive.get()) != 0) fail("write an archive");
  static_cast<void>(archive.release());
  zip_stat_t stat;
  if (zip_source_stat(whole.get(), &stat) != 0 || zip_source_open(whole.get()) != 0) fail("read an archive");
  std::string bytes(stat.size, '\0');
  const auto read = zip_source_read(whole.get(), bytes.data(), bytes.size());
  zip_source_close(whole.get());
  if (read < 0 || static_cast<std::size_t>(read) != bytes.size()) fail("read an archive");
  return bytes;
}

}  // namespace smscrm
