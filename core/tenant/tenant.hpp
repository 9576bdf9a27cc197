// Tenants: the businesses whose contacts, campaigns and accounts we keep apart.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"
#include "core/tenant/frequency_cap.hpp"

namespace smscrm {

// Local hours in which no marketing leaves, for example 21:00 to 08:00.
struct QuietHours {
  std::string from;   // "HH:MM"
  std::string until;  // "HH:MM"; before `from` when the night lies between
  bool operator==(const QuietHours&) const = default;
};

// Reads "21:00-08:00"; "off" is nullopt. Throws Error{invalid}.
std::optional<QuietHours> parse_quiet_hours(std::string_view text);

// How sure a rule on hours is (core/hours/law.hpp).
enum class Certainty { low, medium, high };

std::string_view to_string(Certainty certainty);
Certainty parse_certainty(std::string_view word);  // Throws Error{invalid}.

// The least that a rule has to be for a tenant to keep it; "off" is nullopt: it keeps none. Throws
// Error{invalid}.
std::optional<Certainty> parse_law_hours(std::string_view word);

// Whether a contact without an opt-in may be texted.
enum class ConsentMode { recorded, implied };
// What becomes of a message whose outcome is unknown, once its absence is proven.
enum class UnknownPolicy { resend, hold };
// What a STOP holds for: all that the tenant sends, the senders of the pool that it was texted to, or that
// sender alone (core/consent/opt_out_scope.hpp).
enum class OptOutScope { tenant, pool, number };

std::string_view to_string(OptOutScope scope);
OptOutScope parse_opt_out_scope(std::string_view word);  // Throws Error{invalid}.

struct NewTenant {
  std::string slug;
  std::string name;
  std::string timezone;  // IANA
  std::string country;   // ISO 3166-1 alpha-2, upper case: the default region of national numbers
  ConsentMode consent = ConsentMode::recorded;
  std::optional<QuietHours> quiet_hours;
  std::string stop_reply, start_reply, help_reply;  // empty: left to the provider
  UnknownPolicy unknown_policy = UnknownPolicy::resend;
  std::optional<std::int64_t> daily_cap =
      {};                       // parts a day, all senders (core/lane/daily_cap.hpp); nullopt: any
  int undelivered_retries = 2;  // attempts after one that ended undelivered for a reason that may pass; 0…10
  OptOutScope opt_out_scope = OptOutScope::tenant;
  std::string link_url = {};  // what its short links begin with: "https://go.acme.example", in the form of
                              // core/net/url.hpp; empty: http.public_url
  std::optional<Certainty> law_hours = {};         // of rules on hours, those that are as sure; nullopt: none
  std::optional<FrequencyCap> frequency_cap = {};  // of marketing to a number; nullopt: none
  std::optional<std::chrono::seconds> min_gap = {};  // between two of these; nullopt: any
  WhenCapped when_capped = WhenCapped::skip;
  bool hold_reviews = true;  // whoever wrote what may be an opt-out is not texted until somebody has read it
};

struct Tenant : NewTenant {
  TenantId id;
  Timestamp created_at;
  std::vector<std::string> aliases = {};  // earlier slugs, whose webhook addresses still count; sorted

  // Whether its marketing waits for the hours of anybody.
  bool keeps_hours() const { return quiet_hours || law_hours; }
};

// The address that short links of the tenant begin with, given what those of the installation do.
const std::string& link_url_of(const NewTenant& tenant, const std::string& public_url);

// Throws Error{invalid} for a bad slug, name, zone, country or link_url, Error{conflict} when the slug is
// taken, or an alias of another tenant.
Tenant add_tenant(Tx& tx, const NewTenant& tenant);

// By slug, or by id when `name` is all digits; deleted ones are not found.
std::optional<Tenant> find_tenant(Tx& tx, std::string_view name);
// The same; throws Error{not_found} naming the nearest slug, or the tenant that had this one.
Tenant get_tenant(Tx& tx, std::string_view name);

std::vector<Tenant> list_tenants(Tx& tx);  // by slug; one that cannot be read is left out

// Writes every field of `tenant` but its id and its aliases. Another slug makes an alias of the old one, and
// of an alias that is taken back a slug. Messages that are held are looked at again when what they
// are held for changes; wake the senders after the commit. Throws as add_tenant.
void update_tenant(Tx& tx, const Tenant& tenant, Timestamp at);

// Webhooks that come to this earlier slug are refused from now on, and any tenant may take it. Throws
// Error{not_found}.
void delete_alias(Tx& tx, TenantId id, std::string_view slug);

// Frees the slug, its aliases too, and hides the tenant; its ledgers stay. Throws Error{conflict} while a
// campaign is running.
void delete_tenant(Tx& tx, TenantId id, Timestamp at);

}  // namespace smscrm
