// What goes wrong in the API, as its clients read it. Rule: RFC 9457 (problem details).
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "daemon/http/message.hpp"

namespace smscrm {

// A fault of one part of the request.
struct Fault {
  std::string pointer;  // RFC 6901, into the body: "/phone"; of the query "?limit"
  std::string detail;
};

// An answer that is thrown. What is thrown as Error becomes one (problem_of).
class Problem : public std::runtime_error {
 public:
  // `code`: the word of it for programs, the CLI's where it has one. `detail`: a sentence.
  Problem(int status, std::string code, const std::string& detail, std::string hint = {})
      : std::runtime_error(detail), status_(status), code_(std::move(code)), hint_(std::move(hint)) {}

  Problem with_faults(std::vector<Fault> faults) && {
    faults_ = std::move(faults);
    return std::move(*this);
  }
  Problem with_header(std::string name, std::string value) && {
    headers_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  int status() const { return status_; }

  // application/problem+json: {"type", "title", "status", "detail", "code", "hint", "errors", "request_id"}.
  HttpResponse answer(const std::string& request_id) const;

 private:
  int status_;
  std::string code_, hint_;
  std::vector<Fault> faults_;
  HttpHeaders headers_;
};

// Of what is in flight in a catch block: of an Error its code and words; of anything else our fault, whose
// words stay in the log.
Problem problem_of(const std::exception& failure);

}  // namespace smscrm
