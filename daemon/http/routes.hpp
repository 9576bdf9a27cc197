// Who answers what: a table of routes, by path and method, with the most that a request may carry.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.hpp"
#include "daemon/http/reply.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

// Called on a loop's thread, so it must not block. It may answer at once or hand the reply on. What it throws
// is logged as our bug; the request is then answered 500 unless the reply was moved elsewhere.
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

struct HttpRoute {
  std::string name;     // in the metrics: of a small closed set
  std::string methods;  // as in Allow: "GET, HEAD"
  // "/hooks/{owner}/{id}": a name in braces stands for one segment that is not empty; a "*" at the end for
  // whatever follows, also nothing. HttpRequest::parts has what they stood for, in order. Of two that match
  // the first counts.
  std::string pattern;
  std::size_t max_body_bytes;  // more is 413, seen before it is read; never more than HttpOptions allow
  HttpHandler handler;
};

class HttpRoutes {
 public:
  // What no route is for is answered 404, another method of a path that has some 405 with Allow.
  explicit HttpRoutes(std::vector<HttpRoute> routes);
  // One handler for everything, whatever the method.
  explicit HttpRoutes(HttpHandler handler);

  // A route, the time of its answers, and those that failed.
  struct Entry {
    Entry(HttpRoute its_route, MetricSet& metrics);
    HttpRoute route;
    Histogram answer_seconds;
    Counter failures;
  };
  struct Match {
    Entry* entry = nullptr;  // null: the request is to be answered with `refusal`
    std::vector<std::string> parts;
    HttpResponse refusal;
  };
  Match find(std::string_view method, std::string_view path) const;

  const MetricSet& metrics() const { return *metrics_; }

 private:
  std::unique_ptr<MetricSet> metrics_ = std::make_unique<MetricSet>();
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace smscrm
