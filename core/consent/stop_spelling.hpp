// "stop" as it is mistyped, and run together with other words.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

enum class Slip { none, sure, maybe };

// Of a word alone: "stpo" and "sttop" are "stop"; of "stip" nobody knows.
Slip slip_of_stop(const std::string& word);

// The words of "stopplease", "pleasestoptexting", "stop2end"; empty unless it is made of such altogether.
std::vector<std::string> part_glued(const std::string& word);

}  // namespace smscrm
