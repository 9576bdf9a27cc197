// Short links: GET /r/{code} answers 302 from memory and hands the hit to the writer.
#pragma once

#include "daemon/edge/event_writer.hpp"

namespace smscrm {

class Redirect {
 public:
  Redirect(Directory& directory, EventWriter& writer) : directory_(directory), writer_(writer) {}

  static constexpr std::string_view prefix = "/r/";

  // Called on an HTTP thread for paths that begin with `prefix`; does not block. 404 for codes that were
  // never issued, 410 for those that expired, 503 while a new link cannot be looked up.
  void handle(HttpRequest request, HttpReply reply);

 private:
  void follow(const HttpRequest& request, HttpReply reply, LinkTarget target, const LiveLink& link);

  Directory& directory_;
  EventWriter& writer_;
};

}  // namespace smscrm
