// A file that can be read once, read twice.
#pragma once

#include <memory>

#include "core/import/byte_source.hpp"

namespace smscrm {

// Copies what it reads to a nameless file below $TMPDIR (else /tmp), compressed as it came: a pipe cannot be
// read again, and a file could be another one by then. Throws Error{unavailable} where there is no room.
class ImportSpool {
 public:
  explicit ImportSpool(ByteSource source);

  // The source itself, while it is copied.
  ByteSource first_reading();
  // What the first reading has read. It may outlive the spool.
  ByteSource second_reading();

 private:
  struct File;

  std::shared_ptr<ByteSource> source_;
  std::shared_ptr<File> file_;
};

}  // namespace smscrm
