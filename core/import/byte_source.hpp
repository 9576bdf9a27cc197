// Bytes as they come from a file, a pipe or memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace smscrm {

// Writes up to `size` bytes to `buffer` and returns how many; 0 at the end. May throw.
using ByteSource = std::function<std::size_t(char* buffer, std::size_t size)>;

// The first `size` bytes of `source`, or all that there are.
inline std::string read_first(const ByteSource& source, std::size_t size) {
  std::string first(size, '\0');
  std::size_t end = 0;
  for (std::size_t got = 1; end < size && got > 0; end += got) got = source(first.data() + end, size - end);
  first.resize(end);
  return first;
}

// `text`, which has to outlive it.
inline ByteSource read_from(std::string_view text) {
  return [text](char* buffer, std::size_t size) mutable {
    const auto part = std::min(size, text.size());
    std::copy_n(text.data(), part, buffer);
    text.remove_prefix(part);
    return part;
  };
}

// `got` first, then the rest of `source`.
inline ByteSource put_back(std::string got, ByteSource source) {
  return [got = std::move(got), at = std::size_t{0}, source = std::move(source)](char* buffer,
                                                                                 std::size_t size) mutable {
    if (at == got.size()) return source(buffer, size);
    const auto part = std::min(size, got.size() - at);
    std::memcpy(buffer, got.data() + at, part);
    at += part;
    return part;
  };
}

}  // namespace smscrm
