// core/net/url: an address is refused or brought into a form that a header can carry, once and for all.
#include "core/net/url.hpp"

#include <algorithm>
#include <string>

#include "core/base/error.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  std::string ascii;
  try {
    ascii = to_ascii_url(input);
  } catch (const Error&) {
    return;
  }
  promise(std::all_of(ascii.begin(), ascii.end(), [](char c) { return c > ' ' && c < 0x7F; }), "it is ASCII");
  promise(ascii.starts_with("https://") || ascii.starts_with("http://"), "it leads to the web");
  promise(ascii.find_first_of("\\\"<>^`{|}") == std::string::npos, "it is in the grammar of URLs");
  promise(ascii.size() <= longest_url, "it has its bounds");
  promise(to_ascii_url(ascii) == ascii, "once is enough");
  const auto begin = ascii.find("://") + 3;
  const auto host = ascii.substr(begin, ascii.find_first_of("/?#", begin) - begin);
  promise(!host.empty() && host.find('@') == std::string::npos, "it says where it leads");
}

}  // namespace smscrm::fuzz
