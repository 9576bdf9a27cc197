// A ZIP archive in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace smscrm {

struct ZipEntry {
  std::string name;  // ASCII
  std::string_view bytes;
};

// Deflated; each entry is of `at`.
std::string make_zip(const std::vector<ZipEntry>& entries, Timestamp at);

}  // namespace smscrm
