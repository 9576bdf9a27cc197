#include "core/campaign/text_tally.hpp"

#include "core/base/time.hpp"
#include "core/text/encoding.hpp"

namespace smscrm {
namespace {

constexpr std::size_t sampled_sizes = 5000;  // messages whose parts tell how many fit into a second
constexpr std::size_t longest_body = 1600;   // UTF-16 units that Twilio takes (error 21617)

std::size_t count_utf16(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace

TextTally::TextTally(Plan& plan, const Template& body, std::string link_text)
    : plan_(plan), body_(body), link_text_(std::move(link_text)), missing_(body.fields.size()) {}

void TextTally::keep_first(std::optional<First>& first, const Row& row) {
  const std::string_view msisdn = row["msisdn"].c_str();
  if (!first || msisdn < first->msisdn) first = {row["contact_id"].as<ContactId>(), std::string{msisdn}};
}

PlanWarning TextTally::warn_of(const char* code, std::string message, const First& first) {
  return {code, std::move(message), first.contact, first.msisdn, std::nullopt, ""};
}

// Keeps those texts that somebody would want to have seen.
void TextTally::look_at(const Row& row, const std::string& text, const TextSize& size) {
  const std::string_view msisdn = row["msisdn"].c_str();
  const auto order = [](const TextSize& of) { return std::pair{of.parts, of.units}; };
  const auto& longest = plan_.longest;
  if (!longest || order(size) > order(longest->size) ||
      (order(size) == order(longest->size) && msisdn < longest->msisdn))
    plan_.longest = {std::string{msisdn}, text, size};
  if (size.encoding == Encoding::ucs2 && (!plan_.first_ucs2 || msisdn < plan_.first_ucs2->msisdn)) {
    keep_first(first_ucs2_, row);
    plan_.first_ucs2 = {std::string{msisdn}, text, size};
  }
  if (text.size() > longest_body && count_utf16(text) > longest_body) {
    ++too_long_;
    keep_first(first_too_long_, row);
  }
}

int TextTally::add(const Row& row) {
  const auto rendered =
      render(body_, MergeValues{body_, row}, [&](std::size_t) -> const std::string& { return link_text_; });
  const auto size = measure(rendered.text);
  ++plan_.recipients;
  plan_.parts += size.parts;
  if (sizes_.size() < sampled_sizes) sizes_.push_back(size.parts);
  (size.encoding == Encoding::gsm7 ? plan_.gsm7 : plan_.ucs2) += 1;
  look_at(row, rendered.text, size);
  std::size_t last = body_.fields.size();
  for (const auto field : rendered.missing) {
    if (field == last) continue;  // once a recipient
    last = field;
    ++plan_.missing_fields[body_.fields[field]];
    keep_first(missing_[field], row);
  }
  return size.parts;
}

void TextTally::move_to(Forecast& forecast) {
  for (auto& [hours, group] : groups_) forecast.groups.push_back(std::move(group));
  forecast.sizes = std::move(sizes_);
}

void TextTally::write_warnings() {
  if (first_ucs2_) {
    const auto offending = *first_non_gsm7(plan_.first_ucs2->text);
    auto warning = warn_of(
        "not_gsm7",
        fmt::format(
            "\"{}\" is not in the GSM-7 alphabet: {} of {} texts travel as UCS-2, 70 characters a part",
            offending.character, plan_.ucs2, plan_.recipients),
        *first_ucs2_);
    warning.offset = offending.offset;
    warning.character = offending.character;
    plan_.warnings.push_back(std::move(warning));
  }
  if (first_too_long_)
    plan_.warnings.push_back(
        warn_of("too_long",
                fmt::format("{} texts are longer than the {} characters that the provider takes", too_long_,
                            longest_body),
                *first_too_long_));
  for (std::size_t i = 0; i < missing_.size(); ++i)
    if (missing_[i])
      plan_.warnings.push_back(
          warn_of("missing_field",
                  fmt::format("{} recipients have no {}; give it a default: {{{{{}|…}}}}",
                              plan_.missing_fields[body_.fields[i]], body_.fields[i], body_.fields[i]),
                  *missing_[i]));
}

}  // namespace smscrm
