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
// are read through. What is no table of text (core/import/file_kind.hpp) is refused by its name. The
// encoding, unless given, is told from the first 64 KiB:
// - a byte order mark says it
// - NUL in every second byte is UTF-16 without one
// - valid UTF-8 is utf-8, and so is what is mostly that: the odd row is then refused by whoever checks it
// - everything else is guessed (core/import/charset.hpp), and refused where that is not to be trusted
// One thread at a time.
class ImportInput {
 public:
  // `encoding` is one of import_encodings, a name that iconv knows (is_charset), or empty; `name` the file's,
  // for errors. Throws Error{usage} for an encoding that is none, Error{invalid} for what is no text, and
  // where the encoding cannot be told.
  explicit ImportInput(ByteSource source, std::string_view encoding = {}, std::string_view name = {});
  ~ImportInput();
  ImportInput(ImportInput&&) noexcept;

  // As a ByteSource. Throws Error{invalid} for compressed data that is broken or cut short and for what is
  // not UTF-16.
  std::size_t read(char* buffer, std::size_t size);

  // In lower case; never "utf-16": its order of bytes is known here.
  const std::string& encoding() const noexcept;
  // One of the file's values as it was read, when the encoding is a guess; else empty.
  const std::string& guessed_from() const noexcept;
  const std::string& compression() const noexcept;  // "gzip", "zstd" or "none"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Those read here; iconv reads the others.
inline constexpr std::string_view import_encodings[] = {"utf-8",    "utf-16", "utf-16le",
                                                        "utf-16be", "cp1252", "latin1"};

// The name in lower case, and these under their names here: "UTF8" is utf-8, "windows-1252" cp1252. Throws
// Error{usage} for what is no encoding.
std::string normalize_encoding(std::string_view name);

}  // namespace smscrm
