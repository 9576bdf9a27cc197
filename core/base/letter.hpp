// Letters as people type them on whatever keyboard they have.
#pragma once

#include <cstdint>

namespace smscrm {

// The lower-case ASCII letter or digit that a code point is alike without its accents, up to U+00FF,
// full-width forms included; '\0' when there is none.
char plain_letter(std::int32_t point);

}  // namespace smscrm
