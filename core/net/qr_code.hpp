// QR codes: the only place that includes libqrencode.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

// A square of modules, true is dark, without its quiet zone. Correction level M: 15 % may be hidden.
// Throws Error{invalid} when the text does not fit (over 2,300 bytes).
using QrCode = std::vector<std::vector<bool>>;
QrCode make_qr_code(const std::string& text);

// As SVG, black on white, with its quiet zone of four modules; it takes the size that it is given.
std::string draw_qr_svg(const QrCode& code);

}  // namespace smscrm
