// What stands before the parser of a file: the bytes as they came, made plain UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/import/csv.hpp"

namespace smscrm {

// Decompresses and converts as it reads, in constant memory.
//
// gzip (RFC 1952) and Zstandard (RFC 8878) are known by their first bytes; files of several members or frames
// are read through. The encoding, unless given, is told from the first 64 KiB:
// - a byte order mark says it
// - NUL in every second byte is UTF-16 without one
// - valid UTF-8 is utf-8, and so is what is mostly that: the odd row is then refused by whoever checks it
// - everything else is cp1252, which Latin-1 is part of where text is concerned
// One thread at a time.
class ImportInput {
 public:
  // `encoding` is one of import_encodings, or empty. Throws Error{usage} for another one.
  explicit ImportInput(ByteSource source, std::string_view encoding = {});
  ~ImportInput();
  ImportInput(ImportInput&&) noexcept;

  // As a ByteSource. Throws Error{invalid} for compressed data that is broken or cut short and for what is
  // not UTF-16.
  std::size_t read(char* buffer, std::size_t size);

  // One of import_encodings without "utf-16": its order of bytes is known here.
  const std::string& encoding() const noexcept;
  const std::string& compression() const noexcept;  // "gzip", "zstd" or "none"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view import_encodings[] = {"utf-8",    "utf-16", "utf-16le",
                                                        "utf-16be", "cp1252", "latin1"};

}  // namespace smscrm
