// The addresses that links lead to. One rule for links by hand, in templates, and for what short links begin
// with.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

inline constexpr std::size_t longest_url = 2048;  // bytes, in either form

// An address as headers and URLs carry it (RFC 3986): the scheme and the host in lower case, a host of other
// letters as xn-- (UTS 46, as browsers do), in path, query and fragment %XX for what is not ASCII or stands
// for nothing there (RFC 3987, 3.1). What is encoded already stays as it is; blanks around it are dropped.
//
// Throws Error{invalid} that says what to write: unless it is http or https, in any case of letters, with a
// host and perhaps a port; for a user or password, which browsers warn of; for blanks and control characters;
// for a backslash, which they read as a slash; for what is not UTF-8 or too long.
std::string to_ascii_url(std::string_view url);

// Whether it is "https://go.example.com", with a port perhaps: neither path, query nor fragment.
bool is_origin(std::string_view ascii_url);

}  // namespace smscrm
