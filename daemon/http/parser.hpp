// One request, from the bytes of a connection. Beast splits the message; what it lets pass and a proxy could
// read in another way is refused here: RFC 9112 3.2 (Host), 6.1 and 6.3 (length), 11.2 (smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>

#include "daemon/http/message.hpp"

namespace smscrm {

class HttpParser : private boost::beast::http::basic_parser<true> {
 public:
  HttpParser(std::size_t max_header_bytes, std::size_t max_body_bytes);

  enum class Status {
    need_more,  // all that could be used was used
    head,       // the head is whole and a body follows; the rest of `data` is to be fed again
    done,       // request() is whole; the rest of `data` is the next request
    failed,     // answer failure() and close
  };
  struct Step {
    Status status;
    std::size_t taken;  // bytes of `data` that are done with
  };
  // `data` begins where the last step stopped and is not empty. Not to be called after done or failed.
  Step feed(std::string_view data);

  // Once the head is whole: no more than that from now on. False when more is announced.
  bool limit_body(std::size_t max_bytes);

  bool started() const { return started_; }                 // fed at least once
  bool wants_continue() const { return expect_continue_; }  // Expect: 100-continue; known once the head is
  bool keep_alive() const;                  // by version and Connection; known once the head is
  int failure() const { return failure_; }  // the status to answer
  HttpRequest& request() { return request_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  Step feed_head(std::string_view data);
  Step feed_body(std::string_view data);
  Step fail(int status, std::size_t taken = 0);
  int check_head();  // 0, or the status to refuse with
  int take_target();

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field field, string_view name, string_view value,
                     error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  std::size_t max_header_bytes_, max_body_bytes_;
  std::size_t header_bytes_ = 0;
  HttpRequest request_;
  int version_ = 11;
  int failure_ = 0;
  int hosts_ = 0;
  int lengths_ = 0;
  int encodings_ = 0;
  bool started_ = false;
  bool plain_length_ = true;   // Content-Length is one number
  bool plain_chunked_ = true;  // Transfer-Encoding is "chunked" and nothing else
  bool folded_ = false;        // a field goes on in the next line
  bool expect_continue_ = false;
  bool expect_other_ = false;
};

}  // namespace smscrm
