// Encodings of characters other than UTF-8 and UTF-16: read by name, or told from the bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

// Any name that iconv(3) of this machine knows ("SHIFT_JIS", "windows-1251", "KOI8-R"), in any case.
bool is_charset(std::string_view name);

// Makes UTF-8 of what comes in pieces. A byte that the encoding does not have becomes 0xFF, which UTF-8 does
// not have either: its row is then refused by whoever checks it, and the others are not. One thread at a
// time.
class CharsetDecoder {
 public:
  // Throws Error{usage} for a name that is no encoding.
  explicit CharsetDecoder(std::string_view name);
  ~CharsetDecoder();
  CharsetDecoder(CharsetDecoder&&) noexcept;

  // Appends what `bytes` go on with; at the end of the file with nothing more.
  void decode(std::string_view bytes, std::string& out);
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct CharsetReading {
  std::string name;     // as --encoding takes it
  std::string example;  // a value of the file with letters beyond ASCII, in UTF-8
};

// How the bytes of a file that is not UTF-8 may be meant, judged by its first ones: one reading when it is
// fairly sure, several or none when somebody has to say. A reading has to make sense as text: whole words of
// one script, capitals where capitals are, no signs within words, and of East Asian characters those in
// everyday use. Between readings that do, libuchardet decides where it is of use: it knows the letters of
// languages, and is wrong about a short text whenever it is left to choose among all encodings.
std::vector<CharsetReading> guess_charset(std::string_view sample);

}  // namespace smscrm
