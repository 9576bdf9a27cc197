// What a preflight says of the texts of a campaign: their parts, what they are written in, whom they miss.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign/forecast.hpp"
#include "core/campaign/launch.hpp"
#include "core/text/merge_field.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {

// One per plan, whose numbers of texts it keeps.
class TextTally {
 public:
  // `link_text` stands for each short link: all are of one length.
  TextTally(Plan& plan, const Template& body, std::string link_text);

  // The text of a recipient, out of the row of the audience. Returns its parts.
  int add(const Row& row);
  // To be sent when `hours` allow it; nullptr: at any time.
  void add_parts(int parts, const std::shared_ptr<const OpenHours>& hours) {
    auto& group = groups_[hours.get()];
    group.hours = hours;
    group.parts += parts;
  }

  // Gives away what is to be sent.
  void move_to(Forecast& forecast);

  void write_warnings();

 private:
  // The least number of those concerned, so that a plan says the same whatever order the audience comes in.
  struct First {
    ContactId contact;
    std::string msisdn;
  };
  static void keep_first(std::optional<First>& first, const Row& row);
  static PlanWarning warn_of(const char* code, std::string message, const First& first);
  void look_at(const Row& row, const std::string& text, const TextSize& size);

  Plan& plan_;
  const Template& body_;
  std::string link_text_;
  std::vector<std::optional<First>> missing_;  // the first recipient without the field
  std::optional<First> first_ucs2_, first_too_long_;
  std::int64_t too_long_ = 0;
  std::map<const OpenHours*, Forecast::Group> groups_;
  std::vector<int> sizes_;
};

}  // namespace smscrm
