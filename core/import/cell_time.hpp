// Points in time as the cells of exports have them.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.hpp"

namespace smscrm {

// RFC 3339, a date, "2026-02-01 10:00:00" with or without "UTC", which is meant where no zone is named, and
// the form of RFC 2822 that Twilio's API has ("Sun, 01 Feb 2026 10:00:00 +0000"). nullopt for all others:
// 03/04/2026 is March to some and April to others.
std::optional<Timestamp> read_cell_time(std::string_view cell);

}  // namespace smscrm
