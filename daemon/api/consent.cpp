// /consent and /dnc: who may be texted. Numbers are asked about by POST: what is personal stands in no
// address.
#include "core/consent/consent_json.hpp"
#include "core/consent/dnc.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/phone/address.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

std::string key_of(const ApiCall& call, const char* name) {
  return get_address_key(call.in_body(name), call.tenant.country);
}

std::vector<std::string> keys_of(const ApiCall& call) {
  std::vector<std::string> keys;
  for (const auto& phone : call.body["phones"])
    keys.push_back(get_address_key(phone.get<std::string>(), call.tenant.country));
  return keys;
}

ApiAnswer check(ApiCall& call) {
  const auto key = key_of(call, "phone");
  return {to_json(get_consent_status(call.tx, call.tenant.id, key), key)};
}

ApiAnswer history(ApiCall& call) {
  const auto key = key_of(call, "phone");
  std::optional<Timestamp> as_of;
  if (const auto given = call.given("as_of")) as_of = parse_rfc3339(*given);
  Json data = Json::array();
  for (const auto& event : list_consent_events(call.tx, call.tenant.id, key, as_of))
    data.push_back(to_json(event, key));
  return {{{"data", data}}};
}

ApiAnswer record(ApiCall& call) {
  const auto key = key_of(call, "phone");
  const bool in = call.in_body("action") == "opt_in";
  auto occurred = call.at;
  // A yes that is said again later would undo a no that came between: when it was said is part of it.
  if (const auto given = call.given("occurred_at"))
    occurred = parse_rfc3339(*given);
  else if (in)
    throw Error(Errc::invalid, "an opt-in needs occurred_at: when the person agreed");
  if (occurred > call.at) throw Error(Errc::invalid, "occurred_at lies in the future");
  if (in) call.refuse_erased(key);
  record_consent(
      call.tx, call.tenant.id,
      {{.msisdn = key,
        .action = in ? ConsentAction::opt_in : ConsentAction::opt_out,
        .method = ConsentMethod::operator_,
        .source = call.in_body("source"),
        .occurred_at = occurred,
        .scope = find_scope(call.tx, call.tenant.id, call.in_body("sender"), call.in_body("pool"))}});
  return {to_json(get_consent_status(call.tx, call.tenant.id, key), key), 201};
}

ApiAnswer list_entries(ApiCall& call) {
  return answer_page(
      call, list_dnc(call.tenant.id, cursor_of(call).value_or("")),
      [](const DncEntry& entry) { return to_json(entry); },
      [](const DncEntry& entry) { return entry.msisdn; });
}

ApiAnswer add_entries(ApiCall& call) {
  return {{{"added", add_dnc(call.tx, call.tenant.id, keys_of(call), call.in_body("reason"), call.at)}}, 201};
}

ApiAnswer remove_entries(ApiCall& call) {
  return {{{"removed", remove_dnc(call.tx, call.tenant.id, keys_of(call))}}};
}

}  // namespace

std::vector<ApiRoute> consent_routes() {
  const auto phone =
      text("phone", "A number, or another address that people write from.").required().up_to(200);
  const auto phones = texts("phones", "Numbers.").required().up_to(10'000);
  return {
      {"POST",
       "/consent/check",
       "consent:read",
       "Whether a number may be texted, and why.",
       {},
       {phone},
       check},
      {"POST",
       "/consent/history",
       "consent:read",
       "The ledger of a number, oldest first.",
       {},
       {phone, text("as_of", "RFC 3339: as it was known then.").up_to(40)},
       history},
      {.method = "POST",
       .path = "/consent",
       .scope = "consent:write",
       .summary = "Record an opt-in or an opt-out.",
       .query = {},
       .body = {phone, text("action", "Which.").required().one_of({"opt_in", "opt_out"}),
                text("source", "The proof in words: where and how it was said.").required(),
                text("occurred_at", "RFC 3339: when; of an opt-in needed, of an opt-out now without it.")
                    .up_to(40),
                text("sender", "Of this sender alone.").up_to(50),
                text("pool", "Of this pool alone.").up_to(100)},
       .answer = record,
       .takes_key = true,
       .needs_key = true},
      {"GET", "/dnc", "consent:read", "List the numbers never to text.", page_fields(), {}, list_entries},
      {.method = "POST",
       .path = "/dnc",
       .scope = "consent:write",
       .summary = "Put numbers on the do-not-contact list.",
       .query = {},
       .body = {phones, text("reason", "Why.")},
       .answer = add_entries,
       .takes_key = true},
      {"POST",
       "/dnc/remove",
       "consent:write",
       "Take numbers off the do-not-contact list.",
       {},
       {phones},
       remove_entries},
  };
}

}  // namespace smscrm
