// One-time links: how people come in first, or again when they forgot their password. Made by the shell or by
// an administrator and handed over by them, for we send no mail (ASVS 4.0.3, 2.5.1 to 2.5.6).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"

namespace smscrm {

enum class LinkPurpose {
  sign_in,     // come in once without a password: the first user, the demo
  invitation,  // choose a password and come in
  password,    // choose another one
};
std::string_view to_string(LinkPurpose purpose);

// How long each is good for.
std::chrono::seconds life_of(LinkPurpose purpose);

// A token for the user's next step; earlier ones of the same purpose end. What is kept is its digest.
std::string new_one_time_link(Tx& tx, UserId user, LinkPurpose purpose, Timestamp at);

// Where it leads: the token stands behind "#", so that no server and no log ever sees it.
std::string one_time_url(const std::string& public_url, std::string_view token);

struct RedeemedLink {
  UserId user;
  LinkPurpose purpose;
};
// What the token is good for at this moment, without using it up; nullopt when it is unknown, used, too old,
// or its user was disabled or changed since.
std::optional<RedeemedLink> find_one_time_link(Tx& tx, std::string_view token, Timestamp at);
// The same, and used up by it: a second one comes too late.
std::optional<RedeemedLink> redeem_one_time_link(Tx& tx, std::string_view token, Timestamp at);

}  // namespace smscrm
