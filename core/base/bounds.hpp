// How much anybody may set: beyond these bounds nothing was ever meant, and what computes with it overflows.
// The database has the same ones (migrations/0037_bounds.sql), for what does not come through a door of ours.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smscrm {

// Ten years.
inline constexpr std::chrono::hours longest_duration{24 * 3650};

inline constexpr double least_rate = 0.001;  // parts per second: 86 a day
inline constexpr double most_rate = 1'000'000;
inline constexpr int most_in_flight = 10'000;  // requests of one account
inline constexpr double most_part_price = 1'000'000;
inline constexpr std::int64_t most_daily_parts = 1'000'000'000'000;

// Characters.
inline constexpr std::size_t longest_name = 200;  // of a tenant, a list, a link; of a key that a script gives
inline constexpr std::size_t longest_reason =
    1'000;  // why somebody is not texted, where a consent comes from
inline constexpr std::size_t longest_body =
    10'000;  // of a template: its fields and links are longer than what is sent
inline constexpr std::size_t longest_answer = 1'600;   // what Twilio takes for one message (its error 21617)
inline constexpr std::size_t longest_address = 2'048;  // a URL

// How many of a kind one tenant may have.
inline constexpr std::int64_t most_webhooks = 20;
inline constexpr std::int64_t most_lists = 10'000;
inline constexpr std::int64_t most_manual_links = 100'000;  // those of campaigns are few a campaign

// Throws Error{invalid} unless least_rate <= rate <= most_rate. `noun`: "a sender's rate".
void check_rate(double rate, std::string_view noun);

// Throws Error{invalid} when `text` has more than `most` characters (of UTF-8), or NUL among them.
void check_length(std::string_view text, std::size_t most, std::string_view noun);

// Throws Error{refused} when there are `most` already. `nouns`: "endpoints".
void check_room(std::int64_t there, std::int64_t most, std::string_view nouns);

}  // namespace smscrm
