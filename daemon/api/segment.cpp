// /segments: rules with a name, and what they hold.
#include "core/segment/segment.hpp"

#include "core/segment/preview.hpp"
#include "core/segment/segment_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

Segment segment_of(ApiCall& call) { return get_segment(call.tx, call.tenant.id, call.parts.at(0)); }

ApiAnswer all(ApiCall& call) {
  return answer_page(
      call, list_segments(call.tx, call.tenant.id), [](const Segment& one) { return to_json(one); },
      [](const Segment& one) { return one.slug; });
}

ApiAnswer create(ApiCall& call) {
  const auto added =
      add_segment(call.tx, call.tenant,
                  {call.in_body("segment"), call.in_body("rule"), call.in_body("description")}, call.at);
  return {to_json(added), 201, "/segments/" + added.slug};
}

ApiAnswer show(ApiCall& call) {
  const auto segment = segment_of(call);
  auto body = to_json(segment);
  body["used_by"] = users_of_segment(call.tx, call.tenant.id, segment.slug);
  return {std::move(body)};
}

ApiAnswer update(ApiCall& call) {
  const SegmentChange change{call.given("segment"), call.given("rule"), call.given("description")};
  return {to_json(update_segment(call.tx, call.tenant, segment_of(call), change, call.at))};
}

ApiAnswer remove_one(ApiCall& call) {
  delete_segment(call.tx, call.tenant.id, segment_of(call));
  return {{}, 204};
}

// A rule, or the name of a segment.
SegmentRule wanted_rule(ApiCall& call) {
  return get_wanted_rule(call.tx, call.tenant.id, call.in_body("rule")).rule;
}

ApiAnswer preview(ApiCall& call) {
  call.needs("contacts:read");
  return {to_json(
      preview_rule(call.tx, call.tenant.id, wanted_rule(call), RuleClock{call.at, call.tenant.timezone}))};
}

ApiAnswer explain_wanted(ApiCall& call) {
  return {to_json(
      explain_rule(call.tx, call.tenant.id, wanted_rule(call), RuleClock{call.at, call.tenant.timezone}))};
}

}  // namespace

std::vector<ApiRoute> segment_routes() {
  const auto rule = text("rule", "Such as \"tag:vip and last_click < 30d\".").up_to(16'384);
  const auto wanted = text("rule", "A rule, or the slug of a segment.").required().up_to(16'384);
  const auto description = text("description", "What people read.").up_to(200);
  return {
      {"GET", "/segments", "segments:read", "List segments, by slug.", page_fields(), {}, all},
      {.method = "POST",
       .path = "/segments",
       .scope = "segments:write",
       .summary = "Save a rule as a segment.",
       .query = {},
       .body = {text("segment", "Its slug.").required().up_to(100), rule.required(), description},
       .answer = create,
       .takes_key = true},
      {.method = "POST",
       .path = "/segments/preview",
       .scope = "segments:read",
       .summary = "Whom a rule or a segment holds now: how many, and the first ten.",
       .query = {},
       .body = {wanted},
       .answer = preview,
       .is_long = true},
      {.method = "POST",
       .path = "/segments/explain",
       .scope = "segments:read",
       .summary = "How a rule is read, what is absent, and what it costs.",
       .query = {},
       .body = {wanted},
       .answer = explain_wanted,
       .is_long = true},
      {"GET", "/segments/{segment}", "segments:read", "One segment, and what uses it.", {}, {}, show},
      {.method = "PATCH",
       .path = "/segments/{segment}",
       .scope = "segments:write",
       .summary = "Change a segment. Whatever uses it follows.",
       .query = {},
       .body = {text("segment", "Another slug.").up_to(100), rule, description},
       .answer = update,
       .needs_match = true},
      {.method = "DELETE",
       .path = "/segments/{segment}",
       .scope = "segments:write",
       .summary = "Delete a segment that nothing uses. Its contacts stay.",
       .query = {},
       .body = {},
       .answer = remove_one,
       .needs_match = true},
  };
}

}  // namespace smscrm
