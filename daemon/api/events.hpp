// What is under way, told as it happens: server-sent events of campaigns, at most one a second of each.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "core/base/log_limit.hpp"
#include "core/campaign/campaign.hpp"
#include "core/config.hpp"
#include "core/db/db.hpp"
#include "daemon/http/stream.hpp"

namespace smscrm {

class ApiEvents {
 public:
  struct Listener {
    std::shared_ptr<HttpStream> stream;
    TenantId tenant;
    std::string who;                              // "session 7": each has only so many
    std::function<bool(Tx&)> may;                 // whether they still may listen
    std::string campaign = {};                    // that alone; empty: all that run or pause
    std::map<CampaignId, std::string> told = {};  // last, of each
    std::chrono::steady_clock::time_point looked_at = {}, wrote_at = std::chrono::steady_clock::now();
  };

  explicit ApiEvents(const Config& config)
      : database_url_(config.database.url), receipt_overdue_(config.scheduler.receipt_overdue) {}

  // False when there are too many.
  bool add(Listener listener);

  // Body of the thread "events". Owns a connection while anybody listens.
  void run(std::stop_token stop);

 private:
  bool tell(Connection& db);  // false: nobody was to be told anything yet
  void tell(Connection& db, const std::vector<Listener*>& listeners);
  void note_failure(TenantId tenant, const std::exception& error);
  static bool put(Listener& listener, const std::string& text);

  const std::string database_url_;
  const std::chrono::milliseconds receipt_overdue_;
  std::mutex mutex_;  // guards the two that follow
  std::condition_variable_any filled_;
  std::list<Listener> added_;
  std::map<std::string, int> count_;  // by who
  std::list<Listener> listeners_;     // of the thread
  LogLimit failures_{std::chrono::minutes{1}};
};

}  // namespace smscrm
