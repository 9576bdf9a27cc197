#include "core/hours/answer.hpp"

namespace smscrm {

HoursAnswer ask_hours(const HoursBook& book, const HoursPolicy& policy, const Whereabouts& who, Timestamp at,
                      bool marketing) {
  HoursAnswer answer;
  answer.data = book.law().version;
  const auto hours = book.find(policy, who);
  if (hours) answer.zones = hours->zones();
  if (!marketing) {
    answer.allowed = true;
    answer.next = at;
    return answer;
  }
  if (!hours) {
    answer.held_by = {"unknown_zone"};
    return answer;
  }
  answer.held_by = hours->held_by(at);
  answer.allowed = answer.held_by.empty();
  answer.next = hours->next_open(at);
  answer.rules = hours->rules();
  return answer;
}

}  // namespace smscrm
