#include "tests/support/line_samples.hpp"

#include <array>

namespace smscrm {
namespace {

struct Plan {
  const char *region, *code;
  std::vector<const char*> numbers;  // national numbers of the key, with the digits of LineSamples::digits
  std::vector<std::size_t> without;  // notations without so many digits at the start of the national number …
  std::vector<std::pair<std::size_t, const char*>> instead;  // … or with others in their place
  std::vector<const char*> trunk;                            // prefixes at home
  std::size_t inner = 0;                                     // where the digits that a notation lacks stand
};

const std::vector<Plan>& plans() {
  static const std::vector<Plan> list{
      {"MX", "52", {"55nxxxxxxx", "81nxxxxxxx", "33nxxxxxxx"}, {}, {{0, "1"}}, {"", "01", "045", "044"}},
      {"AR", "54", {"91123xxxxxx", "93514xxxxxx"}, {1}, {}, {}},
      {"BR", "55", {"119xxxxxxxx", "219xxxxxxxx"}, {}, {}, {"", "0"}},
      {"BR", "55", {"1198xxxxxxx", "2196xxxxxxx", "3199xxxxxxx", "85972xxxxxx"}, {1}, {}, {"", "0"}, 2},
      {"CI", "225", {"0707xxxxxx", "0748xxxxxx"}, {2}, {}, {""}},
      {"CI", "225", {"0505xxxxxx", "0564xxxxxx"}, {2}, {}, {""}},
      {"CI", "225", {"0101xxxxxx", "0140xxxxxx"}, {2}, {}, {""}},
      {"BJ", "229", {"0197xxxxxx", "0161xxxxxx"}, {2}, {}, {""}},
      {"GA", "241", {"66xxxxxx", "77xxxxxx", "74xxxxxx"}, {1}, {{1, "0"}}, {""}},
      {"US", "1", {"415n34xxxx", "227n34xxxx", "212n12xxxx"}, {}, {}, {"", "1"}},
      {"GB", "44", {"7911xxxxxx", "7400xxxxxx"}, {}, {}, {"0"}},
      {"DE", "49", {"1512xxxxxxx", "160nxxxxxx"}, {}, {}, {"0"}},
      {"FR", "33", {"61nxxxxxx"}, {}, {}, {"0"}},
      {"IN", "91", {"98765xxxxx"}, {}, {}, {"0", ""}},
      {"IT", "39", {"335nxxxxxx"}, {}, {}, {""}},
      {"NO", "47", {"40nxxxxx"}, {}, {}, {""}},
  };
  return list;
}

std::string full_width(const std::string& text) {
  std::string wide;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      wide += std::string{"\xEF\xBC"} + static_cast<char>(0x90 + (c - '0'));
    else
      wide += c;
  }
  return wide;
}

}  // namespace

std::string LineSamples::digits(const std::string& pattern) {
  std::string number;
  for (const char c : pattern)
    number += c == 'x'   ? static_cast<char>('0' + below(10))
              : c == 'n' ? static_cast<char>('2' + below(8))
                         : c;
  return number;
}

std::string LineSamples::spaced(const std::string& number) {
  constexpr std::array<const char*, 5> blanks{" ", "-", "\xC2\xA0", "\xE2\x80\xAF", " \xE2\x80\x8B"};
  const std::string blank = blanks[below(blanks.size())];
  std::string text;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (i > 2 && i % 3 == 0) text += blank;
    text += number[i];
  }
  return text;
}

LineSample LineSamples::next() {
  const auto& plan = plans()[below(plans().size())];
  const auto number = digits(plan.numbers[below(plan.numbers.size())]);
  LineSample line;
  line.region = plan.region;
  line.key = std::string{"+"} + plan.code + number;
  std::vector<std::string> notations{number};
  for (const auto missing : plan.without) notations.push_back(std::string{number}.erase(plan.inner, missing));
  for (const auto& [missing, other] : plan.instead)
    notations.push_back(std::string{number}.replace(0, missing, other));
  for (const auto& national : notations) {
    const auto e164 = std::string{"+"} + plan.code + national;
    for (const char* channel : {"", "whatsapp:", "rcs:", "sms:", "SMS:", "tel:", "WhatsApp: "})
      line.international.push_back(channel + e164);
    line.international.push_back(spaced(e164));
    line.international.push_back("  " + e164 + " ");
    // What has no plus is a number only in a text that somebody wrote.
    line.foreign.push_back("00" + e164.substr(1));
    line.foreign.push_back("00 " + spaced(e164.substr(1)) + " ext. 4");
    line.national.push_back(full_width(e164));
    line.national.push_back("Tel.: " + e164);
    line.national.push_back("=\"" + e164 + "\"");
    line.national.push_back(spaced(e164) + " (mobile)");
    line.national.push_back(e164 + ".0");
  }
  for (const char* trunk : plan.trunk) {
    line.national.push_back(trunk + number);
    line.national.push_back("'" + spaced(trunk + number));
  }
  return line;
}

}  // namespace smscrm
