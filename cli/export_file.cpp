#include "cli/export_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/printable.hpp"

namespace smscrm {
namespace {

Error is_there(const std::string& path) {
  return Error(Errc::conflict, "{} is there already", path)
      .with_hint("name another file, or replace it with --force");
}

}  // namespace

ExportFile::ExportFile(Output& out, std::string path, bool replaces)
    : out_(out), path_(std::move(path)), replaces_(replaces) {
  if (path_ == "-") path_.clear();
  if (path_.empty()) return;
  struct stat there {};
  const bool exists = ::stat(path_.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    struct stat entry {};  // of a link, not of what it leads to
    if (!replaces_ && ::lstat(path_.c_str(), &entry) == 0) throw is_there(path_);
    beside_ = path_ + ".XXXXXX";
    descriptor_ = ::mkostemp(beside_.data(), O_CLOEXEC);
  }
  if (descriptor_ >= 0) return;
  beside_.clear();
  throw Error(Errc::usage, "cannot write to {}: {}", path_, std::strerror(errno));
}

ExportFile::~ExportFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  discard();
}

void ExportFile::write(std::string_view bytes) {
  if (path_.empty())
    return out_.print_raw(::isatty(STDOUT_FILENO) != 0 ? printable_lines(bytes) : std::string{bytes});
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ExportFile::finish() {
  if (path_.empty()) return out_.flush();
  // What is no file has no disk.
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail();
  if (::close(std::exchange(descriptor_, -1)) != 0) fail();
}

void ExportFile::keep() {
  if (beside_.empty()) return;
  const auto* from = beside_.c_str();
  const auto* to = path_.c_str();
  int failed = replaces_ ? ::rename(from, to) : ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
  // Not every file system can look and rename at once.
  if (failed != 0 && errno == EINVAL) failed = ::rename(from, to);
  if (failed != 0 && errno == EEXIST) throw is_there(path_);
  if (failed != 0) fail();
  beside_.clear();
  sync_folder();
}

// The name, too, is there after a power cut: the cursor that is told next leaves these rows out.
void ExportFile::sync_folder() const {
  const auto folder = std::filesystem::path{path_}.parent_path();
  const int opened = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;  // one that may be written and not read
  const int failed = ::fsync(opened);
  const int why = errno;
  ::close(opened);
  if (failed != 0 && why != EINVAL && why != EROFS) errno = why, fail();
}

void ExportFile::discard() noexcept {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

void ExportFile::fail() const {
  throw Error(Errc::internal, "cannot write to {}: {}", path_, std::strerror(errno));
}

}  // namespace smscrm
