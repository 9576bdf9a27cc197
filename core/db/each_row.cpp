#include "core/db/each_row.hpp"

#include <map>
#include <utility>

#include "core/base/guarded.hpp"
#include "core/base/log.hpp"

namespace smscrm {

void log_left_out(std::string_view noun, std::string_view tenant, std::string_view error) {
  using Clock = std::chrono::steady_clock;
  // Of the process, not of a reader: most of those are functions, which know nothing of the turn before.
  static Guarded<std::map<std::pair<std::string, std::string>, Clock::time_point>> logged;
  constexpr std::size_t most_kept = 10'000;
  const bool again = logged.with([&](auto& times) {
    if (times.size() >= most_kept) times.clear();
    auto& time = times[{std::string{noun}, std::string{tenant}}];
    if (time != Clock::time_point{} && Clock::now() - time < std::chrono::minutes{1}) return true;
    time = Clock::now();
    return false;
  });
  if (!again)
    log_warn("a row cannot be read and is left out", {{"what", noun}, {"tenant", tenant}, {"error", error}});
}

std::string within_calendar(const std::string& column) {
  // Both leave NULL out.
  return "CASE WHEN " + column + " IS NOT NULL THEN least(greatest(" + column +
         ", timestamptz '1970-01-01Z'), timestamptz '9999-12-30Z') END";
}

}  // namespace smscrm
