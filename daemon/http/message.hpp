// What passes between the HTTP server and those who answer: one request, one response.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smscrm {

class HttpStream;

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // "GET", "POST", …: one of those that is_known_method names
  std::string target;   // as sent: "/r/abc?x=1", seldom "http://host/r/abc"
  std::string path;     // of the target, still percent-encoded: "/r/abc"; "*" for OPTIONS *
  std::string query;    // after "?", still encoded: "x=1"
  HttpHeaders headers;  // in order, names as sent; trailers are dropped
  std::string body;     // without the chunked encoding
  std::vector<std::string>
      parts;              // of the path, what the route's pattern leaves open (routes.hpp); still encoded
  std::string remote;     // the client's address for logs: "192.0.2.7", "unix"; see HttpOptions
  unsigned sequence = 0;  // 0 for the first request on its connection

  // The value of the first header of that name, in any case. Valid as long as the request is.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Content-Length, Connection and Date are the server's; a handler must not set them in `headers`.
struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: no such header
  std::string body;          // not sent for HEAD, 204 and 304
  HttpHeaders headers;
  // Instead of a body: what is put in while the response is under way. The connection ends with it, and while
  // the server drains it ends at once; answer_timeout does not count.
  std::shared_ptr<HttpStream> stream = {};
};

bool is_known_method(std::string_view method);

// "Not Found"; "Unknown" for a status that RFC 9110 does not name.
std::string_view reason_phrase(int status);

// The response up to the empty line, for HTTP/1.1; keep_alive is not for a stream. `date` as in RFC
// 9110 5.6.7. Throws Error{internal} when a header holds a control character: nobody may smuggle a header in
// by its value.
std::string format_head(const HttpResponse& response, std::string_view date, bool keep_alive);

}  // namespace smscrm
