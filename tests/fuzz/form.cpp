// core/base/form and what the webhooks do with it: decoding, encoding again, and JSON.
#include "core/base/form.hpp"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

bool can_be_json(const std::string& text) {
  try {
    return nlohmann::json::parse(nlohmann::json(text).dump()).get<std::string>() == text;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto pairs = static_cast<std::size_t>(std::count(input.begin(), input.end(), '&')) + 1;
  const auto form = parse_form(input, pairs);
  promise(parse_form(format_form(form)) == form, "what was encoded decodes to the same");
  for (const auto& [name, value] : form) {
    promise(name.size() + value.size() <= input.size(), "decoding makes nothing longer");
    promise(find_field(form, name).has_value(), "a field is found by its name");
    promise(is_valid_utf8(value) == can_be_json(value), "what passes for UTF-8 can be JSON");
    promise(parse_form(url_encode(value)).size() == (value.empty() ? 0 : 1), "an encoded value is one word");
  }
  if (form.empty()) return;
  try {
    parse_form(input, form.size() - 1);
    promise(false, "a form over the limit is refused");
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "a form over the limit is invalid");
  }
}

}  // namespace smscrm::fuzz
