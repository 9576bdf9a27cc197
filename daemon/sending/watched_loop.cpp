#include "daemon/sending/watched_loop.hpp"

#include "core/base/wait.hpp"
#include "core/fence/watch.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

void run_watched_loop(const std::stop_token& stop, const WatchedLoop& loop) {
  constexpr std::chrono::seconds after_failure{2};
  Outage outage{loop.consequence};
  while (!stop.stop_requested()) {
    try {
      auto db = connect_watched(loop.database_url, loop.application);
      loop.begin(db);
      do {
        note_turn();
        loop.look(db);
        outage.end();
      } while (wait_unless_stopped(stop, loop.pause()));
    } catch (const std::exception& error) {
      outage.begin(error);
      note_turn();
      wait_unless_stopped(stop, after_failure);
    }
  }
}

}  // namespace smscrm
