// /privacy: what is held about one person, told and forgotten. The number stands in no address.
#include "core/phone/address.hpp"
#include "core/privacy/erasure.hpp"
#include "core/privacy/person.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

std::string person_of(const ApiCall& call) {
  return get_address_key(call.in_body("phone"), call.tenant.country);
}

ApiAnswer tell(ApiCall& call) {
  const auto msisdn = person_of(call);
  auto person = collect_person(call.tx, call.tenant, msisdn, call.at);
  record_person_export(call.tx, call.tenant.id, msisdn, call.at);
  return {std::move(person)};
}

ApiAnswer forget(ApiCall& call) {
  const auto erasure = erase_person(call.tx, call.tenant, call.environment.secret, person_of(call),
                                    call.in_body("reason"), call.at);
  return {to_json(erasure), 201, fmt::format("/privacy/erasures/{}", erasure.id.value)};
}

ApiAnswer receipts(ApiCall& call) {
  const auto before = id_cursor_of(call);
  return answer_page(
      call, list_erasures(call.tenant.id, before ? std::optional{ErasureId{*before}} : std::nullopt),
      [](const Erasure& erasure) { return to_json(erasure); },
      [](const Erasure& erasure) { return fmt::format("{}", erasure.id.value); });
}

ApiAnswer receipt(ApiCall& call) {
  return {to_json(get_erasure(call.tx, call.tenant.id, ErasureId{call.id(0)}))};
}

}  // namespace

std::vector<ApiRoute> privacy_routes() {
  const auto phone = text("phone", "The person's number; need not be a contact's.").required();
  return {
      {.method = "POST",
       .path = "/privacy/export",
       .scope = "privacy",
       .summary = "All that is held about one person.",
       .query = {},
       .body = {phone},
       .answer = tell,
       .is_long = true},
      {.method = "POST",
       .path = "/privacy/erase",
       .scope = "privacy",
       .summary = "Erase all that is personal of one person, for good.",
       .query = {},
       .body = {phone, text("reason", "For the receipt: by whom and when it was asked for.").up_to(1'000)},
       .answer = forget,
       .takes_key = true,
       .is_long = true},
      {"GET",
       "/privacy/erasures",
       "privacy",
       "Receipts of erasures, newest first.",
       page_fields(),
       {},
       receipts},
      {"GET", "/privacy/erasures/{erasure}", "privacy", "The receipt of one erasure.", {}, {}, receipt},
  };
}

}  // namespace smscrm
