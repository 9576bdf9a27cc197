#include "core/import/import.hpp"

#include <future>
#include <utility>

#include "core/base/text.hpp"
#include "core/import/lock.hpp"
#include "core/import/merge.hpp"
#include "core/import/record.hpp"
#include "core/import/spool.hpp"

namespace smscrm {
namespace {

struct RolledBack {};  // ends a chunk of a dry run

// Reads one chunk ahead while `use` works on the one before.
template <class Use>
void for_each_chunk(ImportReader& reader, ImportId id, Use&& use) {
  const auto read = [&] { return std::async(std::launch::async, [&] { return reader.next(id); }); };
  for (auto next = read(); next.valid();) {
    const ImportChunk chunk = next.get();
    if (!chunk.last) next = read();
    use(chunk);
  }
}

// One run of an import, until it is done.
class Runner {
 public:
  Runner(Connection& connection, const Tenant& tenant, const ImportOptions& options,
         const ImportEvents& events, const KeySource& key)
      : connection_(connection), tenant_(tenant), options_(options), events_(events), key_(key) {
    import_.source = options.source;
    import_.key = options.dry_run ? "" : options.key;
    import_.status = "running";
    import_.started_at = now();
  }

  ImportRun run(ByteSource bytes) {
    in_transaction(connection_, prepare_merge);
    if (options_.dry_run) {
      import_.id = ImportId{0};  // no import's: a dry run uses up no number
      run_in_chunks(std::move(bytes));
      import_.id.reset();
      return {std::move(import_)};
    }
    auto start = in_transaction(connection_, [&](Tx& tx) {
      auto begun = start_import(tx, tenant_.id, options_, import_);
      if (begun.is_new) ImportLock::take(tx, running_lock(tenant_.id, *begun.import.id));
      return begun;
    });
    if (!start.is_new) return {std::move(start.import), true};
    import_ = std::move(start.import);
    return run_recorded(std::move(bytes));
  }

  // `record` is running, and this session holds its lock.
  ImportRun resume(ImportRecord record, ByteSource bytes) {
    in_transaction(connection_, prepare_merge);
    import_ = std::move(record.import);
    digest_ = record.digest;
    return run_recorded(std::move(bytes));
  }

 private:
  ImportRun run_recorded(ByteSource bytes) {
    const ImportLock alive{connection_, running_lock(tenant_.id, *import_.id), ImportLock::taken};
    try {
      run_in_chunks(std::move(bytes));
    } catch (const Error& e) {
      fail(e.what());
      if (import_.counts.rows == 0) throw;
      import_.status = "failed";
      import_.error = e.what();
      import_.finished_at = now();
      events_.stopped(import_);
      throw half_done(e);
    }
    return {std::move(import_)};
  }

  // Chunks were committed before: what is in, and the way on and back.
  Error half_done(const Error& e) const {
    const auto id = import_.id->value;
    const auto& counts = import_.counts;
    return Error(e.code(),
                 "{}; import {} stopped there, and {} rows are in ({} created, {} updated, {} rejected)",
                 e.what(), id, counts.rows, counts.created, counts.updated, counts.rejected)
        .with_hint(fmt::format(
            "{}{}go on with \"smscrm import resume {} FILE\", or take them back with \"smscrm import"
            " undo {}\"",
            e.hint(), e.hint().empty() ? "" : "; then ", id, id));
  }

  void run_in_chunks(ByteSource bytes) {
    if (!options_.list.empty()) check_slug(options_.list, "list");
    if (!options_.dry_run) events_.committed(import_);
    // Once the import is known to run: nobody is erased from then on.
    in_transaction(connection_, [&](Tx& tx) { erased_ = ErasedNumbers{tx, tenant_.id, key_}; });
    if (options_.max_rejects) bytes = check_all(std::move(bytes));
    ImportReader reader{std::move(bytes), tenant_, options_, erased_};
    pass_merged(reader);
    import_.header = reader.header();
    import_.format = reader.format();
    import_.columns = read_columns(reader.columns());
    if (!options_.dry_run) events_.committed(import_);
    if (!options_.dry_run) in_transaction(connection_, [&](Tx& tx) { begin_target(tx); });
    for_each_chunk(reader, *import_.id, [&](const ImportChunk& chunk) {
      import_.header.insert(import_.header.end(), chunk.new_columns.begin(), chunk.new_columns.end());
      if (!chunk.new_columns.empty()) import_.columns = chunk.columns;
      take_turn(chunk);
      write_rejects(chunk);
      if (!options_.dry_run) events_.committed(import_);
      events_.progress(import_.counts.rows, chunk.bytes);
    });
    import_.status = "done";
    import_.finished_at = now();
    if (import_.counts.rejected > 0) import_.rejects_file = options_.rejects_file;
    if (!options_.dry_run)
      in_transaction(connection_, [&](Tx& tx) {
        finish_import(tx, tenant_.id, *import_.id, import_.rejects_file, *import_.finished_at);
      });
  }

  void take_turn(const ImportChunk& chunk) {
    const ImportLock turn{connection_, turn_lock(tenant_.id)};
    refresh_known_rows();
    import_.counts = options_.dry_run ? try_chunk(chunk) : merge_next(chunk);
  }

  ImportCounts merge_next(const ImportChunk& chunk) {
    return in_transaction(connection_, [&](Tx& tx) {
      begin_merge(tx);
      // The import has an entry of its own in the audit, with its counts (migrations/0055_audit.sql).
      exec(tx, "SELECT set_config('smscrm.import_tenant', $1, true), set_config('smscrm.import', $2, true)",
           tenant_.id, *import_.id);
      auto counts = merge(tx, chunk);
      // What is left to check of the memberships looks contacts up.
      if (target_.list && counts.created > 0) refresh_statistics(tx, {"contact"}, counts.created / 2);
      return counts;
    });
  }

  // What merge_next would do. No chunk has a number of another one, so what those before it would have left
  // makes no difference.
  ImportCounts try_chunk(const ImportChunk& chunk) {
    ImportCounts counts;
    try {
      in_transaction(connection_, [&](Tx& tx) {
        begin_merge(tx);
        auto options = options_;
        options.key.clear();
        start_import(tx, tenant_.id, options, import_);
        begin_target(tx);
        counts = merge(tx, chunk);
        throw RolledBack{};
      });
    } catch (const RolledBack&) {
    }
    return counts;
  }

  // Reads the whole file before anything is changed, without a lock or a transaction: were it merged on
  // trial, whoever changes one of its contacts or consents would have to wait until its end. Returns it to be
  // read again.
  ByteSource check_all(ByteSource bytes) {
    ImportSpool spool{std::move(bytes)};
    ImportReader reader{spool.first_reading(), tenant_, options_, erased_};
    ImportCounts counts;
    for (bool last = false; !last;) {
      const auto chunk = reader.next(*import_.id);
      add_counts(counts, chunk.counts);
      last = chunk.last;
      write_rejects(chunk);
      events_.checked(counts.rows, chunk.bytes);
      check_rejects(counts, last);
    }
    rejects_are_written_ = true;
    return spool.second_reading();
  }

  // Reads what was merged before the import was interrupted.
  void pass_merged(ImportReader& reader) const {
    const auto& merged = import_.counts;
    ImportCounts read;
    std::int64_t digest = 0;
    for (bool last = false; read.rows < merged.rows && !last;) {
      const auto chunk = reader.next(*import_.id, merged.rows - read.rows);
      add_counts(read, chunk.counts);
      digest = chunk.digest;
      last = chunk.last;
      write_rejects(chunk);
      events_.progress(read.rows, chunk.bytes);
    }
    if (read.rows != merged.rows || read.rejected != merged.rejected || digest != digest_)
      throw Error(Errc::refused, "that is not the file of import {}: its first {} rows are not the same",
                  import_.id->value, merged.rows)
          .with_hint("name the file that it was given, or import this one with \"smscrm import run\"");
  }

  // At the start, and whenever the import has doubled the tables.
  void refresh_known_rows() {
    if (options_.dry_run && import_.counts.rows > 0) return;  // nothing was added
    const auto rows = std::max<std::int64_t>(1, import_.counts.created / 2);
    in_transaction(connection_, [&](Tx& tx) {
      refresh_statistics(tx, {"contact", "consent", "list_member"}, rows);
    });
  }

  void begin_target(Tx& tx) {
    record_import_header(tx, tenant_.id, *import_.id, import_);
    target_ = {.tenant = tenant_.id,
               .import = *import_.id,
               .at = import_.started_at,
               .on_conflict = options_.on_conflict,
               .list = {},
               .blanket_at = options_.consent_at,
               .writes_consent = !options_.dry_run,
               .asks_for_consent = tenant_.consent == ConsentMode::recorded};
  }

  ListId get_or_add_list(Tx& tx) const {
    exec(tx, "INSERT INTO list (tenant_id, slug) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant_.id,
         options_.list);
    return exec(tx, "SELECT id FROM list WHERE tenant_id = $1 AND slug = $2", tenant_.id, options_.list)
        .front()[0]
        .as<ListId>();
  }

  // The counts with those of this chunk.
  ImportCounts merge(Tx& tx, const ImportChunk& chunk) {
    // With the first rows and not before them: a file that cannot be read leaves no list behind.
    if (!options_.list.empty()) target_.list = get_or_add_list(tx);
    if (!chunk.new_columns.empty()) record_import_header(tx, tenant_.id, *import_.id, import_);
    auto counts = import_.counts;
    add_counts(counts, merge_chunk(tx, target_, chunk));
    record_import_counts(tx, tenant_.id, *import_.id, counts, chunk.digest);
    return counts;
  }

  void write_rejects(const ImportChunk& chunk) const {
    if (!chunk.rejects_text.empty() && !rejects_are_written_) events_.rejects(chunk.rejects_text);
  }

  void check_rejects(const ImportCounts& counts, bool at_end) const {
    const auto& limit = *options_.max_rejects;
    const bool over = limit.rows ? counts.rejected > *limit.rows
                                 : at_end && static_cast<double>(counts.rejected) * 100 >
                                                 limit.percent * static_cast<double>(counts.rows);
    if (!over) return;
    throw Error(Errc::refused, "{} of {} rows {} rejected, more than allowed; nothing was changed",
                counts.rejected, counts.rows, at_end ? "were" : "so far were")
        .with_hint(options_.rejects_file.empty() ? "" : "see " + options_.rejects_file);
  }

  void fail(const std::string& error) {
    try {
      in_transaction(connection_, [&](Tx& tx) { fail_import(tx, tenant_.id, *import_.id, error, now()); });
    } catch (const Error&) {
      // No database to write it to: the next import finds this one interrupted.
    }
  }

  Connection& connection_;
  const Tenant& tenant_;
  const ImportOptions& options_;
  const ImportEvents& events_;
  const KeySource& key_;
  ErasedNumbers erased_;
  Import import_;
  MergeTarget target_{};
  std::int64_t digest_ = 0;  // of what was merged when it was interrupted
  bool rejects_are_written_ = false;
};

}  // namespace

RejectLimit parse_reject_limit(std::string_view text) {
  const bool share = text.ends_with('%');
  if (!share) {
    if (const auto rows = parse_integer(text); rows && *rows >= 0) return {.rows = *rows};
  } else {
    const std::string digits{text.substr(0, text.size() - 1)};
    std::size_t used = 0;
    try {
      const double percent = std::stod(digits, &used);
      if (used == digits.size() && percent >= 0 && percent <= 100) return {.rows = {}, .percent = percent};
    } catch (const std::logic_error&) {  // no number at all
    }
  }
  throw Error(Errc::usage, "\"{}\" is no limit of rejects; write a number of rows or a share such as 2.5%",
              text);
}

ImportRun run_import(Connection& connection, const Tenant& tenant, ByteSource bytes,
                     const ImportOptions& options, const ImportEvents& events, const KeySource& key) {
  return Runner{connection, tenant, options, events, key}.run(std::move(bytes));
}

ImportRun resume_import(Connection& connection, const Tenant& tenant, ImportId id, ByteSource bytes,
                        const ImportEvents& events, const KeySource& key) {
  auto record = in_transaction(connection, [&](Tx& tx) {
    auto resumed = resume_record(tx, tenant.id, id);
    ImportLock::take(tx, running_lock(tenant.id, id));
    return resumed;
  });
  const auto options = record.options;
  return Runner{connection, tenant, options, events, key}.resume(std::move(record), std::move(bytes));
}

}  // namespace smscrm
