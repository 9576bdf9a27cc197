#include "core/import/spool.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "core/base/error.hpp"

namespace smscrm {

namespace {

std::string folder_of_copies() {
  const char* const folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

struct ImportSpool::File {
  std::string folder = folder_of_copies();
  std::FILE* handle = nullptr;

  File() {
    auto path = folder + "/smscrm-import-XXXXXX";
    const int descriptor = ::mkstemp(path.data());
    if (descriptor < 0) throw no_room();
    ::unlink(path.c_str());
    handle = ::fdopen(descriptor, "w+b");
    if (handle == nullptr) {
      ::close(descriptor);
      throw no_room();
    }
  }
  File(const File&) = delete;
  ~File() {
    if (handle != nullptr) std::fclose(handle);
  }

  Error no_room() const {
    return Error(Errc::unavailable, "cannot keep a copy of the file in {}: {}", folder, std::strerror(errno))
        .with_hint("--max-rejects reads the file twice; name a folder with room for it: TMPDIR=FOLDER");
  }
};

ImportSpool::ImportSpool(ByteSource source)
    : source_(std::make_shared<ByteSource>(std::move(source))), file_(std::make_shared<File>()) {}

ByteSource ImportSpool::first_reading() {
  return [source = source_, file = file_](char* buffer, std::size_t size) {
    const auto got = (*source)(buffer, size);
    if (std::fwrite(buffer, 1, got, file->handle) != got) throw file->no_room();
    return got;
  };
}

ByteSource ImportSpool::second_reading() {
  if (std::fflush(file_->handle) != 0) throw file_->no_room();
  std::rewind(file_->handle);
  return [file = file_](char* buffer, std::size_t size) {
    const auto got = std::fread(buffer, 1, size, file->handle);
    if (got == 0 && std::ferror(file->handle) != 0) throw file->no_room();
    return got;
  };
}

}  // namespace smscrm
