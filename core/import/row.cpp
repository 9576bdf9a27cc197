#include "core/import/row.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/phone/country.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

constexpr std::string_view yes_words[] = {"yes",     "y",     "true",    "t",          "1",
                                          "x",       "optin", "optedin", "subscribed", "subscribe",
                                          "granted", "given", "agreed",  "accepted"};
constexpr std::string_view no_words[] = {"no",      "n",        "false",        "f",           "0",
                                         "optout",  "optedout", "unsubscribed", "unsubscribe", "denied",
                                         "refused", "revoked",  "withdrawn",    "stop"};

void append_json_string(std::string& json, std::string_view text) {
  const auto special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  if (std::any_of(text.begin(), text.end(), special)) {
    json += nlohmann::json(text).dump();
    return;
  }
  json += '"';
  json += text;
  json += '"';
}

void add_tag(std::vector<std::string>& tags, std::string_view tag) {
  if (auto name = to_lower(trim(tag)); !name.empty()) tags.push_back(std::move(name));
}

std::string format_tags(std::vector<std::string> tags) {
  if (tags.empty()) return {};
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return *to_param(tags);
}

}  // namespace

std::string_view phone_reason(PhoneFault fault) {
  switch (fault) {
    case PhoneFault::digits_lost:
      return "phone_digits_lost";
    case PhoneFault::several:
      return "phone_several";
    case PhoneFault::words:
      return "phone_words";
    case PhoneFault::none:
    case PhoneFault::no_number:
      break;
  }
  return "phone_invalid";
}

std::optional<bool> parse_consent_word(std::string_view word) {
  std::string key = to_lower(trim(word));
  std::erase_if(key, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  if (std::find(std::begin(yes_words), std::end(yes_words), key) != std::end(yes_words)) return true;
  if (std::find(std::begin(no_words), std::end(no_words), key) != std::end(no_words)) return false;
  return std::nullopt;
}

std::string region_of(const Tenant& tenant, const ImportOptions& options) {
  if (options.region.empty()) return tenant.country;
  if (auto region = find_country(options.region)) return *std::move(region);
  throw Error(Errc::usage, "\"{}\" is no region; write two letters such as US", options.region);
}

RowDecoder::RowDecoder(std::vector<ImportColumn> columns, const Tenant& tenant, const ImportOptions& options)
    : columns_(std::move(columns)),
      region_(region_of(tenant, options)),
      consent_source_(options.consent_source),
      consent_at_(options.consent_at),
      strict_(options.strict) {
  for (std::size_t i = 0; i < columns_.size(); ++i) place_column(i);
  for (const auto& tag : options.tags) add_tag(tags_, tag);
  tags_alone_ = format_tags(tags_);
  const auto consent = place(ImportField::consent);
  default_source_ = consent ? fmt::format("column {} of {}", columns_[*consent].header, options.source)
                            : fmt::format("import of {}", options.source);
}

void RowDecoder::add_column(ImportColumn column) {
  columns_.push_back(std::move(column));
  place_column(columns_.size() - 1);
}

void RowDecoder::place_column(std::size_t position) {
  const auto& column = columns_[position];
  if (column.field == ImportField::attribute) {
    std::string key;
    append_json_string(key, column.attribute);
    attributes_.push_back({position, key + ":"});
  } else {
    places_[std::size_t(column.field)] = position;
  }
}

std::string_view RowDecoder::cell(Fields fields, ImportField field) const {
  const auto at = place(field);
  return at ? trim(fields[*at]) : std::string_view{};
}

std::optional<Refusal> RowDecoder::decode(Fields fields, ContactRow& row) {
  if (fields.size() != columns_.size()) return Refusal{"field_count"};
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!is_valid_utf8(fields[i])) return Refusal{"not_utf8", i};
  if (auto refusal = decode_phone(fields, row)) return refusal;
  decode_names(fields, row);
  row.email = cell(fields, ImportField::email);
  row.external_id = cell(fields, ImportField::external_id);
  row.timezone = cell(fields, ImportField::timezone);
  if (!row.timezone.empty() && !is_timezone(row.timezone))
    return Refusal{"timezone_unknown", place(ImportField::timezone)};
  decode_tags(cell(fields, ImportField::tags), row.tags);
  decode_attributes(fields, row.attributes);
  return decode_consent(fields, row);
}

std::optional<Refusal> RowDecoder::decode_phone(Fields fields, ContactRow& row) {
  const auto text = cell(fields, ImportField::phone);
  row.beside.clear();
  if (text.empty()) return Refusal{"phone_missing", place(ImportField::phone)};
  const auto country = cell(fields, ImportField::country);
  const auto& known = country_of(country);
  row.country = known.value_or("");
  row.country_unread = !country.empty() && !known;
  // A number in its international form needs no country.
  auto reading = read_phone(text, country.empty() ? region_ : row.country);
  if (!reading.phone) {
    if (row.country_unread && parse_phone(text, region_))
      return Refusal{"country_unknown", place(ImportField::country)};
    if (reading.beside) row.beside = std::move(reading.beside->e164);
    return Refusal{phone_reason(reading.fault), place(ImportField::phone)};
  }
  row.assigned = reading.phone->valid;
  if (strict_ && !row.assigned) return Refusal{"phone_unassigned", place(ImportField::phone)};
  row.msisdn = std::move(reading.phone->e164);
  return std::nullopt;
}

const std::optional<std::string>& RowDecoder::country_of(std::string_view text) {
  const auto [entry, is_new] = countries_.try_emplace(std::string{text});
  if (is_new) entry->second = find_country(text);
  return entry->second;
}

void RowDecoder::decode_names(Fields fields, ContactRow& row) const {
  row.first_name = cell(fields, ImportField::first_name);
  row.last_name = cell(fields, ImportField::last_name);
  const auto whole = cell(fields, ImportField::name);
  if (whole.empty() || !row.first_name.empty() || !row.last_name.empty()) return;
  const auto blank = whole.find(' ');
  row.first_name = whole.substr(0, blank);
  if (blank != std::string_view::npos) row.last_name = trim(whole.substr(blank));
}

void RowDecoder::decode_tags(std::string_view text, std::string& tags) const {
  if (text.empty()) {
    tags = tags_alone_;
    return;
  }
  auto all = tags_;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find_first_of(";|", begin), text.size());
    add_tag(all, text.substr(begin, end - begin));
    begin = end + 1;
  }
  tags = format_tags(std::move(all));
}

void RowDecoder::decode_attributes(Fields fields, std::string& attributes) const {
  attributes.clear();
  for (const auto& attribute : attributes_) {
    const auto value = trim(fields[attribute.column]);
    if (value.empty()) continue;
    attributes += attributes.empty() ? '{' : ',';
    attributes += attribute.key;
    append_json_string(attributes, value);
  }
  if (!attributes.empty()) attributes += '}';
}

std::optional<Refusal> RowDecoder::decode_consent(Fields fields, ContactRow& row) const {
  row.consent.reset();
  row.consent_source = cell(fields, ImportField::consent_source);
  row.consent_at = consent_at_;
  const auto at = cell(fields, ImportField::consent_at);
  if (place(ImportField::consent)) {
    const auto word = cell(fields, ImportField::consent);
    if (word.empty()) return std::nullopt;
    row.consent = parse_consent_word(word);
    if (!row.consent) return Refusal{"consent_unclear", place(ImportField::consent)};
  } else if (!consent_source_.empty() || !row.consent_source.empty() || !at.empty()) {
    row.consent = true;
  }
  if (row.consent_source.empty())
    row.consent_source = consent_source_.empty() ? default_source_ : consent_source_;
  if (!at.empty()) {
    try {
      row.consent_at = parse_rfc3339(at);
    } catch (const Error&) {
      return Refusal{"consent_at_invalid", place(ImportField::consent_at)};
    }
  }
  return std::nullopt;
}

bool RowDecoder::is_timezone(const std::string& name) {
  const auto [entry, is_new] = timezones_.try_emplace(name, true);
  if (is_new) {
    try {
      check_timezone(name);
    } catch (const Error&) {
      entry->second = false;
    }
  }
  return entry->second;
}

}  // namespace smscrm
