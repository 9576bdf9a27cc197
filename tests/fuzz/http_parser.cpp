// daemon/http/parser: the same requests however the bytes are cut, and none that a strict reader of RFC 9112
// would cut elsewhere. Input: the bytes of a connection.
#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/text.hpp"
#include "daemon/http/parser.hpp"
#include "daemon/http/proxy.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

constexpr std::size_t max_head = 1024, max_body = 2048;

struct Taken {
  HttpRequest request;
  bool keep_alive;
  std::string_view raw;  // all its bytes
};

struct Reading {
  std::vector<Taken> requests;
  int failure = 0;  // 0: the input ended first
};

// What a connection does with its input, but for the answers.
Reading read(const std::vector<std::string_view>& pieces) {
  Reading reading;
  std::optional<HttpParser> parser;
  std::string_view unread, request;  // both end where what was received ends
  for (const auto piece : pieces) {
    unread = {unread.empty() ? piece.data() : unread.data(), unread.size() + piece.size()};
    while (!unread.empty()) {
      if (!parser) {
        while (unread.starts_with("\r\n")) unread.remove_prefix(2);
        if (unread.empty() || unread == "\r") break;
        parser.emplace(max_head, max_body);
        request = unread;
      }
      const auto step = parser->feed(unread);
      promise(step.taken <= unread.size(), "no more is taken than there is");
      unread.remove_prefix(step.taken);
      if (step.status == HttpParser::Status::failed) {
        reading.failure = parser->failure();
        promise(reading.failure >= 400 && reading.failure < 600, "a failure has a status");
        return reading;
      }
      if (step.status == HttpParser::Status::need_more) break;
      if (step.status == HttpParser::Status::head) continue;
      const auto size = static_cast<std::size_t>(unread.data() - request.data());
      reading.requests.push_back({parser->request(), parser->keep_alive(), {request.data(), size}});
      parser.reset();
    }
  }
  return reading;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

// A line up to its CRLF; promises that there is one, and no control character but tabs before it.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  promise(end != std::string_view::npos, "every line ends in CRLF");
  const auto line = rest.substr(0, end);
  promise(
      std::none_of(line.begin(), line.end(),
                   [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }),
      "no line holds a control character");
  rest.remove_prefix(end + 2);
  return line;
}

// RFC 9112 7.1, with nothing forgiven.
std::string take_chunks(std::string_view& rest) {
  std::string body;
  for (;;) {
    const auto line = take_line(rest);
    const auto size = line.substr(0, line.find_first_of("; \t"));
    promise(!size.empty() && size.size() <= 16 &&
                size.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos,
            "the size of a chunk is hexadecimal digits");
    const auto count = std::stoull(std::string{size}, nullptr, 16);
    promise(count <= rest.size(), "a chunk is whole");
    body += rest.substr(0, count);
    rest.remove_prefix(count);
    if (count == 0) break;
    promise(take_line(rest).empty(), "a chunk ends where its size says");
  }
  while (!take_line(rest).empty()) {
  }
  return body;
}

void check_framing(const Taken& taken) {
  const auto& request = taken.request;
  auto rest = taken.raw;
  const auto request_line = take_line(rest);
  promise(request_line == request.method + " " + request.target + " HTTP/1.1" ||
              request_line == request.method + " " + request.target + " HTTP/1.0",
          "the request line has three words");
  int hosts = 0, lengths = 0, encodings = 0;
  std::string length;
  std::size_t fields = 0;
  for (auto line = take_line(rest); !line.empty(); line = take_line(rest), ++fields) {
    const auto colon = line.find(':');
    promise(colon != std::string_view::npos && is_token(line.substr(0, colon)),
            "a field has a name and a colon");
    const auto name = to_lower(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (name == "host") ++hosts;
    if (name == "transfer-encoding") {
      ++encodings;
      promise(to_lower(value) == "chunked", "the only coding is chunked");
    }
    if (name != "content-length") continue;
    ++lengths;
    length = value;
    promise(!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos,
            "a length is digits");
  }
  promise(fields <= request.headers.size(), "no field is lost");
  promise(hosts == 1 || (hosts == 0 && request_line.ends_with("0")), "there is one host");
  promise(lengths + encodings <= 1, "a body has one length");
  if (encodings > 0)
    promise(take_chunks(rest) == request.body, "the chunks are the body");
  else
    promise(rest == request.body && (length.empty() ? rest.empty() : std::stoull(length) == rest.size()),
            "the body has the length that was announced");
  promise(rest.empty() || encodings == 0, "nothing is left of the request");
  promise(taken.raw.size() <= 64 * 1024 && request.body.size() <= max_body, "limits hold");
  promise(!request.path.empty() && (request.path[0] == '/' || request.path == "*"), "there is a path");
}

void check_client(const HttpRequest& request) {
  static const TrustedProxies proxies{{"10.0.0.0/8", "fd00::/8", "unix"}};
  for (const auto& [name, value] : request.headers) {
    const auto client = proxies.client("10.1.2.3", value);
    promise(client == "10.1.2.3" || client.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos,
            "a client is an address");
    promise(proxies.client("192.0.2.1", value) == "192.0.2.1", "only proxies are believed");
  }
}

auto as_tuple(const Taken& taken) {
  const auto& r = taken.request;
  return std::tie(r.method, r.target, r.path, r.query, r.headers, r.body, taken.keep_alive, taken.raw);
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto whole = read({input});
  Dice dice{input};
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  for (const auto& pieces : {cut(input, dice), bytes}) {
    const auto other = read(pieces);
    promise(
        std::equal(whole.requests.begin(), whole.requests.end(), other.requests.begin(), other.requests.end(),
                   [](const Taken& a, const Taken& b) { return as_tuple(a) == as_tuple(b); }),
        "requests do not depend on the pieces");
    // What is malformed is refused at once, or only when more of the head has come.
    promise(other.failure == whole.failure || whole.failure == 0 || other.failure == 0,
            "refusals do not depend on the pieces");
  }
  for (const auto& taken : whole.requests) {
    check_framing(taken);
    check_client(taken.request);
  }
}

}  // namespace smscrm::fuzz
