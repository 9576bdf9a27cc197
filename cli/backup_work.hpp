// smscrm backup create list verify restore key: backups made, proven and brought back.
#pragma once

#include "cli/command.hpp"

namespace smscrm {

void add_backup_work(CLI::App& noun, Context& context);

}  // namespace smscrm
