#include "tests/support/phone_samples.hpp"

#include <algorithm>
#include <cstdlib>

#include <phonenumbers/phonemetadata.pb.h>

#include "core/base/error.hpp"

namespace i18n::phonenumbers {
int metadata_size();
const void* metadata_get();
}  // namespace i18n::phonenumbers

namespace smscrm {

using i18n::phonenumbers::PhoneMetadata;

struct PhoneSamples::Plan {
  explicit Plan(const PhoneMetadata& from) : metadata(from) {
    using Desc = i18n::phonenumbers::PhoneNumberDesc;
    for (const auto* desc : {&from.fixed_line(), &from.mobile(), &from.mobile(), &from.toll_free(),
                             &from.premium_rate(), &from.shared_cost(), &from.personal_number(), &from.voip(),
                             &from.pager(), &from.uan(), &from.voicemail()}) {
      const Desc& type = *desc;
      if (!type.national_number_pattern().empty()) patterns.push_back(type.national_number_pattern());
      if (!type.example_number().empty()) examples.push_back(type.example_number());
    }
  }

  PhoneMetadata metadata;
  std::vector<std::string> patterns, examples;
};

const std::vector<std::string>& PhoneSamples::main_regions() {
  static const std::vector<std::string> regions{
      "US", "CA", "GB", "DE", "FR", "IT", "ES", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL",
      "PT", "IE", "GR", "CZ", "RO", "HU", "TR", "RU", "KZ", "UA", "IL", "AE", "SA", "IN", "PK", "CN",
      "JP", "KR", "SG", "HK", "PH", "ID", "TH", "AU", "NZ", "ZA", "NG", "KE", "EG", "BR", "MX", "AR"};
  return regions;
}

PhoneSamples::PhoneSamples(std::uint64_t seed) : random_(seed) {
  using namespace i18n::phonenumbers;
  PhoneMetadataCollection all;
  if (!all.ParseFromArray(metadata_get(), metadata_size()))
    throw Error(Errc::internal, "the metadata of libphonenumber cannot be read");
  for (const auto& metadata : all.metadata()) plans_.push_back(std::make_unique<Plan>(metadata));
  const auto& main = main_regions();
  std::stable_partition(plans_.begin(), plans_.end(), [&](const auto& plan) {
    return std::find(main.begin(), main.end(), plan->metadata.id()) != main.end();
  });
}

PhoneSamples::~PhoneSamples() = default;

// Not std::uniform_int_distribution, whose numbers differ between standard libraries.
std::uint64_t PhoneSamples::below(std::uint64_t bound) { return (random_() >> 16) % bound; }

std::string PhoneSamples::random_digits(std::size_t count) {
  std::string digits;
  while (digits.size() < count) digits += static_cast<char>('0' + below(10));
  return digits;
}

std::string PhoneSamples::sample(const std::string& expression) {
  const char* at = expression.c_str();
  return sample_alternatives(at);
}

// Reads up to the end of the group or the expression, samples every alternative and takes one.
std::string PhoneSamples::sample_alternatives(const char*& at) {
  std::vector<std::string> alternatives(1);
  while (*at != '\0' && *at != ')') {
    if (*at == '|') {
      alternatives.emplace_back();
      ++at;
      continue;
    }
    const char* atom = at;
    auto text = sample_atom(at);
    const auto times = sample_times(at);
    if (times == 0) text.clear();
    for (std::uint64_t i = 1; i < times; ++i) {
      const char* again = atom;
      text += sample_atom(again);
    }
    alternatives.back() += text;
  }
  return any_of(alternatives);
}

// A digit, a class or a group; $ is nothing.
std::string PhoneSamples::sample_atom(const char*& at) {
  const char first = *at++;
  if (first == '(') {
    if (*at == '?') at += 2;
    auto inner = sample_alternatives(at);
    ++at;
    return inner;
  }
  if (first == '[') {
    std::string digits;
    for (; *at != ']'; ++at) {
      if (*at == '-') {
        ++at;
        for (char c = static_cast<char>(digits.back() + 1); c <= *at; ++c) digits += c;
      } else {
        digits += *at;
      }
    }
    ++at;
    return {any_of(digits)};
  }
  if (first == '\\') {
    ++at;
    return random_digits(1);
  }
  return first == '$' ? std::string{} : std::string{first};
}

// How often to repeat what was read: ?, {n}, {n,m} or once.
std::uint64_t PhoneSamples::sample_times(const char*& at) {
  if (*at == '?') {
    ++at;
    return below(2);
  }
  if (*at != '{') return 1;
  char* end = nullptr;
  const auto least = std::strtoull(at + 1, &end, 10);
  const auto most = *end == ',' ? std::strtoull(end + 1, &end, 10) : least;
  at = end + 1;
  return least + below(most - least + 1);
}

void PhoneSamples::change_digits(std::string& digits) {
  for (auto changes = 1 + below(3); changes > 0; --changes) {
    const auto at = below(digits.size() + 1);
    switch (below(3)) {
      case 0:
        digits.insert(at, random_digits(1));
        break;
      case 1:
        digits.erase(at, 1);
        break;
      default:
        digits.replace(at, 1, random_digits(1));
    }
  }
}

std::string PhoneSamples::national_number(const Plan& plan) {
  const auto& metadata = plan.metadata;
  switch (const auto kind = below(100); kind / 5) {
    case 0:
      if (!plan.examples.empty()) return any_of(plan.examples);
      [[fallthrough]];
    case 1:
    case 2:
      return random_digits(1 + below(19));
    case 3:
    case 4:
      return sample(metadata.general_desc().national_number_pattern());
    case 5:
      if (!metadata.general_desc().possible_length_local_only().empty())
        return random_digits(static_cast<std::size_t>(metadata.general_desc().possible_length_local_only(0)));
      [[fallthrough]];
    default: {
      auto number = sample(any_of(plan.patterns));
      if (kind % 5 == 0) change_digits(number);
      return number;
    }
  }
}

std::string PhoneSamples::with_prefixes(const Plan& plan, std::string number) {
  const auto& metadata = plan.metadata;
  const auto code = std::to_string(metadata.country_code());
  const auto national_prefix = [&] {
    if (!metadata.national_prefix().empty() && chance(60)) return metadata.national_prefix();
    return metadata.national_prefix_for_parsing().empty() ? std::string{"0"}
                                                          : sample(metadata.national_prefix_for_parsing());
  };
  const auto international_prefix = [&] {
    constexpr const char* prefixes[] = {"00", "011", "0011", "810", "001", "010"};
    return metadata.international_prefix().empty() || chance(30) ? std::string{any_of(prefixes)}
                                                                 : sample(metadata.international_prefix());
  };
  switch (below(12)) {
    case 0:
    case 1:
      return number;
    case 2:
    case 3:
      return national_prefix() + number;
    case 4:
      return code + number;
    case 5:
      return code + national_prefix() + number;
    case 6:
      return international_prefix() + code + number;
    case 7:
      return international_prefix() + code + national_prefix() + number;
    case 8:
      return "+" + code + national_prefix() + number;
    case 9:
      return "+" + code + "(0)" + number;
    default:
      return "+" + code + number;
  }
}

// Blanks and the like between digits, in groups of one kind or at random.
std::string PhoneSamples::punctuate(const std::string& digits) {
  constexpr const char* separators[] = {" ", "-", ".", "/", " - ", ") ", " (", "  "};
  constexpr const char* odd[] = {"\xC2\xA0",     "_", "\t", "\xE2\x80\x93", ",", "~", "x",
                                 "\xE2\x80\x8B", "[", "*"};
  if (chance(25)) return digits;
  const std::string separator = chance(4) ? any_of(odd) : any_of(separators);
  const bool is_regular = chance(80);
  const auto group = 2 + below(4);
  std::string text;
  std::uint64_t until = 1 + below(4);
  for (const char c : digits) {
    if (c >= '0' && c <= '9' && until-- == 0) {
      text += is_regular ? separator : std::string{any_of(separators)};
      until = (is_regular ? group : 1 + below(4)) - 1;
    }
    text += c;
  }
  if (chance(15)) text.insert(text.starts_with('+') ? 1 : 0, "(");
  if (chance(3)) text += any_of(separators);
  if (chance(3)) text.insert(0, any_of(separators));
  return text;
}

void PhoneSamples::spoil(std::string& text) {
  constexpr const char* junk[] = {" ext. 12", "x7",       "#3", ";ext=9", "a", "CALL",        "+",
                                  "tel:",     "\xFF",     "(",  "/2",     "*", ",,4",         "n/a",
                                  " 0 ",      "\xD9\xA3", "＋", ".",      "-", "(cell)",      "\n",
                                  "e10",      "0",        "'",  "=",      ";", " or 5551234", "++"};
  const std::string piece = any_of(junk);
  switch (below(4)) {
    case 0:
      text.insert(0, piece);
      break;
    case 1:
      text.insert(below(text.size() + 1), piece);
      break;
    default:
      text += piece;
  }
}

PhoneSample PhoneSamples::next() {
  const auto main = main_regions().size();
  const auto any_plan = [&]() -> const Plan& {
    return *plans_[chance(75) ? below(main) : below(plans_.size())];
  };
  const auto& plan = any_plan();
  PhoneSample sample;
  sample.home = plan.metadata.id();
  sample.text = punctuate(with_prefixes(plan, national_number(plan)));
  if (chance(4)) spoil(sample.text);
  constexpr const char* no_regions[] = {"", "ZZ", "001", "us", "XX", "USA"};
  sample.region = chance(80)   ? sample.home
                  : chance(80) ? any_plan().metadata.id()
                               : std::string{any_of(no_regions)};
  return sample;
}

}  // namespace smscrm
