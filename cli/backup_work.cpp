#include "cli/backup_work.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/backup_store.hpp"
#include "cli/backup_verify.hpp"
#include "cli/interrupt.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct BackupFlags {
  bool full = false, incremental = false;
  std::string backup, to, target_time, target_action = "promote", copy;
};

class Stopwatch {
 public:
  double seconds() const {
    const auto took = std::chrono::steady_clock::now() - began_;
    return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) / 1'000;
  }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::string megabytes(std::int64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// The run's row in the database. A backup is worth as much without it: an upgrade is not there yet, or what
// is restored is a database that is lost.
class RunNote {
 public:
  RunNote(Context& context, BackupRunKind kind, const std::string& backup) : context_(context), kind_(kind) {
    try {
      id_ = context.transaction([&](Tx& tx) { return begin_backup_run(tx, kind, backup, now()); });
    } catch (const Error& error) {
      warn(error);
    }
  }

  void end(const BackupRunEnd& end) {
    for (int attempt = 1; id_; ++attempt) {
      try {
        return context_.transaction([&](Tx& tx) { end_backup_run(tx, *id_, end, now()); });
      } catch (const Error& error) {
        if (attempt == 2) return warn(error);
        context_.reconnect();  // it may have waited for hours
      }
    }
  }
  void fail(const std::string& backup, const std::string& error) {
    end({kind_, backup, std::nullopt, error});
  }

 private:
  void warn(const Error& error) {
    context_.out().warn(fmt::format("the database does not hear of this run: {}", error.what()));
  }

  Context& context_;
  const BackupRunKind kind_;
  std::optional<BackupRunId> id_;
};

void create(Context& context, const BackupFlags& flags) {
  const auto& config = context.config();
  const auto store = open_backup_store(config);
  const bool is_full = flags.full || (!flags.incremental && store->tool() == std::string_view{"pg_dump"});
  const auto kind = is_full ? BackupRunKind::full : BackupRunKind::incremental;
  if (!is_full && store->tool() == std::string_view{"pg_dump"})
    throw Error(Errc::usage, "a dump is always full: pg_dump knows no increments")
        .with_hint("leave --incremental out, or use pgBackRest");
  const auto key = config.secrets.key_file.empty() ? "" : key_fingerprint(context.secret_key());
  auto& database = context.unchecked_connection();
  const InterruptWatch watch{[&] {
    end_children();
    store->forget_partial();
  }};
  RunNote note{context, kind, ""};
  const Stopwatch stopwatch;
  const auto backup = [&] {
    try {
      return store->create(database, kind, key);
    } catch (const Error& error) {
      note.fail("", error.what());
      throw;
    }
  }();
  const auto seconds = stopwatch.seconds();
  note.end({backup.kind, backup.name, backup.bytes});
  auto& out = context.out();
  if (const auto trouble = pgbackrest_trouble(config.backup.pgbackrest_config); !trouble.empty())
    out.warn(trouble);
  auto record = to_json(backup, std::nullopt);
  record["tool"] = store->tool();
  record["seconds"] = seconds;
  if (out.format() != Format::table) return out.print_record(record);
  out.note(fmt::format("made {} backup {}: {}, of {} in the database, in {:.1f} s", to_string(backup.kind),
                       backup.name, megabytes(backup.bytes), megabytes(backup.database_bytes), seconds));
  if (key.empty()) out.warn("secrets.key_file is not set: without its key a backup is of no use");
}

std::vector<std::optional<Timestamp>> verified_of(Context& context, const std::vector<StoredBackup>& all) {
  std::vector<std::string> names;
  for (const auto& backup : all) names.push_back(backup.name);
  try {
    return context.transaction([&](Tx& tx) { return find_verified(tx, names); });
  } catch (const Error& error) {
    context.out().warn(fmt::format("when they were verified is not known: {}", error.what()));
    return std::vector<std::optional<Timestamp>>(all.size());
  }
}

void list(Context& context) {
  const auto all = open_backup_store(context.config())->list();
  const auto verified = verified_of(context, all);
  std::vector<Json> rows;
  for (std::size_t i = 0; i < all.size(); ++i) rows.push_back(to_json(all[i], verified.at(i)));
  context.out().print_list({"backup", "kind", "taken_at", "bytes", "database_bytes", "verified_at"}, rows,
                           "no backups yet; make one with \"smscrm backup create\"");
}

struct RestoreTest {
  CopyProof proof;
  double restore_seconds = 0, seconds = 0;

  bool holds() const {
    for (const auto& check : proof.checks)
      if (!check.holds) return false;
    return true;
  }
  std::string fault() const {
    for (const auto& check : proof.checks)
      if (!check.holds) return fmt::format("{}: {}", check.check, check.detail);
    return "";
  }
};

RestoreTest test_restore(BackupStore& store, const StoredBackup& backup, bool is_newest, const SecretKey& key,
                         const ScratchDirectory& scratch) {
  RestoreTest test;
  const Stopwatch stopwatch;
  auto& checks = test.proof.checks;
  try {
    store.check(backup);
    checks.push_back({"stored", true, megabytes(backup.bytes) + " as they were written"});
    std::string url;
    const auto server = store.restore_copy(backup, is_newest, scratch, url);
    test.restore_seconds = stopwatch.seconds();
    const auto found = check_copy(url, key);
    checks.push_back(
        {"restored", true, fmt::format("{} in {:.1f} s", megabytes(found.bytes), test.restore_seconds)});
    checks.insert(checks.end(), found.checks.begin(), found.checks.end());
    test.proof.bytes = found.bytes;
  } catch (const Error& error) {
    // What is away or missing here says nothing of the backup.
    if (error.code() != Errc::internal) throw;
    checks.push_back({checks.empty() ? "stored" : "restored", false, error.what()});
  }
  test.seconds = stopwatch.seconds();
  return test;
}

void print_test(Output& out, const StoredBackup& backup, const char* tool, const RestoreTest& test) {
  std::vector<Json> checks;
  for (const auto& check : test.proof.checks) checks.push_back(to_json(check));
  if (out.format() != Format::table)
    return out.print_record({{"backup", backup.name},
                             {"kind", to_string(backup.kind)},
                             {"tool", tool},
                             {"taken_at", format_rfc3339(backup.taken_at)},
                             {"holds", test.holds()},
                             {"database_bytes", test.proof.bytes},
                             {"restore_seconds", test.restore_seconds},
                             {"seconds", test.seconds},
                             {"checks", checks}});
  out.print_list({"check", "holds", Column{"detail"}.wrapped()}, checks);
  if (test.holds())
    out.note(fmt::format("backup {} was restored and holds, in {:.1f} s", backup.name, test.seconds));
}

void verify(Context& context, const BackupFlags& flags) {
  const auto& config = context.config();
  const auto& key = context.secret_key();
  const auto store = open_backup_store(config);
  const auto all = store->list();
  const auto backup = get_backup(all, flags.backup);
  if (!backup.key.empty() && backup.key != key_fingerprint(key))
    throw Error(Errc::conflict, "backup {} needs the key {}, and secrets.key_file has {}", backup.name,
                backup.key, key_fingerprint(key))
        .with_hint("name the key of that time in SMSCRM_SECRETS_KEY_FILE");
  const ScratchDirectory scratch{config.backup.scratch};
  const InterruptWatch watch{[&] {
    end_children();
    scratch.remove();
  }};
  RunNote note{context, BackupRunKind::verify, backup.name};
  const auto test = [&] {
    try {
      return test_restore(*store, backup, flags.backup.empty(), key, scratch);
    } catch (const Error& error) {
      note.fail(backup.name, error.what());
      throw;
    }
  }();
  note.end({BackupRunKind::verify, backup.name, test.proof.bytes, test.fault()});
  print_test(context.out(), backup, store->tool(), test);
  if (test.holds()) return;
  context.out().warn(fmt::format("backup {} is not good: {}", backup.name, test.fault()));
  context.set_status(ExitStatus::failed);
}

void tell_what_comes_next(Output& out, const BackupFlags& flags, bool is_cluster) {
  if (is_cluster)
    out.note(fmt::format(
        "next: start PostgreSQL on {}, as the service of that machine or by \"pg_ctl -D {} start\"", flags.to,
        flags.to));
  if (flags.target_action == "pause" && !flags.target_time.empty())
    out.note("it pauses at that moment: look, then go on with \"SELECT pg_wal_replay_resume()\"");
  if (is_cluster)
    out.note("then point database.url at it, \"smscrm migrate\" and \"smscrm doctor\"");
  else
    out.note("next: \"smscrm migrate\" and \"smscrm doctor\"");
  out.note(
      "it is fenced, and sends nothing, for it has forgotten what came after the backup: \"smscrm backup "
      "status\" says"
      " what, \"smscrm backup resume\" lifts the fence");
}

// No tenant's clock: the database that knows it is the one that is lost.
Timestamp read_moment(const std::string& text) {
  try {
    return parse_time(text, {now(), "UTC"}, TimeSense::past);
  } catch (const Error& error) {
    throw Error(Errc::usage, "--target-time: {}", error.what());
  }
}

void restore(Context& context, const BackupFlags& flags) {
  const auto& config = context.config();
  const auto store = open_backup_store(config);
  const bool is_cluster = store->tool() == std::string_view{"pgbackrest"};
  std::optional<StoredBackup> backup;
  if (!is_cluster || !flags.backup.empty()) backup = get_backup(store->list(), flags.backup);
  RestorePlan plan{flags.to, config.database.url, std::nullopt, flags.target_action == "pause"};
  if (!flags.target_time.empty()) plan.target = read_moment(flags.target_time);
  if (!is_cluster && plan.database_url.empty())
    throw Error(Errc::usage, "no database is configured to restore into").with_hint("set database.url");
  const InterruptWatch watch{[] { end_children(); }};
  const Stopwatch stopwatch;
  store->restore(backup, plan);
  auto& out = context.out();
  if (out.format() != Format::table)
    return out.print_record(
        {{"backup", backup ? Json(backup->name) : Json(nullptr)},
         {"tool", store->tool()},
         {"directory", is_cluster ? Json(flags.to) : Json(nullptr)},
         {"target_time", plan.target ? Json(format_rfc3339(*plan.target)) : Json(nullptr)},
         {"seconds", stopwatch.seconds()}});
  out.note(fmt::format("restored {} in {:.1f} s",
                       backup ? "backup " + backup->name : "the backup before that moment",
                       stopwatch.seconds()));
  if (backup && !backup->key.empty() && !config.secrets.key_file.empty() &&
      backup->key != key_fingerprint(context.secret_key()))
    out.warn(fmt::format("its secrets need the key {}, and secrets.key_file has another", backup->key));
  tell_what_comes_next(out, flags, is_cluster);
}

SecretKey read_copy(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  auto& in = file == "-" ? std::cin : opened;
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto bytes = base64_decode(trim(text));
  if (!bytes || bytes->size() != SecretKey::size)
    throw Error(Errc::usage, "{} holds no key, or cannot be read: 32 bytes in base64", file);
  return SecretKey{*bytes};
}

void key(Context& context, const BackupFlags& flags) {
  const auto print = key_fingerprint(context.secret_key());
  if (!flags.copy.empty()) {
    if (const auto other = key_fingerprint(read_copy(flags.copy)); other != print)
      throw Error(Errc::conflict, "{} holds another key: {}, and that of this installation is {}", flags.copy,
                  other, print);
    context.transaction([&](Tx& tx) { record_key_copy(tx, print, now()); });
  }
  const auto seen = context.transaction([&](Tx& tx) { return find_key_copy(tx, print); });
  context.out().print_record({{"fingerprint", print},
                              {"key_file", context.config().secrets.key_file},
                              {"copy_seen_at", seen ? Json(format_rfc3339(*seen)) : Json(nullptr)}});
  if (!seen)
    context.out().note(
        "nobody has shown a copy of it yet: \"smscrm backup key COPY\", from where you keep it");
}

}  // namespace

void add_backup_work(CLI::App& noun, Context& context) {
  const auto flags = std::make_shared<BackupFlags>();
  const auto verb = [&](const char* name, const char* summary, auto run) -> CLI::App& {
    return add_verb(noun, name, summary, [=, &context] {
      context.act_for_installation();
      run(context, *flags);
    });
  };
  auto& made = verb("create", "Make a backup, by pgBackRest or pg_dump.", create);
  auto* full = add_switch(made, "--full", flags->full, "A full one; of pg_dump all are.");
  add_switch(made, "--incremental", flags->incremental,
             "What has changed since the last; the default with pgBackRest.")
      ->excludes(full);
  verb("list", "List the backups that there are.", [](Context& c, const BackupFlags&) { list(c); });
  auto& verified =
      verb("verify", "Restore a backup beside everything, check all of it, and remove it again.", verify);
  verified.add_option("backup", flags->backup, "Its name; the newest by default.")->type_name("BACKUP");
  auto& restored = verb("restore", "Restore into an empty directory or database.", restore);
  restored.add_option("backup", flags->backup, "Its name; the newest by default.")->type_name("BACKUP");
  add_flag(restored, "--to", flags->to, "DIRECTORY", "For pgBackRest: an empty directory for the data.");
  add_flag(restored, "--target-time", flags->target_time, "TIME",
           "To this moment, in UTC: '2026-12-01 14:30'.");
  add_choice(restored, "--target-action", flags->target_action, {"promote", "pause"},
             "What it does at that moment: serve, or let you look first.");
  auto& shown = verb("key", "Show the key file's fingerprint; prove that its copy is one.", key);
  shown.add_option("copy", flags->copy, "The copy, - for standard input.")->type_name("FILE");
}

}  // namespace smscrm
