#include "core/db/notify.hpp"

#include <utility>

namespace smscrm {

class Notifications::Receiver : public pqxx::notification_receiver {
 public:
  using pqxx::notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override { heard = true; }
  bool heard = false;
};

Notifications::Notifications(Connection& connection, const std::string& channel)
    : connection_(connection), receiver_(std::make_unique<Receiver>(connection.handle(), channel)) {}

Notifications::~Notifications() = default;

bool Notifications::take() {
  connection_.handle().get_notifs();
  return std::exchange(receiver_->heard, false);
}

}  // namespace smscrm
