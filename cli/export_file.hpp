// Where an export goes: a file, or standard output.
#pragma once

#include <string>
#include <string_view>

#include "cli/output.hpp"

namespace smscrm {

// A file is written beside its place, readable by its owner alone, and takes its name once it is whole: what
// goes wrong on the way leaves nothing under that name. A device or a pipe is written to as it is. On a
// terminal controls are shown (core/base/printable.hpp).
class ExportFile {
 public:
  // `path`: empty or "-" is standard output. Throws Error{conflict} for a file that is there, unless
  // `replaces`, Error{usage} where none can be.
  ExportFile(Output& out, std::string path, bool replaces);
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;

  const std::string& path() const { return path_; }  // empty: standard output

  // These throw Error{internal} when there is no room, and OutputClosed when nobody reads any more.
  void write(std::string_view bytes);
  void finish();  // all of it is written, and on the disk

  // Gives it its name; nothing discards it from here on. Throws Error{conflict} for another that came there
  // meanwhile, Error{internal}.
  void keep();
  // Removes what was written so far. From any thread, but not while keep() runs.
  void discard() noexcept;

 private:
  void sync_folder() const;
  [[noreturn]] void fail() const;

  Output& out_;
  std::string path_, beside_;  // `beside_`: where it is written; empty: at its place
  bool replaces_;
  int descriptor_ = -1;
};

}  // namespace smscrm
