// Another number for a contact, and two contacts that are one person.
//
// Consent goes by number. Whoever said no with one number said it as a person: opt-outs, and entries of the
// do-not-contact list, go along to the number that stays. A yes does not: it was given for the other number.
// Messages stay with the number that they went to; those that wait for one that its contact has no more are
// skipped (core/gate/renumbered.cpp).
#pragma once

#include "core/contact/contact.hpp"

namespace smscrm {

// Whether any no went along.
struct Renumbered {
  Contact contact;
  bool carried = false;
};

// Waits for open claims, which may have read the contact. Throws Error{not_found}; Error{conflict} when `to`
// is another contact's number, or a text of the contact that may be an opt-out waits for somebody to read it.
Renumbered change_number(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& to,
                         Timestamp at);

// The contact with `msisdn` is the person with `into`, who gets its lists, tags, and those fields and
// attributes that it lacks; the first one is deleted. Throws Error{not_found}, and Error{invalid} when both
// are the same.
Renumbered merge_contacts(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& into,
                          Timestamp at);

}  // namespace smscrm
