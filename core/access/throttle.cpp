#include "core/access/throttle.hpp"

#include <algorithm>

#include "core/net/crypto.hpp"
#include "core/net/network.hpp"

namespace smscrm {
namespace {

constexpr int free_failures = 5;
constexpr int most_failures = 100;  // in `window`
constexpr std::chrono::hours window{1};

std::chrono::seconds wait_after(int failures) {
  if (failures < free_failures) return {};
  return std::chrono::seconds{std::min(300, 1 << std::min(failures - free_failures, 9))};
}

// One order for all, so that two attempts never wait for each other.
std::vector<std::string> sorted(std::vector<std::string> subjects) {
  std::sort(subjects.begin(), subjects.end());
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  return subjects;
}

}  // namespace

std::string throttle_address(std::string_view address) {
  auto bytes = address_bytes(address);
  if (bytes.size() == 16) bytes.replace(8, 8, 8, '\0');
  return "address:" + (bytes.empty() ? std::string{address} : format_address(bytes));
}

std::chrono::seconds sign_in_wait(Tx& tx, const std::vector<std::string>& subjects, Timestamp at) {
  for (const auto& subject : sorted(subjects)) {
    // A lock of its own, for the row may not be there yet.
    const auto digest = sha256(subject);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
    exec(tx, "SELECT pg_advisory_xact_lock($1)", static_cast<std::int64_t>(number));
  }
  std::chrono::seconds wait{};
  for (const auto& row :
       exec(tx, "SELECT failures, since, last_at FROM sign_in_failure WHERE subject = ANY($1::text[])",
            sorted(subjects))) {
    const auto since = row["since"].as<Timestamp>(), last = row["last_at"].as<Timestamp>();
    const auto failures = row["failures"].as<int>();
    if (at - since >= window) continue;
    const auto until = failures >= most_failures ? since + window : last + wait_after(failures);
    wait = std::max(wait, std::chrono::ceil<std::chrono::seconds>(until - at));
  }
  return wait;
}

void record_sign_in_failure(Tx& tx, const std::vector<std::string>& subjects, Timestamp at) {
  exec(tx,
       "INSERT INTO sign_in_failure AS f (subject, failures, since, last_at)"
       " SELECT u.subject, 1, $2, $2 FROM unnest($1::text[]) AS u(subject) ORDER BY u.subject"
       " ON CONFLICT (subject) DO UPDATE SET"
       "   failures = CASE WHEN EXCLUDED.last_at - f.since >= interval '1 hour' THEN 1 ELSE f.failures + 1 "
       "END,"
       "   since = CASE WHEN EXCLUDED.last_at - f.since >= interval '1 hour' THEN EXCLUDED.last_at ELSE "
       "f.since END,"
       "   last_at = EXCLUDED.last_at",
       sorted(subjects), at);
}

void take_back_sign_in_failure(Tx& tx, const std::vector<std::string>& subjects) {
  for (const auto& subject : sorted(subjects))
    exec(tx, "UPDATE sign_in_failure SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
         subject);
}

void forget_sign_in_failures(Tx& tx, const std::string& subject) {
  exec(tx, "DELETE FROM sign_in_failure WHERE subject = $1", subject);
}

void prune_sign_in_failures(Tx& tx, Timestamp at) {
  exec(tx, "DELETE FROM sign_in_failure WHERE last_at < $1", at - window);
}

}  // namespace smscrm
