// The file that an import puts its rejected rows into.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cli/output.hpp"

namespace smscrm {

// Who chose the place, and so what becomes of an import when it cannot be taken: it does not exist, may not
// be written to, or holds something else than the rejects of an earlier import.
enum class RejectsPlace {
  usual,   // nobody: the import does without the file
  chosen,  // somebody: the import does not begin
  forced,  // somebody, whatever the place holds
};

// Readable by its owner alone, for it has people's data. Where it replaces another it is written beside that
// and takes its place at the end; without rejects there is none. Links are not followed. A device or a pipe
// is written to as it is.
class RejectsFile {
 public:
  // Tries the place, so that an import that could not say what it rejects does not begin. `path`: "-" is
  // standard output. `input` is the file that is imported, which is never written to, whatever its name.
  // Throws Error{usage}.
  RejectsFile(Output& out, std::string path, RejectsPlace place, std::FILE* input);
  ~RejectsFile();  // What was written so far takes its place, also after a failure.
  RejectsFile(const RejectsFile&) = delete;

  // Empty when it does without a file.
  const std::string& path() const { return path_; }

  void write(std::string_view rejects);  // Throws Error{internal} when there is no room.
  void finish();                         // the same

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  void open(RejectsPlace place, std::FILE* input);
  [[noreturn]] void fail() const;

  Output& out_;
  std::string path_, beside_;  // `beside_`: where it is written when it replaces another
  bool is_ours_ = false;       // made by this import
  bool replaces_ = false;
  bool written_ = false;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace smscrm
