#include "core/import.hpp"

#include <future>
#include <utility>

#include "core/base/text.hpp"
#include "core/import_lock.hpp"
#include "core/import_merge.hpp"
#include "core/import_record.hpp"

namespace smscrm {
namespace {

struct RolledBack {};  // ends a dry run

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
         const ImportEvents& events)
      : connection_(connection), tenant_(tenant), options_(options), events_(events) {
    import_.source = options.source;
    import_.key = options.dry_run ? "" : options.key;
    import_.status = "running";
    import_.started_at = now();
  }

  ImportRun run(ByteSource bytes) {
    in_transaction(connection_, prepare_merge);
    if (options_.dry_run) {
      run_at_once(std::move(bytes));
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
      if (options_.max_rejects)
        run_at_once(std::move(bytes));
      else
        run_in_chunks(std::move(bytes));
    } catch (const Error& e) {
      fail(e.what());
      throw;
    }
    return {std::move(import_)};
  }

  void run_in_chunks(ByteSource bytes) {
    ImportReader reader{std::move(bytes), tenant_, options_};
    pass_merged(reader);
    auto target = in_transaction(connection_, [&](Tx& tx) { return make_target(tx, reader); });
    for_each_chunk(reader, target.import, [&](const ImportChunk& chunk) {
      add_columns(chunk);
      const ImportLock turn{connection_, turn_lock(tenant_.id)};
      refresh_known_rows();
      import_.counts = in_transaction(connection_, [&](Tx& tx) {
        begin_merge(tx);
        return merge(tx, target, chunk);
      });
      report(chunk);
    });
    in_transaction(connection_, [&](Tx& tx) { finish(tx); });
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
      if (!chunk.rejects_text.empty()) events_.rejects(chunk.rejects_text);
      events_.progress(read.rows, chunk.bytes);
    }
    if (read.rows != merged.rows || read.rejected != merged.rejected || digest != digest_)
      throw Error(Errc::refused, "that is not the file of import {}: its first {} rows are not the same",
                  import_.id->value, merged.rows)
          .with_hint("name the file that it was given, or import this one with \"smscrm import run\"");
  }

  // In one transaction, which cannot be repeated, for the file is read only once.
  void run_at_once(ByteSource bytes) {
    const ImportLock turn{connection_, turn_lock(tenant_.id)};
    refresh_known_rows();
    bool tried = false;
    const auto work = [&](Tx& tx) {
      if (std::exchange(tried, true))
        throw Error(Errc::unavailable, "somebody else changed contacts of this file meanwhile")
            .with_hint("nothing was imported; run it again");
      begin_merge(tx);
      if (options_.dry_run) {
        auto options = options_;
        options.key.clear();
        import_ = start_import(tx, tenant_.id, options, import_).import;
      }
      ImportReader reader{std::move(bytes), tenant_, options_};
      const auto target = make_target(tx, reader);
      for_each_chunk(reader, target.import, [&](const ImportChunk& chunk) {
        add_columns(chunk);
        import_.counts = merge(tx, target, chunk);
        report(chunk);
        check_rejects(false);
      });
      check_rejects(true);
      finish(tx);
      if (options_.dry_run) throw RolledBack{};
    };
    try {
      in_transaction(connection_, work);
    } catch (const RolledBack&) {
      import_.id.reset();
    }
  }

  // At the start, and whenever the import has doubled the tables.
  void refresh_known_rows() {
    const auto rows = std::max<std::int64_t>(1, import_.counts.created / 2);
    in_transaction(connection_, [&](Tx& tx) {
      refresh_statistics(tx, {"contact", "consent", "list_member"}, rows);
    });
  }

  MergeTarget make_target(Tx& tx, const ImportReader& reader) {
    import_.header = reader.header();
    import_.format = reader.format();
    record_import_header(tx, tenant_.id, *import_.id, import_.header, import_.format);
    MergeTarget target{.tenant = tenant_.id,
                       .import = *import_.id,
                       .at = import_.started_at,
                       .on_conflict = options_.on_conflict,
                       .list = {},
                       .writes_consent = !options_.dry_run};
    if (!options_.list.empty()) target.list = get_or_add_list(tx);
    return target;
  }

  ListId get_or_add_list(Tx& tx) const {
    check_slug(options_.list, "list");
    exec(tx, "INSERT INTO list (tenant_id, slug) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant_.id,
         options_.list);
    return exec(tx, "SELECT id FROM list WHERE tenant_id = $1 AND slug = $2", tenant_.id, options_.list)
        .front()[0]
        .as<ListId>();
  }

  void add_columns(const ImportChunk& chunk) {
    import_.header.insert(import_.header.end(), chunk.new_columns.begin(), chunk.new_columns.end());
  }

  // The counts with those of this chunk.
  ImportCounts merge(Tx& tx, const MergeTarget& target, const ImportChunk& chunk) const {
    if (!chunk.new_columns.empty())
      record_import_header(tx, tenant_.id, target.import, import_.header, import_.format);
    auto counts = import_.counts;
    add_counts(counts, merge_chunk(tx, target, chunk));
    record_import_counts(tx, target.tenant, target.import, counts, chunk.digest);
    return counts;
  }

  void report(const ImportChunk& chunk) const {
    if (!chunk.rejects_text.empty()) events_.rejects(chunk.rejects_text);
    events_.progress(import_.counts.rows, chunk.bytes);
  }

  void check_rejects(bool at_end) const {
    if (!options_.max_rejects) return;
    const auto& limit = *options_.max_rejects;
    const auto& counts = import_.counts;
    const bool over = limit.rows ? counts.rejected > *limit.rows
                                 : at_end && static_cast<double>(counts.rejected) * 100 >
                                                 limit.percent * static_cast<double>(counts.rows);
    if (!over) return;
    throw Error(Errc::refused, "{} of {} rows {} rejected, more than allowed; nothing was changed",
                counts.rejected, counts.rows, at_end ? "were" : "so far were")
        .with_hint(options_.rejects_file.empty() ? "" : "see " + options_.rejects_file);
  }

  void finish(Tx& tx) {
    import_.status = "done";
    import_.finished_at = now();
    if (import_.counts.rejected > 0) import_.rejects_file = options_.rejects_file;
    finish_import(tx, tenant_.id, *import_.id, import_.rejects_file, *import_.finished_at);
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
  Import import_;
  std::int64_t digest_ = 0;  // of what was merged when it was interrupted
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
                     const ImportOptions& options, const ImportEvents& events) {
  return Runner{connection, tenant, options, events}.run(std::move(bytes));
}

ImportRun resume_import(Connection& connection, const Tenant& tenant, ImportId id, ByteSource bytes,
                        const ImportEvents& events) {
  auto record = in_transaction(connection, [&](Tx& tx) {
    auto resumed = resume_record(tx, tenant.id, id);
    ImportLock::take(tx, running_lock(tenant.id, id));
    return resumed;
  });
  const auto options = record.options;
  return Runner{connection, tenant, options, events}.resume(std::move(record), std::move(bytes));
}

}  // namespace smscrm
