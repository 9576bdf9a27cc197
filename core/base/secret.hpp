// Addresses that may carry a password, as people may see them.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// `url` with its password as "***": all of it before the last "@" but the name of a user, and every value of
// a query but that of db. Where it is no URL with a scheme, all of it.
std::string mask_url(std::string_view url);

// The words of a library, in which user and password of every URL are "***".
std::string hide_credentials(std::string_view words);

}  // namespace smscrm
