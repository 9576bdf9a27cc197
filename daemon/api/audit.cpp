// /audit: who changed what, and the proof that nobody changed that.
#include "core/access/audit.hpp"

#include "core/access/access_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

ApiAnswer list_entries(ApiCall& call) {
  AuditFilter filter{call.in_query("doer"), call.in_query("action"), call.in_query("object")};
  if (const auto since = call.in_query("since"); !since.empty()) filter.since = parse_rfc3339(since);
  if (const auto until = call.in_query("until"); !until.empty()) filter.until = parse_rfc3339(until);
  if (const auto before = id_cursor_of(call)) filter.before = AuditEventId{*before};
  return answer_page(
      call, list_audit(call.tenant.id, filter), [](const AuditEvent& one) { return to_json(one); },
      [](const AuditEvent& one) { return fmt::format("{}", one.id.value); });
}

ApiAnswer show_checkpoint(ApiCall& call) {
  const auto found = find_checkpoint(call.tx, call.tenant.id);
  if (!found) throw Error(Errc::not_found, "nothing of the audit is sealed yet");
  return {to_json(*found)};
}

ApiAnswer verify_entries(ApiCall& call) {
  return {to_json(verify_audit(call.tx, call.tenant.id, call.environment.secret, std::nullopt))};
}

}  // namespace

std::vector<ApiRoute> audit_routes() {
  return {
      {"GET",
       "/audit",
       "audit:read",
       "List changes, the newest first: who did what, by which way.",
       page_fields(
           {text("doer", "Only by them: \"user 3\", \"API key 7\".").up_to(200),
            text("action", "As \"campaign.update\", or \"campaign\" for all of that kind.").up_to(100),
            text("object", "Only of the thing with this id.").up_to(100),
            text("since", "Only since then, RFC 3339.").up_to(40),
            text("until", "Only before then, RFC 3339.").up_to(40)}),
       {},
       list_entries},
      {"GET",
       "/audit/checkpoint",
       "audit:read",
       "The signed head of the audit, to be kept elsewhere.",
       {},
       {},
       show_checkpoint},
      {.method = "GET",
       .path = "/audit/proof",
       .scope = "audit:read",
       .summary = "Read the whole audit and prove that nothing in it was changed.",
       .query = {},
       .body = {},
       .answer = verify_entries,
       .is_long = true},
      {"GET",
       "/audit/{entry}",
       "audit:read",
       "One change, with what was before and after.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer {
         return {to_json(get_audit_event(call.tx, call.tenant.id, AuditEventId{call.id(0)}))};
       }},
  };
}

}  // namespace smscrm
