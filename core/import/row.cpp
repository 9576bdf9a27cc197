#include "core/import/row.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/contact/contact.hpp"
#include "core/import/cell_time.hpp"
#include "core/phone/country.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

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

// Takes tags as shops and newsletters write them: vip, autumn; "vip","autumn"; ["vip", "autumn"]. False when
// one of them is none.
bool add_tags(std::vector<std::string>& tags, std::string_view text) {
  bool all = true;
  constexpr std::string_view separators = ",;|\n";
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    auto part = text.substr(begin, end - begin);
    begin = end + 1;
    constexpr std::string_view wrapping = " \t\r\"[]";
    const auto first = part.find_first_not_of(wrapping);
    if (first == std::string_view::npos) continue;
    part = part.substr(first, part.find_last_not_of(wrapping) - first + 1);
    if (auto tag = normalize_tag(part))
      tags.push_back(std::move(*tag));
    else
      all = false;
  }
  return all;
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

std::string region_of(const Tenant& tenant, const ImportOptions& options) {
  if (options.region.empty()) return tenant.country;
  if (auto region = find_country(options.region)) return *std::move(region);
  throw Error(Errc::usage, "\"{}\" is no region; write two letters such as US", options.region);
}

RowDecoder::RowDecoder(std::vector<ImportColumn> columns, const Tenant& tenant, const ImportOptions& options,
                       ErasedNumbers erased)
    : columns_(std::move(columns)),
      region_(region_of(tenant, options)),
      consent_source_(options.consent_source),
      default_source_(fmt::format("import of {}", options.source)),
      consent_at_(options.consent_at),
      strict_(options.strict),
      erased_(std::move(erased)),
      statement_(options.source, !options.consent_source.empty() || tenant.consent == ConsentMode::implied) {
  for (std::size_t i = 0; i < columns_.size(); ++i) place_column(i);
  std::vector<std::string> tags;
  for (const auto& tag : options.tags)
    for (auto& part : split(tag, ',')) tags.push_back(std::move(part));
  tags_ = normalize_tags(tags);
  tags_alone_ = format_tags(tags_);
}

void RowDecoder::add_column(ImportColumn column) {
  columns_.push_back(std::move(column));
  place_column(columns_.size() - 1);
}

void RowDecoder::place_column(std::size_t position) {
  const auto& column = columns_[position];
  statement_.add_column(column, position);
  if (column.field == ImportField::ignored) return;
  auto& places = places_[std::size_t(column.field)];
  const auto rank = [&](std::size_t at) { return columns_[at].rank; };
  const auto keep = [&](std::size_t at, bool is_fallback) {
    std::string key;
    append_json_string(key, columns_[at].attribute);
    attributes_.push_back({at, key + ":", is_fallback});
  };
  if (column.field == ImportField::attribute) return keep(position, false);
  places.insert(std::ranges::upper_bound(places, column.rank, {}, rank), position);
  const bool unites = column.field == ImportField::tags || column.field == ImportField::consent ||
                      column.field == ImportField::opt_out;
  if (places.size() < 2 || unites) return;
  if (places.size() == 2)
    for (const auto at : places) keep(at, true);
  else
    keep(position, true);
}

std::string_view RowDecoder::cell(Fields fields, ImportField field) const {
  for (const auto at : places(field))
    if (const auto text = trim(fields[at]); !text.empty()) return text;
  return {};
}

// The same, and what it is taken from is no attribute.
std::string_view RowDecoder::take(Fields fields, ImportField field) {
  for (const auto at : places(field)) {
    const auto text = trim(fields[at]);
    if (text.empty()) continue;
    if (places(field).size() > 1) taken_.push_back(at);
    return text;
  }
  return {};
}

std::optional<Refusal> RowDecoder::decode(Fields fields, ContactRow& row) {
  row.warnings.clear();
  taken_.clear();
  if (fields.size() != columns_.size()) return Refusal{"field_count"};
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!is_valid_utf8(fields[i])) return Refusal{"not_utf8", i};
  if (auto refusal = decode_phone(fields, row)) return refusal;
  decode_names(fields, row);
  row.email = take(fields, ImportField::email);
  if (!row.email.empty() && !is_email(row.email)) {
    row.email.clear();
    row.warnings.push_back("email_invalid");
  }
  row.external_id = take(fields, ImportField::external_id);
  row.timezone = take(fields, ImportField::timezone);
  if (!row.timezone.empty() && !is_timezone(row.timezone)) {
    row.timezone.clear();
    row.warnings.push_back("timezone_unknown");
  }
  decode_tags(fields, row);
  decode_attributes(fields, row.attributes);
  return decode_consent(fields, row);
}

// Of columns that are a phone the first that has a number in this row; when none has, the first one that has
// anything is what is wrong.
std::optional<Refusal> RowDecoder::decode_phone(Fields fields, ContactRow& row) {
  const auto country = read_country(take(fields, ImportField::country));
  row.country = country.code;
  if (country.is_unread) row.warnings.push_back("country_unknown");
  if (statement_.reads_log()) {
    const auto log = statement_.read_log(fields);
    if (log.person.empty() && log.own_number.empty())
      return Refusal{"direction_unknown", place(ImportField::message_direction)};
    const auto column = place(log.inbound ? ImportField::message_from : ImportField::message_to);
    if (log.person.empty()) return Refusal{"phone_missing", column};
    return read_number(log.person, column, country, row);
  }
  std::optional<Refusal> first;
  for (const auto at : places(ImportField::phone)) {
    const auto text = trim(fields[at]);
    if (text.empty()) continue;
    auto refusal = read_number(text, at, country, row);
    if (!refusal) {
      if (places(ImportField::phone).size() > 1) taken_.push_back(at);
      return std::nullopt;
    }
    if (refusal->reason == erased_reason) return refusal;
    if (!first) first = std::move(refusal);
  }
  return first ? first : Refusal{"phone_missing", place(ImportField::phone)};
}

std::optional<Refusal> RowDecoder::read_number(std::string_view text, std::optional<std::size_t> column,
                                               const Country& country, ContactRow& row) const {
  auto reading = read_phone(text, country.region);
  if (!reading.phone) {
    if (country.is_unread && parse_phone(text, region_))
      return Refusal{"country_unknown", place(ImportField::country)};
    return Refusal{phone_reason(reading.fault), column};
  }
  if (erased_.holds(reading.phone->e164)) return Refusal{erased_reason, column};
  row.assigned = reading.phone->valid;
  if (strict_ && !row.assigned) return Refusal{"phone_unassigned", column};
  row.msisdn = std::move(reading.phone->e164);
  return std::nullopt;
}

RowDecoder::Country RowDecoder::read_country(std::string_view text) {
  if (text.empty()) return {.code = {}, .region = region_};
  const auto [entry, is_new] = countries_.try_emplace(std::string{text});
  if (is_new) entry->second = find_country(text);
  const std::string_view code = entry->second ? std::string_view{*entry->second} : std::string_view{};
  return {.code = code, .region = code, .is_unread = !entry->second};
}

void RowDecoder::decode_names(Fields fields, ContactRow& row) {
  row.first_name = take(fields, ImportField::first_name);
  row.last_name = take(fields, ImportField::last_name);
  if (!row.first_name.empty() || !row.last_name.empty()) return;
  const auto whole = take(fields, ImportField::name);
  const auto blank = whole.find(' ');
  row.first_name = whole.substr(0, blank);
  if (blank != std::string_view::npos) row.last_name = trim(whole.substr(blank));
}

void RowDecoder::decode_tags(Fields fields, ContactRow& row) const {
  if (cell(fields, ImportField::tags).empty()) {
    row.tags = tags_alone_;
    return;
  }
  auto all = tags_;
  bool whole = true;
  for (const auto at : places(ImportField::tags)) whole = add_tags(all, fields[at]) && whole;
  if (!whole) row.warnings.push_back("tag_invalid");
  row.tags = format_tags(std::move(all));
}

void RowDecoder::decode_attributes(Fields fields, std::string& attributes) const {
  attributes.clear();
  for (const auto& attribute : attributes_) {
    const auto value = trim(fields[attribute.column]);
    if (value.empty()) continue;
    if (attribute.is_fallback && std::ranges::find(taken_, attribute.column) != taken_.end()) continue;
    attributes += attributes.empty() ? '{' : ',';
    attributes += attribute.key;
    append_json_string(attributes, value);
  }
  if (!attributes.empty()) attributes += '}';
}

std::optional<Refusal> RowDecoder::decode_consent(Fields fields, ContactRow& row) {
  row.consent.reset();
  row.is_blanket = false;
  row.consent_source = cell(fields, ImportField::consent_source);
  row.consent_at = consent_at_;
  const auto at = cell(fields, ImportField::consent_at);
  auto statement = statement_.read(fields);
  if (statement.word == ConsentWord::unclear) return Refusal{"consent_unclear", statement.column};
  const auto own_time = at.empty() ? std::nullopt : read_cell_time(at);
  const bool time_is_bad = !at.empty() && !own_time;
  if (statement.word == ConsentWord::no) {
    row.consent = false;
    row.consent_at = statement.at;
    if (row.consent_source.empty()) row.consent_source = std::move(statement.proof);
    return time_is_bad ? std::optional{Refusal{"consent_at_invalid", place(ImportField::consent_at)}}
                       : std::nullopt;
  }
  if (statement.word == ConsentWord::yes) {
    row.consent = true;
  } else if (!statement.withholds &&
             (!consent_source_.empty() || !row.consent_source.empty() || !at.empty())) {
    row.consent = true;
    row.is_blanket = true;
  }
  if (!row.consent) return std::nullopt;
  if (row.consent_source.empty()) row.consent_source = consent_source_;
  if (row.consent_source.empty()) row.consent_source = std::move(statement.proof);
  if (row.consent_source.empty()) row.consent_source = default_source_;
  if (time_is_bad) return Refusal{"consent_at_invalid", place(ImportField::consent_at)};
  if (own_time) row.consent_at = own_time;
  return std::nullopt;
}

std::vector<std::string> RowDecoder::read_numbers(Fields fields) {
  std::vector<std::string> numbers;
  const auto country = read_country(cell(fields, ImportField::country));
  const auto add = [&](std::string_view text) {
    if (text.empty() || !is_valid_utf8(text)) return;
    auto reading = read_phone(text, country.is_unread ? std::string_view{region_} : country.region);
    auto& phone = reading.phone ? reading.phone : reading.beside;
    if (phone && std::ranges::find(numbers, phone->e164) == numbers.end())
      numbers.push_back(std::move(phone->e164));
  };
  if (statement_.reads_log())
    add(statement_.read_log(fields).person);
  else
    for (const auto at : places(ImportField::phone)) add(trim(fields[at]));
  return numbers;
}

std::vector<Withdrawal> RowDecoder::read_withdrawals(Fields fields) {
  const auto count = columns_.size();
  // As it stands from the first field on, and from the last one back.
  std::vector<std::vector<std::string_view>> readings{{fields.begin(), fields.end()}};
  readings.front().resize(count);
  if (fields.size() != count) {
    const auto kept = std::min(count, fields.size());
    auto& from_end = readings.emplace_back(count - kept);
    from_end.insert(from_end.end(), fields.end() - static_cast<std::ptrdiff_t>(kept), fields.end());
  }
  std::vector<Withdrawal> withdrawals;
  for (const auto& said : readings) {
    const auto statement = statement_.read(said);
    if (statement.word != ConsentWord::no) continue;
    const auto own = cell(said, ImportField::consent_source);
    for (const auto& numbered : readings)
      for (auto& number : read_numbers(numbered))
        if (std::ranges::find(withdrawals, number, &Withdrawal::msisdn) == withdrawals.end())
          withdrawals.push_back(
              {.msisdn = std::move(number),
               .source = own.empty() || !is_valid_utf8(own) ? statement.proof : std::string{own},
               .at = statement.at});
  }
  return withdrawals;
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
