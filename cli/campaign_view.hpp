// What somebody who follows a campaign gets to see: a bar, a whole screen, lines or records.
#pragma once

#include <memory>
#include <string>

#include "cli/campaign_follow.hpp"

namespace smscrm {

class View {
 public:
  virtual ~View() = default;
  virtual void show(const Look& look) = 0;
  virtual void say(const std::string& text) = 0;
};

// On standard error, for who waits: a bar on a terminal, and above it what holds the campaign up, for as long
// as it does; elsewhere, and with -q, lines with a time stamp.
std::unique_ptr<View> make_wait_view(Output& out);

// On standard output, for who watches: the whole report again and again on a terminal, lines with a time
// stamp elsewhere, a record for each change with ndjson. The other forms have one record, at the end, which
// is not shown here.
std::unique_ptr<View> make_watch_view(Output& out);

}  // namespace smscrm
