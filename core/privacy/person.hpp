// All that a tenant holds about one person, for the person: GDPR Art. 15 (access) and 20 (portability), CCPA
// 1798.110. It is found by the number and by the contact, so that it is whole without a contact, too.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// {"schema": 1, "phone", "tenant", "at", …} and a member for each part. Keys may be added and are never
// renamed.
inline constexpr int person_schema = 1;

// A part is null or an object (contact, do_not_contact), or an array of objects: empty where nothing is held.
struct PersonPart {
  std::string_view key;    // in the JSON
  std::string_view title;  // for people
  std::string_view about;  // a sentence: what it is, and why it is held
};

// In the order in which they are told.
std::span<const PersonPart> person_parts();

// Of one moment where the transaction is (use_one_snapshot). It goes through all of the tenant's messages,
// clicks and events of webhooks, for no index has what is asked for once a person. `msisdn`: a key
// (core/phone/address.hpp). Throws Error{not_found} when nothing is held under it.
Json collect_person(Tx& tx, const Tenant& tenant, const std::string& msisdn, Timestamp at);

// Notes in the audit that it leaves: to be committed before it does.
void record_person_export(Tx& tx, TenantId tenant, const std::string& msisdn, Timestamp at);

// One HTML page of it that needs nothing else, for reading and for print.
std::string person_page(const Json& person);

// A ZIP archive (APPNOTE 6.3) of person.json and person.html.
std::string person_zip(const Json& person, Timestamp at);

}  // namespace smscrm
