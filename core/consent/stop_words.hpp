// The words that stop, as data: whole texts, blanks, case, accents and punctuation aside.
#pragma once

#include <span>
#include <string_view>

namespace smscrm {

// Nobody may give these another meaning. English as Twilio takes them (support 31560110671259, and REVOKE and
// OPTOUT since 2025), ARRET as Canada's carriers do (CWTA short code rules), and the Spanish, French,
// Portuguese and German words for the same. Folded (core/base/letter.hpp), in order.
std::span<const std::string_view> reserved_stop_words();

// What says the same in further languages and scripts, as people write it. A tenant may have made a keyword
// of its own of one before it was listed here, and some mean other things elsewhere: a tenant's keyword goes
// first. A list of words for each language, parted by "|".
std::span<const std::string_view> world_stop_words();

}  // namespace smscrm
