// daemon/api/fields: a body and a query of a stranger are read, or refused as their fault, on every route.
#include "core/base/text.hpp"
#include "daemon/api/fields.hpp"
#include "daemon/api/resources.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

void check_value(const Json& value, int depth) {
  promise(depth < 20, "it is not deep");
  if (value.is_string()) promise(is_valid_utf8(value.get<std::string>()), "its texts are texts");
  for (const auto& one : value)
    if (value.is_structured()) check_value(one, depth + 1);
}

}  // namespace

void fuzz_one(std::string_view input) {
  try {
    const auto body = parse_body(input);
    promise(body.is_object(), "a body is an object");
    check_value(body, 0);
    for (const auto& route : api_routes()) try {
        check_body(body, route.body);
        for (const auto& field : route.body)
          promise(!field.is_required || body.contains(field.name), "what is required is there");
      } catch (const Problem& problem) {
        promise(problem.status() == 422, "what can be read and does not do is 422");
      }
  } catch (const Problem& problem) {
    promise(problem.status() == 400, "what cannot be read is 400");
  }
  for (const auto& route : api_routes()) try {
      parse_query(input, route.query);
    } catch (const Problem& problem) {
      promise(problem.status() == 400, "a query that does not do is 400");
    } catch (const Error& error) {
      promise(error.code() == Errc::invalid, "a query of too many pairs is its writer's fault");
    }
}

}  // namespace smscrm::fuzz
