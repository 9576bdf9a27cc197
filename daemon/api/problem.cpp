#include "daemon/api/problem.hpp"

#include "core/segment/rule_error.hpp"
#include "daemon/http/status.hpp"

namespace smscrm {

HttpResponse Problem::answer(const std::string& request_id) const {
  Json body{{"type", "about:blank"},
            {"title", reason_phrase(status_)},
            {"status", status_},
            {"detail", what()},
            {"code", code_}};
  if (!hint_.empty()) body["hint"] = hint_;
  if (!faults_.empty()) {
    body["errors"] = Json::array();
    for (const auto& fault : faults_)
      body["errors"].push_back({{"pointer", fault.pointer}, {"detail", fault.detail}});
  }
  body["request_id"] = request_id;
  HttpResponse response{status_, "application/problem+json", dump(body) + "\n", headers_};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Problem problem_of(const std::exception& failure) {
  if (const auto* problem = dynamic_cast<const Problem*>(&failure)) return *problem;
  const auto* error = dynamic_cast<const Error*>(&failure);
  if (error == nullptr || error->code() == Errc::internal)
    return {500, "internal", "something went wrong here; the log has it under the id of the request"};
  if (error->code() == Errc::unavailable) {
    Problem problem{503, "unavailable", "the database is away", "try again"};
    return std::move(problem).with_header("Retry-After", "2");
  }
  // Of a rule the place, too: it may be long.
  if (const auto* wrong = dynamic_cast<const RuleError*>(error))
    return {422, wrong->rule_code(), fmt::format("column {}: {}", wrong->place().column, wrong->what()),
            wrong->hint()};
  // A value that does not do is 422 in the API: what could not be read at all is 400.
  const int status = error->code() == Errc::invalid ? 422 : http_status(error->code());
  return {status, std::string{to_string(error->code())}, error->what(), error->hint()};
}

}  // namespace smscrm
