// QR codes of short links: for people with a terminal, and as PNG for print. The only place that includes
// libqrencode and libpng.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

// A square of modules, true is dark, without its quiet zone. Correction level M: 15 % may be hidden.
// Throws Error{invalid} when the text does not fit (over 2,300 bytes).
using QrCode = std::vector<std::vector<bool>>;
QrCode make_qr_code(const std::string& text);

// With its quiet zone of four modules, two modules a character, light on the terminal's dark.
std::string draw_qr_code(const QrCode& code);

// A PNG of `scale` pixels a module, with the quiet zone.
std::string draw_qr_png(const QrCode& code, unsigned scale);

// The same into a file. Throws Error{usage} when the file cannot be written.
void write_qr_png(const QrCode& code, const std::string& file, unsigned scale);

}  // namespace smscrm
