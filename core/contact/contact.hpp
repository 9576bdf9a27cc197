// Contacts: the people of a tenant, one for each number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/consent/consent.hpp"
#include "core/db/listing.hpp"

namespace smscrm {

struct NewContact {
  std::string msisdn;  // E.164
  std::string first_name, last_name, email;
  std::string timezone;  // IANA; empty: as the number's digits tell
  std::string country;   // ISO 3166-1 alpha-2; empty: not known
  std::string region;    // ISO 3166-2, "US-FL": where it is known better than by the number; empty: it is not
  std::string external_id;  // what another system calls the person
  std::map<std::string, std::string> attributes;
  std::vector<std::string> tags;  // as normalize_tags gives them
};

struct Contact : NewContact {
  ContactId id;
  Timestamp created_at, updated_at;
};

// What a tag is kept as: trimmed, in lower case (ASCII). nullopt for what is none: empty, longer than 64
// bytes, with one of , ; | which separate tags, with control characters, or not UTF-8.
std::optional<std::string> normalize_tag(std::string_view tag);

// Trimmed, in lower case (ASCII), sorted, each once. Throws Error{invalid} for one that is none.
std::vector<std::string> normalize_tags(const std::vector<std::string>& tags);

// Whether it can be an email address, by its form alone.
bool is_email(std::string_view text);

// Throws Error{conflict} when the number is known, Error{invalid} for a bad zone, country or tag.
Contact add_contact(Tx& tx, TenantId tenant, const NewContact& contact);

// The opt-in of a contact that was just added. Throws Error{refused} when the number has opted out: adding
// somebody again revives nothing; an opt-in by itself may.
void record_consent_of_added(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& source,
                             Timestamp at);

std::optional<Contact> find_contact(Tx& tx, TenantId tenant, const std::string& msisdn);

// The number of a contact. Throws Error{not_found}.
std::string get_contact_number(Tx& tx, TenantId tenant, ContactId id);

// What is to be different; nullopt leaves a field alone.
struct ContactChange {
  std::optional<std::string> first_name, last_name, email, timezone, country, region, external_id;
  std::map<std::string, std::string> attributes;  // set these
  std::vector<std::string> forget_attributes;     // and remove these
};

// Throws Error{not_found}, and Error{invalid} as add_contact.
Contact update_contact(Tx& tx, TenantId tenant, const std::string& msisdn, const ContactChange& change,
                       Timestamp at);

// Removes the contact and its places on lists. Its consent, its do-not-contact entry and its messages are
// kept, for they are proofs; those that wait are skipped when their turn comes (core/gate/deleted.cpp). Waits
// for open claims, which may have read it. Throws Error{not_found}.
void delete_contact(Tx& tx, TenantId tenant, const std::string& msisdn);

// Everything about one person, in one query.
struct ContactView {
  Contact contact;
  std::vector<std::string> lists;  // slugs
  ConsentStatus consent;
  std::int64_t messages = 0;         // ever written for the contact, skipped ones too
  std::int64_t recent_messages = 0;  // of the last 30 days
  std::optional<Timestamp> last_inbound_at;
  std::string last_inbound;  // its text
};

// Throws Error{not_found}.
ContactView get_contact_view(Tx& tx, TenantId tenant, const std::string& msisdn);

// Empty members do not restrict.
// A condition on contacts c from elsewhere: what is joined, at most one row a contact, and what must hold.
// Its parameters are put behind those that are there, of which $1 is the tenant.
struct ContactCondition {
  std::string joins, where;
};

struct ContactFilter {
  std::string tag;
  std::optional<ListId> list;
  std::string search;  // part of a name, email, external id or number, in any case
  std::function<ContactCondition(std::vector<Param>&)> condition = {};
};

// By id, after `after`; begin with ContactId{0}.
Listing<Contact> list_contacts(TenantId tenant, const ContactFilter& filter, ContactId after);

// Whose tags are to change: these numbers, or all that the filter lets through.
struct ContactSelection {
  std::optional<std::vector<std::string>> msisdns;
  ContactFilter filter;
};

struct Tagged {
  std::int64_t matched = 0;
  std::int64_t changed = 0;
  std::vector<std::string> unknown;  // of `msisdns`, those that are no contact
};

// Takes `remove` away and puts `add` on, in one statement however many contacts there are.
Tagged tag_contacts(Tx& tx, TenantId tenant, const ContactSelection& selection,
                    const std::vector<std::string>& add, const std::vector<std::string>& remove,
                    Timestamp at);

}  // namespace smscrm
