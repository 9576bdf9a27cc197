#include "cli/qr_code.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>

#include <png.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace {

constexpr std::size_t quiet = 4;  // modules around it, ISO/IEC 18004

bool is_dark(const QrCode& code, std::size_t row, std::size_t column) {
  return row >= quiet && column >= quiet && row - quiet < code.size() && column - quiet < code.size() &&
         code[row - quiet][column - quiet];
}

}  // namespace

std::string draw_qr_code(const QrCode& code) {
  const auto side = code.size() + 2 * quiet;
  std::string drawn;
  for (std::size_t row = 0; row < side; row += 2) {
    for (std::size_t column = 0; column < side; ++column) {
      const bool upper = !is_dark(code, row, column);
      const bool lower = row + 1 < side && !is_dark(code, row + 1, column);
      drawn += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    drawn += '\n';
  }
  return drawn;
}

std::string draw_qr_png(const QrCode& code, unsigned scale) {
  const auto side = (code.size() + 2 * quiet) * scale;
  std::vector<std::uint8_t> pixels(side * side, 255);
  for (std::size_t y = 0; y < side; ++y)
    for (std::size_t x = 0; x < side; ++x)
      if (is_dark(code, y / scale, x / scale)) pixels[y * side + x] = 0;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string png(size, '\0');
  if (!png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr))
    throw Error(Errc::internal, "cannot draw a QR code: {}", static_cast<const char*>(image.message));
  png.resize(size);
  return png;
}

void write_qr_png(const QrCode& code, const std::string& file, unsigned scale) {
  const auto png = draw_qr_png(code, scale);
  std::ofstream out{file, std::ios::binary};
  out.write(png.data(), static_cast<std::streamsize>(png.size()));
  out.close();
  if (!out) throw Error(Errc::usage, "cannot write {}: {}", file, std::strerror(errno));
}

}  // namespace smscrm
