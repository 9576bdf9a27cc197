// Text as a source of bytes.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/import/byte_source.hpp"

namespace smscrm {

// Hands `text` out in pieces of at most `step` bytes.
inline ByteSource bytes_of(std::string text, std::size_t step = std::numeric_limits<std::size_t>::max()) {
  return [text = std::move(text), step, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t count = std::min({size, step, text.size() - at});
    std::memcpy(buffer, text.data() + at, count);
    at += count;
    return count;
  };
}

// What `work` says is invalid; empty when nothing is.
template <class Work>
std::string invalid_words(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == Errc::invalid);
    return error.what();
  }
  return "";
}

}  // namespace smscrm
