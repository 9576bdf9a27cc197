// Short links: GET /r/{code} answers 302 from memory and hands the hit to the writer.
#pragma once

#include "daemon/edge/click_gate.hpp"
#include "daemon/edge/event_writer.hpp"

namespace smscrm {

class Redirect {
 public:
  // Hits that pass `gate` go to `writer`, which takes the counts of the others from it.
  Redirect(Directory& directory, EventWriter& writer, ClickGate& gate)
      : directory_(directory), writer_(writer), gate_(gate) {}

  // GET /r/CODE: 404 for codes that were never issued and for links of others on a tenant's own host, 410 for
  // those that expired or were ended, 503 while a new link cannot be looked up, 429 for a client that tries
  // one wrong code after the other.
  std::vector<HttpRoute> routes();

 private:
  void handle(HttpRequest request, HttpReply reply);
  void follow(const HttpRequest& request, HttpReply reply, LinkTarget target, const LiveLink& link);
  void miss(const HttpRequest& request, HttpReply reply);  // no such link

  Directory& directory_;
  EventWriter& writer_;
  ClickGate& gate_;
  RateLimit<std::string> misses_{1, 60};  // by client
};

}  // namespace smscrm
