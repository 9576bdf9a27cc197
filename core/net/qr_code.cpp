#include "core/net/qr_code.hpp"

#include <memory>

#include <fmt/format.h>
#include <qrencode.h>

#include "core/base/error.hpp"

namespace smscrm {

QrCode make_qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> made{
      QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1), &QRcode_free};
  if (!made) throw Error(Errc::invalid, "{} bytes are too many for a QR code", text.size());
  const auto width = static_cast<std::size_t>(made->width);
  QrCode code(width, std::vector<bool>(width));
  for (std::size_t row = 0; row < width; ++row)
    for (std::size_t column = 0; column < width; ++column)
      code[row][column] = (made->data[row * width + column] & 1) != 0;
  return code;
}

std::string draw_qr_svg(const QrCode& code) {
  constexpr std::size_t quiet = 4;  // modules around it, ISO/IEC 18004
  const auto side = code.size() + 2 * quiet;
  std::string path;
  for (std::size_t row = 0; row < code.size(); ++row)
    for (std::size_t column = 0; column < code.size(); ++column) {
      if (!code[row][column]) continue;
      const auto begin = column;
      while (column < code.size() && code[row][column]) ++column;
      path += fmt::format("M{} {}h{}v1h-{}z", begin + quiet, row + quiet, column - begin, column - begin);
    }
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
      R"(<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d="{1}"/></svg>)",
      side, path);
}

}  // namespace smscrm
