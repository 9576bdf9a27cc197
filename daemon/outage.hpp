// A database that is lost is felt by every worker, and told at error once: by the first that feels it. When
// the last goes on, that is told, too.
#pragma once

#include <exception>
#include <string_view>

namespace smscrm {

// Whether the database was lost, and not what was asked of it refused.
bool is_loss(const std::exception& failure);
bool is_loss(const std::exception_ptr& failure);

// What one worker feels of it. One thread.
class Outage {
 public:
  // `consequence` is what its failures are told as: "webhooks are not delivered".
  explicit Outage(std::string_view consequence) : consequence_(consequence) {}
  ~Outage() { end(); }
  Outage(const Outage&) = delete;

  void begin(const std::exception& failure);  // told once, until the end
  // True when there was one.
  bool end();
  // The database is there again, and nothing was asked of it yet: what fails then is no news.
  void reconnect();

 private:
  std::string_view consequence_;
  bool is_lost_ = false;  // the database
  bool is_told_ = false, is_told_back_ = false;
};

}  // namespace smscrm
