#include "core/phone/numbering_plan.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include <phonenumbers/phonemetadata.pb.h>

namespace i18n::phonenumbers {
// Exported by the library, though in no header that it installs. Weak: a build of it without them still
// links.
[[gnu::weak]] int metadata_size();
[[gnu::weak]] const void* metadata_get();
}  // namespace i18n::phonenumbers

namespace smscrm {
namespace {

using i18n::phonenumbers::PhoneMetadata;
using i18n::phonenumbers::PhoneNumberDesc;

using PartSet = std::vector<std::uint16_t>;  // ascending

// The expressions of one automaton. Regions of one calling code have many in common.
struct Parts {
  std::vector<DigitAutomaton::Part> list;
  std::map<std::pair<std::string, bool>, std::uint16_t> numbers;
  bool understood = true;

  std::uint16_t add(const std::string& expression, bool may_go_on) {
    const auto [entry, is_new] =
        numbers.try_emplace({expression, may_go_on}, static_cast<std::uint16_t>(list.size()));
    if (is_new) {
      auto pattern = DigitPattern::compile(expression);
      if (pattern) list.push_back({std::move(*pattern), may_go_on});
      understood = understood && pattern.has_value();
    }
    return entry->second;
  }
};

// IsNumberMatchingDesc.
struct TypeRule {
  std::uint16_t part = 0;
  std::uint32_t lengths = ~0U;  // bit n: n digits will do

  bool holds(const PartSet& matching, std::size_t length) const {
    return (lengths >> length & 1U) != 0 && std::binary_search(matching.begin(), matching.end(), part);
  }
};

std::optional<TypeRule> read_rule(const PhoneNumberDesc& desc, Parts& parts) {
  if (desc.national_number_pattern().empty()) return std::nullopt;
  TypeRule rule{parts.add(desc.national_number_pattern(), false)};
  if (!desc.possible_length().empty()) rule.lengths = 0;
  for (const int length : desc.possible_length())  // -1: there are no numbers of the type
    if (length >= 0 && length <= int{max_national_digits}) rule.lengths |= 1U << length;
  return rule;
}

struct RegionRules {
  std::string_view name;
  std::optional<std::uint16_t> leading_digits;
  std::optional<TypeRule> general;
  std::vector<TypeRule> types;

  RegionRules(const PhoneMetadata& metadata, Parts& parts) : name(metadata.id()) {
    if (name.size() != 2) name = {};  // "001" is no country
    if (metadata.has_leading_digits()) leading_digits = parts.add(metadata.leading_digits(), true);
    general = read_rule(metadata.general_desc(), parts);
    std::vector<const PhoneNumberDesc*> descs{
        &metadata.premium_rate(), &metadata.toll_free(),       &metadata.shared_cost(),
        &metadata.voip(),         &metadata.personal_number(), &metadata.pager(),
        &metadata.uan(),          &metadata.voicemail(),       &metadata.fixed_line()};
    if (!metadata.same_mobile_and_fixed_line_pattern()) descs.push_back(&metadata.mobile());
    for (const auto* desc : descs)
      if (const auto rule = read_rule(*desc, parts)) types.push_back(*rule);
  }

  // GetNumberTypeHelper: whether the number is of any type.
  bool has(const PartSet& matching, std::size_t length) const {
    return general && general->holds(matching, length) &&
           std::any_of(types.begin(), types.end(),
                       [&](const auto& type) { return type.holds(matching, length); });
  }
};

Assignment assign(const std::vector<RegionRules>& regions, const PartSet& matching, std::size_t length) {
  for (const auto& region : regions) {
    const bool valid = region.has(matching, length);
    const bool is_here =
        regions.size() == 1 ||
        (region.leading_digits ? std::binary_search(matching.begin(), matching.end(), *region.leading_digits)
                               : valid);
    if (is_here) return {region.name, valid};
  }
  return {};
}

// What is made when first asked for; nullptr when it could not be.
template <class T>
class Slot {
 public:
  template <class Make>
  const T* get(Make make) const {
    std::call_once(once_, [&] { value_ = make(); });
    return value_.get();
  }

 private:
  mutable std::once_flag once_;
  mutable std::unique_ptr<const T> value_;
};

struct Region {
  explicit Region(const PhoneMetadata& its_metadata) : metadata(its_metadata) {}
  const Dialling* dialling() const {
    return slot.get([this] { return Dialling::read(metadata); });
  }

  const PhoneMetadata& metadata;
  Slot<Dialling> slot;
};

struct CallingCode {
  const Assignments* assignments() const {
    return slot.get([this] {
      std::vector<const PhoneMetadata*> all;
      for (const auto* region : regions) all.push_back(&region->metadata);
      return Assignments::read(all);
    });
  }

  std::deque<const Region*> regions;  // the main one first
  Slot<Assignments> slot;
};

// All metadata, indexed as the constructor of PhoneNumberUtil does it.
class Plans {
 public:
  Plans() {
    using i18n::phonenumbers::metadata_get;
    using i18n::phonenumbers::metadata_size;
    if (!metadata_get || !metadata_size || !collection_.ParseFromArray(metadata_get(), metadata_size()))
      return;
    for (const auto& metadata : collection_.metadata()) add(metadata);
  }

  const Region* find_region(std::string_view name) const {
    const bool is_name = name.size() == 2 && is_letter(name[0]) && is_letter(name[1]);
    return is_name ? by_name_[index_of(name)] : nullptr;
  }

  const CallingCode* find_code(int code) const {
    const auto at = static_cast<std::size_t>(code);
    return code > 0 && at < codes_.size() && !codes_[at].regions.empty() ? &codes_[at] : nullptr;
  }

 private:
  static bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
  static std::size_t index_of(std::string_view name) {
    return static_cast<std::size_t>((name[0] - 'A') * 26 + (name[1] - 'A'));
  }

  void add(const PhoneMetadata& metadata) {
    const auto& name = metadata.id();
    const auto code = static_cast<std::size_t>(metadata.country_code());
    if (name == "ZZ" || metadata.country_code() <= 0 || code >= codes_.size()) return;
    const auto& region = regions_.emplace_back(metadata);
    if (name.size() == 2 && is_letter(name[0]) && is_letter(name[1])) by_name_[index_of(name)] = &region;
    auto& siblings = codes_[code].regions;
    if (metadata.main_country_for_code()) {
      siblings.push_front(&region);
    } else {
      siblings.push_back(&region);
    }
  }

  i18n::phonenumbers::PhoneMetadataCollection collection_;
  std::deque<Region> regions_;
  std::array<const Region*, 26 * 26> by_name_{};
  std::array<CallingCode, 1000> codes_;
};

const Plans& plans() {
  static const Plans all;
  return all;
}

}  // namespace

std::unique_ptr<const Dialling> Dialling::read(const PhoneMetadata& metadata) {
  std::unique_ptr<Dialling> dialling{new Dialling};
  dialling->calling_code_ = metadata.country_code();
  dialling->calling_digits_ = std::to_string(metadata.country_code());
  dialling->rule_ = metadata.national_prefix_transform_rule();

  auto international_prefix = DigitPattern::compile(metadata.international_prefix());
  auto general = DigitPattern::compile(metadata.general_desc().national_number_pattern());
  if (!international_prefix || !general) return nullptr;
  dialling->international_prefix_ = std::move(*international_prefix);
  if (const auto& prefix = metadata.national_prefix_for_parsing(); !prefix.empty()) {
    dialling->national_prefix_ = DigitPattern::compile(prefix);
    if (!dialling->national_prefix_ || !dialling->understands_rule()) return nullptr;
  }
  auto automaton = DigitAutomaton::build({{std::move(*general)}});
  if (!automaton || !dialling->set_lengths(metadata)) return nullptr;
  dialling->general_ = std::move(*automaton);
  return dialling;
}

bool Dialling::set_lengths(const PhoneMetadata& metadata) {
  const auto& general = metadata.general_desc();
  const auto read = [](const auto& lengths, std::uint32_t& set) {
    for (const int length : lengths) {
      if (length < 1 || length > int{max_national_digits}) return false;
      set |= 1U << length;
    }
    return true;
  };
  if (!read(general.possible_length(), possible_) || !read(general.possible_length_local_only(), local_) ||
      possible_ == 0)
    return false;
  longest_ = static_cast<std::size_t>(*general.possible_length().rbegin());
  return true;
}

// Digits, and at most one $ with the number of a group that is there, at the end: $12 may mean two things.
bool Dialling::understands_rule() const {
  if (rule_.size() > max_prefix_replacement) return false;
  const auto dollar = rule_.find('$');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(rule_.begin(), rule_.begin() + static_cast<long>(std::min(dollar, rule_.size())),
                   is_digit))
    return false;
  return dollar == std::string::npos || (dollar + 2 == rule_.size() && rule_.back() >= '1' &&
                                         rule_.back() <= '0' + national_prefix_->groups());
}

NumberLength Dialling::test_length(std::size_t digits) const {
  const auto has = [digits](std::uint32_t set) {
    return digits <= max_national_digits && (set >> digits & 1U) != 0;
  };
  if (has(local_)) return NumberLength::other;
  if (digits > longest_) return NumberLength::too_long;
  return has(possible_) ? NumberLength::possible : NumberLength::other;
}

bool Dialling::strip_international_prefix(std::string_view& number) const {
  const auto prefix = international_prefix_.match_prefix(number);
  if (!prefix) return false;
  const auto rest = number.substr(prefix->length);
  if (rest.starts_with('0')) return false;  // no calling code begins so
  number = rest;
  return true;
}

std::string_view Dialling::strip_national_prefix(std::string_view number, RewrittenNumber& room) const {
  if (number.empty() || !national_prefix_) return number;
  const auto prefix = national_prefix_->match_prefix(number);
  if (!prefix || prefix->length == 0) return number;
  auto rest = number.substr(prefix->length);
  if (!rule_.empty() && national_prefix_->groups() > 0) {
    const auto& captured = prefix->groups[national_prefix_->groups() > 1 ? 1 : 0];
    if (!captured.empty()) rest = rewrite(*prefix, rest, room);
  }
  return is_general(number) && !is_general(rest) ? number : rest;
}

std::string_view Dialling::rewrite(const DigitPrefix& prefix, std::string_view rest,
                                   RewrittenNumber& room) const {
  auto* end = room.data();
  const auto dollar = std::min(rule_.find('$'), rule_.size());
  end = std::copy_n(rule_.data(), dollar, end);
  if (dollar < rule_.size()) {
    const auto group = prefix.groups[static_cast<std::size_t>(rule_.back() - '1')];
    end = std::copy(group.begin(), group.end(), end);
  }
  end = std::copy(rest.begin(), rest.end(), end);
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

std::unique_ptr<const Assignments> Assignments::read(const std::vector<const PhoneMetadata*>& regions) {
  Parts parts;
  std::vector<RegionRules> rules;
  for (const auto* metadata : regions) rules.emplace_back(*metadata, parts);
  if (!parts.understood) return nullptr;
  auto automaton = DigitAutomaton::build(parts.list);
  if (!automaton) return nullptr;
  auto assignments = std::make_unique<Assignments>();
  for (const auto& matching : automaton->sets())
    for (std::size_t length = 0; length <= max_national_digits; ++length)
      assignments->answers_.push_back(assign(rules, matching, length));
  assignments->automaton_ = std::move(*automaton);
  return assignments;
}

HomePlan find_home_plan(std::string_view region) {
  const auto* found = plans().find_region(region);
  return found ? HomePlan{true, found->dialling()} : HomePlan{};
}

CodePlan find_code_plan(int calling_code) {
  const auto* found = plans().find_code(calling_code);
  return found ? CodePlan{true, found->regions.front()->dialling(), found->assignments()} : CodePlan{};
}

}  // namespace smscrm
