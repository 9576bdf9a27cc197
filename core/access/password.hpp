// Which passwords are good enough. ASVS 4.0.3, 2.1.1 to 2.1.12: 12 to 128 characters of any kind, no rules of
// composition, none that is known or easy to guess.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

// Throws Error{invalid} that says what is wrong. `known`: words that whoever guesses would try first, as the
// e-mail address, the name and the tenant. Guesses are estimated by zxcvbn (Wheeler, USENIX Security 2016),
// which knows common passwords, names, keyboard walks and dates; 10^8 are wanted, its score of 3.
void check_password(std::string_view password, const std::vector<std::string>& known);

}  // namespace smscrm
