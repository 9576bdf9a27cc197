// Changing a configuration file without losing what else stands in it, and the tenant that it names.
#pragma once

#include <filesystem>
#include <string>

#include "core/config.hpp"

namespace smscrm {

// Beside the keys of sections a file may have `tenant = "acme"` before its first section: the tenant of
// commands that name none. It is a setting of people and not of the daemon.
inline constexpr const char* tenant_key = "tenant";

// The file that `config set` and `tenant use` write: the one that is read instead of the usual ones, else the
// user's. Throws Error{usage} when there is no home.
std::filesystem::path user_config_file(const ConfigSources& sources);

// Puts `key = value` into the file, which is made when missing, its folder too, readable by its owner alone.
// Every other line stays. Throws Error{usage} for a key or value that cannot be, for a file with mistakes,
// and for a key that is written in a way that only a person can change; the file is as before then.
void set_in_config_file(const std::filesystem::path& file, const std::string& key, const std::string& value);

}  // namespace smscrm
