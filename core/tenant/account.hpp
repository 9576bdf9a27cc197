// The account of a tenant at its provider. One account is one lane of sending (core/lane/lane.hpp).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/db/each_row.hpp"
#include "core/net/crypto.hpp"
#include "core/provider/provider.hpp"

namespace smscrm {

struct Account {
  TenantId tenant;
  AccountId id;
  std::string provider;                     // "twilio"
  std::string sid;                          // AC…
  std::string auth_token;                   // signs webhooks, and sends when there is no API key
  std::vector<std::string> webhook_tokens;  // every token that a webhook may be signed with, newest first
  std::optional<Timestamp> previous_token_until;  // when the one before ends; nullopt: there is none
  std::string api_key_sid, api_key_secret;        // SK… and its secret; both empty: none
  std::string messaging_service;                  // MG…; empty: none
  double rate;                                    // parts per second, all senders together
  int max_in_flight;                              // concurrent requests
  double part_price;                              // for estimates
  std::string currency;                           // ISO 4217
  std::optional<Timestamp> paused_at;             // when a configuration error stopped the lane
  std::optional<int> pause_code;                  // the provider's
  std::string pause_reason;
};

// With its secrets opened; nullopt when the tenant has none. Throws Error{usage} when the secrets were sealed
// with another key.
std::optional<Account> find_account(Tx& tx, const SecretKey& key, TenantId tenant);

// Every account, by tenant. One that cannot be read, being sealed with another key for example, is left out
// (core/db/each_row.hpp); `left_out` hears of it.
std::map<TenantId, Account> list_accounts(Tx& tx, const SecretKey& key, LeftOut* left_out = nullptr);

// As find_account; throws Error{not_found} with the command that sets it.
Account get_account(Tx& tx, const SecretKey& key, TenantId tenant);

// How requests for it are made: with the API key when there is one, else with the token.
ProviderAccess access_of(const Account& account, const Config::Twilio& settings);

// What is to be different; nullopt leaves a value alone. An empty messaging service or API key removes it.
struct AccountChange {
  std::optional<std::string> sid, auth_token;  // both needed the first time
  std::optional<std::string> api_key_sid, api_key_secret;
  std::optional<std::string> messaging_service;
  std::optional<double> rate, part_price;
  std::optional<int> max_in_flight;
  std::optional<std::string> currency;
  bool revoke_previous_token = false;
};

// How long the token before a new one still signs webhooks: Twilio needs a moment, and a leaked one must not
// stay good.
inline constexpr std::chrono::hours previous_token_life{72};

// Sets the account up or changes it, seals its secrets and lets a paused lane go on.
// A new token keeps the old one for webhooks, since Twilio signs with the old one until the new is promoted.
// The old one ends by itself after previous_token_life; setting the new one again, or revoke_previous_token,
// ends it at once. Another SID is another account, which knows nothing of what left through this one: what is
// unknown is held for somebody to decide (core/sending/message_resolve.hpp), and Error{conflict} says that
// requests are under way. Throws Error{invalid} for a value of the wrong shape, and when SID or token are
// missing the first time.
Account set_account(Tx& tx, const SecretKey& key, TenantId tenant, const AccountChange& change, Timestamp at);

}  // namespace smscrm
