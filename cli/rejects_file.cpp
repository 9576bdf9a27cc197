#include "cli/rejects_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/import/columns.hpp"

namespace smscrm {
namespace {

// Whether a file begins as one of rejects does, CSV or NDJSON.
bool has_rejects(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  std::array<char, 64> buffer{};
  const auto got = ::read(descriptor, buffer.data(), buffer.size());
  ::close(descriptor);
  const std::string_view begin{buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  const std::string csv = fmt::format("{},", fmt::join(reject_columns, ","));
  const std::string ndjson = fmt::format("{{\"{}\":", reject_columns[0]);
  return begin.empty() || begin.starts_with(csv) || begin.starts_with(ndjson);
}

Error cannot_write(const std::string& path, int why) {
  return Error(Errc::usage, "cannot write the rejects to {}: {}", path, std::strerror(why))
      .with_hint("name another file with --rejects");
}

}  // namespace

RejectsFile::RejectsFile(Output& out, std::string path, RejectsPlace place, std::FILE* input)
    : out_(out), path_(std::move(path)) {
  if (path_.empty() || path_ == "-") return;
  try {
    open(place, input);
  } catch (const Error& error) {
    if (place != RejectsPlace::usual) throw;
    out_.note(fmt::format("{}; rejected rows are kept for \"smscrm import rejects\" alone", error.what()));
    path_.clear();
  }
}

void RejectsFile::open(RejectsPlace place, std::FILE* input) {
  struct stat there {
  }, of_input{};
  const bool is_there = ::stat(path_.c_str(), &there) == 0;
  if (is_there && ::fstat(::fileno(input), &of_input) == 0 && there.st_dev == of_input.st_dev &&
      there.st_ino == of_input.st_ino && S_ISREG(there.st_mode))
    throw Error(Errc::usage, "the rejects cannot go into {}: it is the file that is imported", path_)
        .with_hint("name another file with --rejects");
  if (is_there && !S_ISREG(there.st_mode)) {
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) throw cannot_write(path_, errno);
    file_.reset(::fdopen(descriptor, "wb"));
    return;
  }
  struct stat entry {};  // of a link, not of what it leads to
  replaces_ = ::lstat(path_.c_str(), &entry) == 0;
  if (replaces_ && place != RejectsPlace::forced && !has_rejects(path_))
    throw Error(Errc::usage, "{} is there already, and is no file of rejects", path_)
        .with_hint("name another file with --rejects, or replace it with --force");
  if (replaces_) beside_ = path_ + ".XXXXXX";
  const int descriptor =
      replaces_ ? ::mkostemp(beside_.data(), O_CLOEXEC)  // 0600, never one that is there
                : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) throw cannot_write(path_, errno);
  file_.reset(::fdopen(descriptor, "wb"));
  is_ours_ = true;
}

RejectsFile::~RejectsFile() {
  try {
    finish();
  } catch (const Error&) {
    // Another failure is on its way, and the rows are in the database.
  }
}

void RejectsFile::write(std::string_view rejects) {
  if (path_ == "-") return out_.print_raw(rejects);
  if (!file_) return;
  written_ = true;
  if (std::fwrite(rejects.data(), 1, rejects.size(), file_.get()) != rejects.size() ||
      std::fflush(file_.get()) != 0)
    fail();
}

void RejectsFile::finish() {
  if (!file_) return;
  const bool closed = std::fclose(file_.release()) == 0;
  if (is_ours_ && !written_) ::unlink((replaces_ ? beside_ : path_).c_str());
  if (!closed) fail();
  if (!replaces_ || !written_) return;
  if (::rename(beside_.c_str(), path_.c_str()) != 0) fail();
  out_.note(fmt::format("replaced {}", path_));
}

void RejectsFile::fail() const {
  throw Error(Errc::internal, "cannot write the rejects to {}: {}", path_, std::strerror(errno))
      .with_hint("\"smscrm import rejects\" has them");
}

}  // namespace smscrm
