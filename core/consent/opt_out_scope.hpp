// What an opt-out holds for. A scope is
//
//   ""               all that the tenant sends
//   "sender:ADDRESS" what leaves from that sender, a messaging service among them
//   "pool:NAME"      what leaves from the senders that are in that pool now
//
// Tenants choose what a STOP holds for (Tenant::opt_out_scope); a choice changed later changes no opt-out
// that is recorded. Opt-outs in other words than a keyword, those that somebody read
// (core/inbox/opt_out_review.hpp), and those of files hold for the whole tenant always: the law lets a person
// say no by any reasonable means, and does not let us narrow what the words said. Rule: 47
// CFR 64.1200(a)(10).
//
// A sender is covered by an opt-out when that is of the tenant, of the sender, or of its pool.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

std::string sender_scope(std::string_view address);
std::string pool_scope(std::string_view pool);

// The scopes narrower than the tenant that cover a sender; `pool` is empty when it has none.
std::vector<std::string> covering_scopes(const std::string& address, const std::string& pool);

// A tenant's senders as opt-outs see them, removed ones too.
struct OptOutScopes {
  OptOutScope choice = OptOutScope::tenant;
  std::map<std::string, std::string> pools;  // by address; empty: none. The messaging service is one of them

  // What a STOP holds for that was texted to `address`, a number of messaging service `service` (empty: of
  // none). Twilio chooses among a service's numbers, so the service is what can be kept silent; a number that
  // sends by itself, too, is as well. {""} where neither is a sender of ours.
  std::vector<std::string> of_stop(const std::string& address, const std::string& service) const;
  // Those that cover either of them, but "". One that is not known, a messaging service that was just
  // replaced, may have been opted out of as well.
  std::vector<std::string> covering(const std::string& address, const std::string& service) const;
};

// Waits for a sender that is being moved to another pool, and keeps others from moving until the transaction
// ends: what is recorded for a pool is not lost on the way.
OptOutScopes read_opt_out_scopes(Tx& tx, TenantId tenant);

// The condition, in SQL, that number `msisdn` (an expression) has no sender left: scoped opt-outs cover every
// sender in `senders`, a parameter of type bigint[] ("$3"; an empty array: all of the tenant), or, without
// any sender, the account's messaging service. False when there is nothing to send from. $1 is the tenant.
// Asked of every row of a statement it is evaluated as one hash table, however many there are; asked once,
// of a number that is a parameter, it reads the opt-outs of that number alone.
enum class Asked { of_every_row, once };
std::string no_sender_left(const std::string& msisdn, const std::string& senders, Asked asked);

// The scope that an operator names: by the address of a sender, by a pool, or, both empty, "". Waits for a
// move and keeps others from moving, as read_opt_out_scopes does. Throws Error{not_found} when no sender,
// removed ones counted, has that address or is in that pool.
std::string find_scope(Tx& tx, TenantId tenant, const std::string& sender, const std::string& pool);

// "everything", "sender +15005550006", "pool east".
std::string describe_scope(const std::string& scope);

}  // namespace smscrm
