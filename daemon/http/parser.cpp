#include "daemon/http/parser.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace smscrm {

namespace net = boost::asio;
namespace http = boost::beast::http;

namespace {

int status_of(const boost::beast::error_code& ec, bool has_request_line) {
  if (ec == http::error::header_limit) return has_request_line ? 431 : 414;
  if (ec == http::error::body_limit) return 413;
  if (ec == http::error::bad_version) return 505;
  return 400;
}

// RFC 9112 5.2: a field may not go on in a line that begins with a blank; Beast joins them, others do not.
// Fields are taken whole, so a fold never lies between two calls.
bool has_folded_line(std::string_view lines) {
  return lines.find("\r\n ") != std::string_view::npos || lines.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

HttpParser::HttpParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes));
  body_limit(max_body_bytes);
}

HttpParser::Step HttpParser::feed(std::string_view data) {
  started_ = true;
  return is_header_done() ? feed_body(data) : feed_head(data);
}

HttpParser::Step HttpParser::fail(int status, std::size_t taken) {
  failure_ = status;
  return {Status::failed, taken};
}

HttpParser::Step HttpParser::feed_head(std::string_view data) {
  // An eager parser would go on into the body before its announced length was held against the limit.
  eager(false);
  error_code ec;
  const auto taken = put(net::const_buffer(data.data(), data.size()), ec);
  header_bytes_ += taken;
  const bool has_request_line = !request_.method.empty();
  if (ec && ec != http::error::need_more)
    return fail(failure_ ? failure_ : status_of(ec, has_request_line), taken);
  folded_ = folded_ || has_folded_line(data.substr(0, taken));
  const auto so_far = header_bytes_ + (is_header_done() ? 0 : data.size() - taken);
  if (so_far > max_header_bytes_) return fail(has_request_line ? 431 : 414, taken);
  if (!is_header_done()) return {Status::need_more, taken};
  if (const int refusal = check_head()) return fail(refusal, taken);
  return {is_done() ? Status::done : Status::head, taken};
}

HttpParser::Step HttpParser::feed_body(std::string_view data) {
  // Beast 1.74 asserts five bytes when it comes back to a last chunk; a chunked body never has fewer left.
  if (chunked() && data.size() < 5) return {Status::need_more, 0};
  eager(true);
  error_code ec;
  const auto taken = put(net::const_buffer(data.data(), data.size()), ec);
  if (ec && ec != http::error::need_more) return fail(status_of(ec, true), taken);
  if (is_done()) return {Status::done, taken};
  // Only a chunk's extensions or the trailers may stay unused, and they have no other limit.
  if (data.size() - taken > max_header_bytes_) return fail(431, taken);
  return {Status::need_more, taken};
}

bool HttpParser::limit_body(std::size_t max_bytes) {
  if (max_bytes < max_body_bytes_) body_limit(max_bytes);  // of chunks, none of which was taken yet
  const auto announced = content_length();
  return !announced || *announced <= max_bytes;
}

bool HttpParser::keep_alive() const { return basic_parser::keep_alive(); }

int HttpParser::check_head() {
  if (folded_) return 400;
  if (!is_known_method(request_.method)) return 501;
  if (hosts_ > 1 || (hosts_ == 0 && version_ == 11)) return 400;
  if (lengths_ > 1 || !plain_length_) return 400;
  if (encodings_ > 0 && (lengths_ > 0 || version_ == 10)) return 400;
  if (encodings_ > 1) return 400;
  if (!plain_chunked_) return 501;
  if (expect_other_) return 417;
  return take_target();
}

int HttpParser::take_target() {
  std::string_view rest = request_.target;
  // RFC 9112 3.2: origin-form, absolute-form, and "*" for OPTIONS.
  const auto scheme = to_lower(rest.substr(0, 8));
  if (scheme.starts_with("http://") || scheme == "https://") {
    const auto path = rest.find_first_of("/?", rest.find("://") + 3);
    rest = path == std::string_view::npos ? "/" : rest.substr(path);
  }
  const auto question = rest.find('?');
  request_.path = rest.substr(0, question);
  if (question != std::string_view::npos) request_.query = rest.substr(question + 1);
  if (request_.path.empty()) request_.path = "/";
  const bool is_star = request_.path == "*" && request_.method == "OPTIONS";
  return request_.path.front() == '/' || is_star ? 0 : 400;
}

void HttpParser::on_request_impl(http::verb, string_view method, string_view target, int version,
                                 error_code&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  version_ = version;
}

void HttpParser::on_field_impl(http::field field, string_view name, string_view value, error_code&) {
  if (is_header_done()) return;  // a trailer
  const std::string_view text{value.data(), value.size()};
  switch (field) {
    case http::field::host:
      ++hosts_;
      break;
    case http::field::content_length:
      ++lengths_;
      plain_length_ = plain_length_ && parse_integer(text).has_value() && text.front() != '+';
      break;
    case http::field::transfer_encoding:
      ++encodings_;
      plain_chunked_ = plain_chunked_ && to_lower(text) == "chunked";
      break;
    case http::field::expect:
      if (version_ == 11) (to_lower(text) == "100-continue" ? expect_continue_ : expect_other_) = true;
      break;
    default:
      break;
  }
  request_.headers.emplace_back(std::string{name.data(), name.size()}, std::string{text});
}

void HttpParser::on_header_impl(error_code&) {}

void HttpParser::on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) {}

std::size_t HttpParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

// RFC 9112 7.1.1 has no control characters in an extension, and some proxy ends the line at one; Beast lets a
// quoted string have any.
void HttpParser::on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& ec) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(extensions.begin(), extensions.end(), is_control)) ec = http::error::bad_chunk_extension;
}

std::size_t HttpParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void HttpParser::on_finish_impl(error_code&) {}

}  // namespace smscrm
