// core/provider/twilio_signature: what Twilio signed passes, and nothing else does.
// Input: a URL, a line end, a signature, a line end, a form.
#include <algorithm>
#include <string>
#include <vector>

#include "core/net/crypto.hpp"
#include "core/provider/twilio_signature.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const std::string url{take_until(input, '\n')};
  const auto header = take_until(input, '\n');
  const std::vector<std::string> tokens{"0123456789abcdef0123456789abcdef", ""};
  const std::vector<std::string> others{"0123456789abcdef0123456789abcdee"};
  const auto form = parse_form(input, input.size() + 1);

  const auto right = twilio_signature(tokens[0], url, form);
  promise(right.size() == 28, "a signature has 28 characters");
  promise(check_twilio_form(tokens, right, url, form), "what was signed passes");
  promise(!check_twilio_form(others, right, url, form), "another token's signature does not");
  promise(!check_twilio_form({}, right, url, form), "without a token nothing passes");
  promise(!check_twilio_form(tokens, twilio_signature("", url, form), url, form),
          "an empty token signs nothing");
  promise(!check_twilio_form(tokens, "", url, form), "no signature is none");
  promise(!check_twilio_form(tokens, header, url, form) || header.size() == 28,
          "what is too short never passes");

  auto changed = right;
  auto& letter = changed[Dice{url}.below(27)];
  letter = letter == 'A' ? 'B' : 'A';
  promise(!check_twilio_form(tokens, changed, url, form), "a changed signature does not pass");

  auto turned = form;
  std::reverse(turned.begin(), turned.end());
  promise(check_twilio_form(tokens, right, url, turned), "the order of parameters does not count");
  turned.emplace_back("a parameter that was not signed", "");
  promise(!check_twilio_form(tokens, right, url, turned), "an added parameter does not pass");

  const bool has_query = url.substr(0, url.find('#')).find('?') != std::string::npos;
  const auto hash = std::string{has_query ? "&" : "?"} + "bodySHA256=" + hex_encode(sha256(input));
  const auto json_url = url.substr(0, url.find('#')) + hash;
  // Only the first bodySHA256 of a URL counts, and what is no URL has no query.
  if (url.starts_with("https://") && url.find("bodySHA256") == std::string::npos)
    promise(check_twilio_json(tokens, twilio_signature(tokens[0], json_url, {}), json_url, input),
            "a signed JSON body passes");
  promise(!check_twilio_json(tokens, twilio_signature(tokens[0], json_url, {}), json_url,
                             std::string{input} + " "),
          "a changed JSON body does not");
}

}  // namespace smscrm::fuzz
