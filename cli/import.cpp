// smscrm import …: files of contacts brought in, accounted for and taken back.
#include "core/import/import.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <unistd.h>

#include "cli/command.hpp"
#include "cli/import_flags.hpp"
#include "cli/import_notes.hpp"
#include "cli/interrupt.hpp"
#include "cli/page.hpp"
#include "cli/rejects_file.hpp"
#include "core/base/text.hpp"
#include "core/import/import_json.hpp"

namespace smscrm {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

ImportId parse_import_id(const std::string& text) {
  if (const auto id = parse_integer(text)) return ImportId{*id};
  throw Error(Errc::usage, "\"{}\" is no import; they go by their number", text)
      .with_hint("\"smscrm import list\" shows all");
}

Error cannot_read(const std::string& path, int why) {
  if (path == "-" && why == EBADF) return Error(Errc::usage, "standard input is closed");
  return Error(Errc::usage, "cannot read {}: {}", path == "-" ? "standard input" : path, std::strerror(why));
}

File open_file(const std::string& path) {
  if (path == "-") return File{stdin};
  File file{std::fopen(path.c_str(), "rb")};
  if (!file && errno == ENOENT)
    throw Error(Errc::not_found, "cannot read {}: {}", path, std::strerror(errno));
  if (!file) throw cannot_read(path, errno);
  return file;
}

ByteSource read_from(std::FILE* file, const std::string& path) {
  return [file, path](char* buffer, std::size_t size) {
    const auto got = std::fread(buffer, 1, size, file);
    if (got == 0 && std::ferror(file) != 0) throw cannot_read(path, errno);
    return got;
  };
}

// Before anything is begun: whether there is something to read. Waits for its first byte.
void check_readable(std::FILE* file, const std::string& path) {
  const int first = std::fgetc(file);
  if (first == EOF && std::ferror(file) != 0) throw cannot_read(path, errno);
  std::ungetc(first, file);
}

// How many rows a file has, judged by the lines of its beginning; 0 when it cannot be known.
std::uint64_t estimate_rows(std::FILE* file, const std::string& path) {
  std::error_code no_file;
  const auto size = std::filesystem::file_size(path, no_file);
  if (file == stdin || no_file) return 0;
  std::string sample(64 * 1024, '\0');
  sample.resize(std::fread(sample.data(), 1, sample.size(), file));
  std::rewind(file);
  if (sample.starts_with("\x1F\x8B") || sample.starts_with("\x28\xB5\x2F\xFD")) return 0;  // compressed
  const auto lines = std::ranges::count(sample, '\n');
  return sample.empty() ? 0 : size * static_cast<std::uint64_t>(lines) / sample.size();
}

// Before anything is changed: whether there could be such a file. Throws Error{usage}.
void check_place(const std::string& path, const std::string& what, const std::string& flag) {
  const std::filesystem::path place{path};
  const auto folder = place.has_parent_path() ? place.parent_path() : std::filesystem::path{"."};
  std::error_code no_status;
  const bool exists = std::filesystem::exists(place, no_status);
  const bool fits = exists ? !std::filesystem::is_directory(place, no_status)
                           : std::filesystem::is_directory(folder, no_status);
  if (!fits || ::access((exists ? place : folder).c_str(), W_OK) != 0)
    throw Error(Errc::usage, "{} cannot be written to {}", what, path)
        .with_hint(fmt::format("name another file with {}", flag));
}

// Opens `path` and has `import` read it: `import(bytes, events)`.
template <class Work>
void import_file(Context& context, const std::string& path, ImportOptions options, RejectsPlace place,
                 const std::string& doing, bool allow_rejects, Work&& import) {
  auto& out = context.out();
  const auto file = open_file(path);
  check_readable(file.get(), path);
  const auto total = estimate_rows(file.get(), path);
  RejectsFile rejects{out, options.rejects_file, place, file.get()};
  options.rejects_file = rejects.path();
  ImportRun done;
  bool stopped = false;
  std::optional<Import> begun;
  std::optional<Progress> progress;
  std::optional<InterruptWatch> watch{std::in_place, [&] {
                                        progress.reset();
                                        try {
                                          rejects.finish();
                                          tell_interrupted(out, begun);
                                        } catch (...) {
                                          // A full disk or a reader that has gone: there is nobody to tell.
                                        }
                                      }};
  try {
    bool checks = options.max_rejects.has_value();
    {
      const auto alone = watch->lock();
      progress.emplace(out, checks ? "checking" : doing, total);
    }
    ImportEvents events;
    events.rejects = [&](std::string_view csv) {
      const auto alone = watch->lock();
      rejects.write(csv);
    };
    events.checked = [&](std::int64_t rows, std::int64_t) {
      const auto alone = watch->lock();
      progress->update(static_cast<std::uint64_t>(rows));
    };
    events.committed = [&](const Import& so_far) {
      const auto alone = watch->lock();
      begun = so_far;
    };
    events.stopped = [&](const Import& broken) {
      const auto alone = watch->lock();
      stopped = true;
      progress.reset();
      if (out.format() != Format::table) out.print_record(to_json(broken));
    };
    events.progress = [&](std::int64_t rows, std::int64_t) {
      const auto alone = watch->lock();
      if (std::exchange(checks, false)) progress.emplace(out, doing, total);
      progress->update(static_cast<std::uint64_t>(rows));
    };
    done = import(read_from(file.get(), path), options, events);
    watch.reset();
    progress.reset();
  } catch (const Error& error) {
    watch.reset();
    progress.reset();
    // A refusal is no part of the import: another file than it had, for one.
    if (!stopped || error.code() == Errc::refused) throw;
    rejects.finish();
    // Whatever it was, something was done: only statuses that admit it will do.
    print_error(error, out.format());
    return context.set_status(error.code() == Errc::unavailable ? ExitStatus::unavailable
                                                                : ExitStatus::partly);
  }
  rejects.finish();
  if (out.format() != Format::table)
    out.print_record(to_json(done));
  else if (!out.quiet())
    out.print_record(to_record(done.import, out));
  add_import_notes(out, done);
  if (done.import.counts.rejected > 0 && !allow_rejects) context.set_status(ExitStatus::partly);
}

void run(Context& context, const ImportFlags& flags) {
  const auto options = make_import_options(context, flags);
  if (!flags.save_preset.empty()) check_place(flags.save_preset, "the preset", "--save-preset");
  const auto& tenant = context.tenant();
  const KeySource key = [&]() -> const SecretKey& { return context.secret_key(); };
  const auto place = flags.force             ? RejectsPlace::forced
                     : flags.rejects.empty() ? RejectsPlace::usual
                                             : RejectsPlace::chosen;
  import_file(context, flags.file, options, place, options.dry_run ? "dry run" : "importing",
              flags.allow_rejects,
              [&](ByteSource bytes, const ImportOptions& with, const ImportEvents& events) {
                return run_import(context.session(), tenant, std::move(bytes), with, events, key);
              });
  if (flags.save_preset.empty()) return;
  try {
    save_import_preset(options, flags.save_preset);
  } catch (const Error& error) {
    print_error(error, context.out().format());
    context.set_status(ExitStatus::partly);
  }
}

void resume(Context& context, const std::string& id, const std::string& file, bool allow_rejects) {
  const auto& tenant = context.tenant();
  const KeySource key = [&]() -> const SecretKey& { return context.secret_key(); };
  const auto import = parse_import_id(id);
  const auto options = context.transaction([&](Tx& tx) { return get_import_options(tx, tenant.id, import); });
  if (file.empty() && options.source == "-")
    throw Error(Errc::usage, "import {} read standard input, which is gone", import.value)
        .with_hint("name a file with the same content, or - to send it again");
  import_file(context, file.empty() ? options.source : file, options, RejectsPlace::usual, "resuming",
              allow_rejects, [&](ByteSource bytes, const ImportOptions&, const ImportEvents& events) {
                return resume_import(context.session(), tenant, import, std::move(bytes), events, key);
              });
}

void list(Context& context, const Page& page) {
  const auto tenant = context.tenant().id;
  std::optional<ImportId> before;
  if (const auto id = page_id(page)) before = ImportId{*id};
  print_listing(
      context,
      {"import", "source", "status", "rows", "created", Column{"updated"}.spare(),
       Column{"unchanged"}.spare(2), "rejected", "started_at"},
      page, [&](Tx&) { return list_imports(tenant, before); },
      [](const Import& import) { return to_json(import); }, "import",
      "no imports yet; begin with \"smscrm import run FILE\"");
}

Import get(Context& context, const std::string& id) {
  const auto& tenant = context.tenant();
  return context.transaction([&](Tx& tx) { return get_import(tx, tenant.id, parse_import_id(id)); });
}

void show(Context& context, const std::string& id) {
  const auto import = get(context, id);
  context.out().print_record(to_record(import, context.out()));
  add_column_notes(context.out(), import);
  if (import.status == "failed" && import.counts.rows > 0)
    context.out().note(
        fmt::format("{} rows are in; go on with \"smscrm import resume {}\", or take them back with"
                    " \"smscrm import undo {}\"",
                    import.counts.rows, import.id->value, import.id->value));
  if (import.status == "interrupted")
    context.out().note(fmt::format("its process ended before its end; go on with \"smscrm import resume {}\"",
                                   import.id->value));
}

// In CSV the same file as the import made, to be mended and imported.
std::vector<std::string> csv_cells(const ImportReject& reject) {
  std::vector<std::string> cells{fmt::format("{}", reject.line), reject.reason, reject.column};
  cells.insert(cells.end(), reject.fields.begin(), reject.fields.end());
  return cells;
}

void rejects(Context& context, const std::string& id, const Page& page) {
  const auto import = get(context, id);
  const auto after = page_id(page).value_or(0);
  auto& out = context.out();
  const bool csv = out.format() == Format::csv;
  if (csv) {
    std::vector<std::string> header{std::begin(reject_columns), std::end(reject_columns)};
    header.insert(header.end(), import.header.begin(), import.header.end());
    out.print_raw(out.csv_line(std::move(header)));
  }
  const auto read = [&](Tx&) { return list_import_rejects(context.tenant().id, *import.id, after); };
  const auto whole = [&](ImportReject reject) {
    // Keys came after it, or it is a broken line.
    if (import.format.format == "ndjson") reject.fields.resize(import.header.size());
    return reject;
  };
  if (!csv)
    return print_listing(
        context, {"line", "reason", "column", "fields"}, page, read,
        [&](const ImportReject& reject) { return to_json(whole(reject)); }, "line",
        fmt::format("import {} rejected no rows", import.id->value));
  const auto most = page_size(context, page);
  read_once(context, [&](Tx& tx) {
    stream(tx, read(tx), most,
           [&](const ImportReject& reject) { out.print_raw(out.csv_line(csv_cells(whole(reject)))); });
  });
}

void undo(Context& context, const std::string& id) {
  const auto import = get(context, id);
  auto& out = context.out();
  out.confirm(fmt::format(
      "undo import {} ({}, {} contacts created, {} updated), and take back the consent it recorded",
      import.id->value, import.source, import.counts.created, import.counts.updated));
  const auto undone = undo_import(context.session(), context.tenant().id, *import.id);
  if (out.format() != Format::table) out.print_record(to_json(undone));
  out.note(fmt::format("undid import {}: {} contacts deleted, {} restored, {} list memberships removed",
                       undone.import.value, undone.deleted, undone.restored, undone.removed));
  if (undone.kept_created > 0)
    out.warn(fmt::format("{} contacts that it created stay: they were changed, texted or listed since",
                         undone.kept_created));
  if (undone.kept_changed > 0)
    out.warn(
        fmt::format("{} contacts that it changed stay: they were changed again since", undone.kept_changed));
  if (undone.withdrawn > 0)
    out.note(fmt::format("took back the consent of {} numbers; the ledger says so", undone.withdrawn));
  if (undone.kept_consents > 0)
    out.warn(fmt::format("{} numbers stay opted in: they, another import or somebody here said so as well",
                         undone.kept_consents));
  if (undone.kept_opt_outs > 0)
    out.warn(fmt::format("{} numbers that it opted out stay so", undone.kept_opt_outs));
}

}  // namespace

void add_import(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "import", "Bring contacts in from files.",
               "smscrm import run contacts.csv --list spring --consent-source 'web form 2026'\n"
               "smscrm import run - --dry-run < contacts.csv\n"
               "smscrm import run crm.csv --map 'Cell Phone=phone' --max-rejects 1% --key nightly-7\n"
               "smscrm import rejects 7 -o csv > mend.csv\n"
               "smscrm import resume 7 contacts.csv\n"
               "smscrm import undo 7");

  auto flags = std::make_shared<ImportFlags>();
  auto& run_verb = add_verb(noun, "run", "Import a file.", [=, &context] { run(context, *flags); });
  add_import_flags(run_verb, *flags);

  auto resumed = std::make_shared<std::pair<std::string, std::string>>();
  auto allows = std::make_shared<bool>(false);
  auto& resume_verb = add_verb(noun, "resume", "Go on with an import that was interrupted.",
                               [=, &context] { resume(context, resumed->first, resumed->second, *allows); });
  add_switch(resume_verb, "--allow-rejects", *allows,
             "Rows that are rejected are no failure: status 0 instead of 3.");
  add_positional(resume_verb, "import", resumed->first, "IMPORT", "Its number.");
  add_positional(resume_verb, "file", resumed->second, "FILE",
                 "The file that it was given; by default the one of that name.")
      ->required(false);

  auto page = std::make_shared<Page>();
  auto& list_verb =
      add_verb(noun, "list", "List imports, newest first.", [=, &context] { list(context, *page); });
  add_page(list_verb, *page, "--before", "IMPORT");

  const auto add_one = [&](const char* name, const char* summary, void (*act)(Context&, const std::string&)) {
    auto id = std::make_shared<std::string>();
    auto& verb = add_verb(noun, name, summary, [=, &context] { act(context, *id); });
    add_positional(verb, "import", *id, "IMPORT", "Its number.");
  };
  add_one("show", "Show what an import did.", show);
  add_one("undo", "Delete the contacts that an import created and restore those it changed.", undo);

  auto rejected = std::make_shared<std::pair<std::string, Page>>();
  auto& rejects_verb =
      add_verb(noun, "rejects", "List the rows that an import rejected; -o csv to mend and import them.",
               [=, &context] { rejects(context, rejected->first, rejected->second); });
  add_positional(rejects_verb, "import", rejected->first, "IMPORT", "Its number.");
  add_page(rejects_verb, rejected->second, "--after", "LINE");
}

}  // namespace smscrm
