// Short links: GET /r/{code} answers 302 from memory and hands the hit to the writer.
#pragma once

#include "daemon/edge/event_writer.hpp"

namespace smscrm {

class Redirect {
 public:
  Redirect(Directory& directory, EventWriter& writer) : directory_(directory), writer_(writer) {}

  // GET /r/CODE: 404 for codes that were never issued, 410 for those that expired, 503 while a new link
  // cannot be looked up.
  std::vector<HttpRoute> routes();

 private:
  void handle(HttpRequest request, HttpReply reply);
  void follow(const HttpRequest& request, HttpReply reply, LinkTarget target, const LiveLink& link);

  Directory& directory_;
  EventWriter& writer_;
};

}  // namespace smscrm
