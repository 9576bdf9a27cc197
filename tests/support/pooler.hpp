// A PgBouncer between a test and its database.
#pragma once

#include <string>

#include "tests/support/command.hpp"

namespace smscrm {

class Pooler {
 public:
  // `mode`: session, transaction or statement. Returns once it answers.
  explicit Pooler(const std::string& mode);
  ~Pooler();
  Pooler(const Pooler&) = delete;

  // The same database, through the pooler.
  std::string url_of(const std::string& database_url) const;

 private:
  TempDir dir_;
  int pid_ = -1;
};

}  // namespace smscrm
