// Users: people who may come in, and their roles in tenants. This module alone writes app_user, membership
// and recovery_code.
//
// Whatever takes a right away raises the user's epoch, which ends their sessions and links
// (core/access/session.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

struct Membership {
  TenantId tenant;
  std::string slug;
  Role role = Role::viewer;
};

struct User {
  UserId id;
  std::string email;  // lower case
  std::string name;   // empty when unknown
  bool is_operator = false;
  bool has_password = false;
  bool has_totp = false;  // and has confirmed it
  std::int64_t epoch = 0;
  std::optional<Timestamp> disabled_at;
  Timestamp created_at;
  std::vector<Membership> memberships;  // by slug; of living tenants
};

struct NewUser {
  std::string email;
  std::string name;
  bool is_operator = false;
};

// Throws Error{invalid} when it is no address, Error{conflict} when somebody has it.
User add_user(Tx& tx, const NewUser& added, Timestamp at);

// By address, whatever its case, or by id when `name` is all digits.
std::optional<User> find_user(Tx& tx, std::string_view name);
// The same; throws Error{not_found} naming the nearest.
User get_user(Tx& tx, std::string_view name);

// By address. With a tenant: its members.
std::vector<User> list_users(Tx& tx, std::optional<TenantId> tenant);

struct UserChange {
  std::optional<std::string> email = {}, name = {};
  std::optional<bool> is_operator = {}, disabled = {};
};
// Throws as add_user, and Error{conflict} when it would leave a tenant without an owner or the installation
// without an operator who can come in, having had one.
User update_user(Tx& tx, UserId user, const UserChange& change, Timestamp at);

// Gives the user the role in the tenant; another one than they had there ends their sessions. Throws as
// update_user.
void set_role(Tx& tx, TenantId tenant, UserId user, Role role, Timestamp at);
// Takes it away; their API keys of the tenant end with it. False when they had none. Throws as update_user.
bool remove_role(Tx& tx, TenantId tenant, UserId user, Timestamp at);

// What a sign-in is checked against. `password` is a hash of hash_password.
struct Credentials {
  User user;
  std::string password;     // empty: none yet
  std::string totp_secret;  // empty: none
};
// nullopt when nobody has the address. Throws Error{usage} when they were sealed with another key.
std::optional<Credentials> find_credentials(Tx& tx, const SecretKey& key, std::string_view email);

// Keeps the hash; all sessions and links end. With `same`: it is the same password in another hash, and
// nothing ends.
void set_password(Tx& tx, const SecretKey& key, UserId user, const std::string& hash, Timestamp at,
                  bool same = false);

// A new secret that is not asked for until it is confirmed; returns it.
std::string begin_totp(Tx& tx, const SecretKey& key, UserId user, Timestamp at);
// Takes a code once: false when it is wrong, or not later than the last that was taken.
bool use_totp(Tx& tx, const SecretKey& key, UserId user, std::string_view code, Timestamp at);
// Asks for codes from now on, the first being right; returns ten recovery codes, which are shown once. Throws
// Error{invalid} when it is wrong.
std::vector<std::string> confirm_totp(Tx& tx, const SecretKey& key, UserId user, std::string_view code,
                                      Timestamp at);
// Asks for none any more; recovery codes end. Ends sessions and links.
void remove_totp(Tx& tx, UserId user, Timestamp at);
// Takes a recovery code once.
bool use_recovery_code(Tx& tx, UserId user, std::string_view code, Timestamp at);
int count_recovery_codes(Tx& tx, UserId user);  // that are left

// What decides about them; nullopt when there is no such user or they are disabled. fresh_at is for the
// session to set.
std::optional<Principal> find_principal(Tx& tx, UserId user);

}  // namespace smscrm
