// What other sessions say with NOTIFY, heard without waiting for it. Through a pooler that shares sessions
// nothing is heard: whoever listens has to look by itself, too, only less often.
#pragma once

#include <memory>
#include <string>

#include "core/db/db.hpp"

namespace smscrm {

// Listens to one channel for as long as it lives, which is no longer than the connection.
class Notifications {
 public:
  // Outside a transaction. Throws pqxx::failure when the server cannot be asked.
  Notifications(Connection& connection, const std::string& channel);
  ~Notifications();

  // Whether something was said since the last call. Outside a transaction. Throws pqxx::broken_connection.
  bool take();

 private:
  class Receiver;
  Connection& connection_;
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace smscrm
