// HTTP statuses of errors, the same table as in smscrmd(8).
#pragma once

#include "core/base/error.hpp"

namespace smscrm {

int http_status(Errc code);

}  // namespace smscrm
