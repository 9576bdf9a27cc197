// What commands read besides their arguments: files, standard input, numbers and secrets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace smscrm {

// All of a file, or of standard input for "-". Throws Error{usage}.
std::string read_input(const std::string& file);

// The body of a text message: `--body TEXT` or `--body-file FILE`.
struct BodyFlags {
  std::optional<std::string> body, body_file;
};
void add_body_flags(CLI::App& verb, BodyFlags& flags, const std::string& help);
// nullopt when neither was given. The line end that editors put at the end of a file is no part of a text
// message. Throws Error{usage} when the file cannot be read, and for a body of "-", which is meant as a file.
std::optional<std::string> read_body(const BodyFlags& flags);

// The key of an address as it was typed (get_address_key); national numbers are of the tenant's country.
// Throws Error{invalid}.
std::string get_key(Context& context, const std::string& text);
std::vector<std::string> get_keys(Context& context, const std::vector<std::string>& texts);
// Says which of them no numbering plan has: what is recorded may be a slip of the finger.
void warn_of_odd(Context& context, const std::vector<std::string>& keys);

// A secret is never an argument, for every user sees those: it comes from a file ("-" is standard input) or
// from a variable. Blanks and line ends around it are dropped. nullopt when neither is named. Throws
// Error{usage} when both are, or when it is missing or empty.
std::optional<std::string> read_secret(const std::string& file, const std::string& variable,
                                       const std::string& noun);

// Values of a template's fields, each "first_name=Ann". Throws Error{usage}.
std::map<std::string, std::string> read_field_values(const std::vector<std::string>& pairs);

// "size=L" as a name and a value. Throws Error{usage}.
std::pair<std::string, std::string> split_pair(const std::string& text);

// Says which numbers were left out since no contact has them; the exit status becomes `partly`.
void report_unknown(Context& context, const std::vector<std::string>& msisdns);

}  // namespace smscrm
