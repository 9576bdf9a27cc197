// Numbers of plans that are newer than the library's: libphonenumber 8.12.57 of Debian 12 knows the plans of
// October 2022. What has been put into service since, as libphonenumber 9.0.35 of 17 July 2026 has it (Apache
// License 2.0), and the area codes as NANPA lists them. As long as a plan stands here and not in the library,
// its numbers are assigned.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// The region of an E.164 number with its plus; empty when no newer plan has it. Safe from any thread.
std::string_view find_newer_region(std::string_view e164);

}  // namespace smscrm
