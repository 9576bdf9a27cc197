// Bytes compressed on their way, in constant memory.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace smscrm {

using ByteSink = std::function<void(std::string_view)>;  // may throw

enum class Compression { none, gzip, zstd };

std::string_view to_string(Compression compression);  // "none", "gzip", "zstd"
// Throws Error{usage}.
Compression parse_compression(std::string_view name);

class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual void finish() = 0;  // once: writes what is still inside, and the end
};

// Hands what it makes to `sink`. Without compression, what it is given.
std::unique_ptr<Compressor> make_compressor(Compression compression, ByteSink sink);

}  // namespace smscrm
