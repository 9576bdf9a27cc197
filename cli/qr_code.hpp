// QR codes of short links: for people with a terminal, and as PNG for print. The only place that includes
// libpng.
#pragma once

#include <string>

#include "core/net/qr_code.hpp"

namespace smscrm {

// With its quiet zone of four modules, two modules a character, light on the terminal's dark.
std::string draw_qr_code(const QrCode& code);

// A PNG of `scale` pixels a module, with the quiet zone.
std::string draw_qr_png(const QrCode& code, unsigned scale);

// The same into a file. Throws Error{usage} when the file cannot be written.
void write_qr_png(const QrCode& code, const std::string& file, unsigned scale);

}  // namespace smscrm
