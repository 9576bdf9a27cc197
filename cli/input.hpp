// What commands read besides their arguments: files, standard input, numbers and secrets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace smscrm {

// All of a file, or of standard input for "-". Throws Error{usage}.
std::string read_input(const std::string& file);

// E.164 of a number as it was typed; national ones are of the tenant's country. Throws Error{invalid}.
std::string get_msisdn(Context& context, const std::string& text);
std::vector<std::string> get_msisdns(Context& context, const std::vector<std::string>& texts);

// A secret is never an argument, for every user sees those: it comes from a file ("-" is standard input) or
// from a variable. Blanks and line ends around it are dropped. nullopt when neither is named. Throws
// Error{usage} when both are, or when it is missing or empty.
std::optional<std::string> read_secret(const std::string& file, const std::string& variable,
                                       const std::string& noun);

// "size=L" as a name and a value. Throws Error{usage}.
std::pair<std::string, std::string> split_pair(const std::string& text);

// Says which numbers were left out since no contact has them; the exit status becomes `partly`.
void report_unknown(Context& context, const std::vector<std::string>& msisdns);

}  // namespace smscrm
