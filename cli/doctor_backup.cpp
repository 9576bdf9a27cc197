// smscrm doctor: what would be left after a loss.
#include "cli/backup_store.hpp"
#include "cli/doctor.hpp"

namespace smscrm {
namespace {

std::string hours_ago(Timestamp at) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(now() - at).count();
  if (hours == 0) return "within the hour";
  return hours < 48 ? fmt::format("{} hours ago", hours) : fmt::format("{} days ago", hours / 24);
}

}  // namespace

// Whether there is something to restore, and whether anybody has tried.
Finding check_backups(Context& context) {
  const auto [ages, archive] = context.transaction([](Tx& tx) {
    return std::pair{find_backup_ages(tx), find_wal_archive(tx)};
  });
  const auto made = ages.backed_up();
  if (!made)
    return {
        Verdict::warn, ages.trouble.empty() ? "none was ever made" : "none was ever made: " + ages.trouble,
        "set [backup] in smscrm.toml, then \"smscrm backup create\" and the timers of docs/operations.md"};
  const auto detail = fmt::format(
      "made {}, {}", hours_ago(*made),
      ages.verified ? "restored for a test " + hours_ago(*ages.verified) : "never restored for a test");
  using std::chrono::hours;
  if (*made < now() - hours{50})
    return {Verdict::fail, detail, "\"smscrm backup create\"; are its timers enabled?"};
  if (archive && archive->is_failing)
    return {Verdict::fail, detail + ", and the server cannot archive its log",
            "its own log says why; until then nothing after the last segment can be restored"};
  if (!ages.trouble.empty())
    return {Verdict::warn, detail + "; then it failed: " + ages.trouble, "see above"};
  if (const auto trouble = pgbackrest_trouble(context.config().backup.pgbackrest_config); !trouble.empty())
    return {Verdict::warn, trouble, "leave it unset, and mind the free space"};
  if (*made < now() - hours{26})
    return {Verdict::warn, detail, "\"smscrm backup create\"; are its timers enabled?"};
  if (!ages.verified || *ages.verified < now() - hours{8 * 24})
    return {Verdict::warn, detail, "prove it: \"smscrm backup verify\""};
  return {Verdict::ok, detail};
}

// Backups are of no use without it, and are kept without it.
Finding check_key_copy(Context& context) {
  const auto print = key_fingerprint(context.secret_key());
  const auto seen = context.transaction([&](Tx& tx) { return find_key_copy(tx, print); });
  const auto* hint = "fetch the copy from where you keep it, and run \"smscrm backup key COPY\"";
  if (!seen) return {Verdict::warn, "nobody has shown a copy of the key " + print, hint};
  const auto detail = fmt::format("of the key {}, shown {}", print, hours_ago(*seen));
  if (*seen < now() - std::chrono::hours{365 * 24}) return {Verdict::warn, detail, hint};
  return {Verdict::ok, detail};
}

}  // namespace smscrm
