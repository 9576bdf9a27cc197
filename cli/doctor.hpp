// What a check of `smscrm doctor` found.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace smscrm {

enum class Verdict { ok, warn, fail, skip };

struct Finding {
  Verdict verdict;
  std::string detail;
  std::string hint = "";
  bool away = false;  // a server does not answer: the same may be well later
};

// cli/doctor_backup.cpp
Finding check_backups(Context& context);
Finding check_key_copy(Context& context);

}  // namespace smscrm
