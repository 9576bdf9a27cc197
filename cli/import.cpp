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

#include "cli/command.hpp"
#include "cli/import_flags.hpp"
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

std::string say_reasons(const std::map<std::string, std::int64_t>& reasons) {
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [reason, rows] : reasons) order.emplace_back(rows, reason);
  std::ranges::sort(order, std::greater{});
  std::vector<std::string> words;
  for (const auto& [rows, reason] : order) words.push_back(fmt::format("{} {}", reason, rows));
  return join(words, ", ");
}

// What the numbers do not say by themselves.
void add_notes(Output& out, const ImportRun& run) {
  const auto& import = run.import;
  const auto& counts = import.counts;
  if (run.replayed)
    out.note(fmt::format("replayed: the key {} is that of import {}, which is {}", import.key,
                         import.id->value, import.status));
  if (counts.rejected > 0)
    out.note(fmt::format("{} of {} rows were rejected ({}); they are in {}", counts.rejected, counts.rows,
                         say_reasons(counts.reasons),
                         import.rejects_file.empty() && import.id
                             ? fmt::format("\"smscrm import rejects {}\"", import.id->value)
                             : import.rejects_file));
  if (counts.reasons.contains("not_utf8"))
    out.note("the file is not all UTF-8; say what it is, as with --encoding cp1252, and import it again");
  if (const auto odd = counts.warnings.find("phone_unassigned"); odd != counts.warnings.end())
    out.note(
        fmt::format("{} numbers are possible, but in no numbering plan; --strict rejects such", odd->second));
  if (const auto unread = counts.warnings.find("country_unknown"); unread != counts.warnings.end())
    out.note(fmt::format("{} countries are none that we know; their numbers did without", unread->second));
  if (counts.reasons.contains("phone_digits_lost"))
    out.note(
        "a spreadsheet has dropped digits of numbers; format their column as text there, and export it "
        "again");
  if (counts.opted_out_kept > 0)
    out.note(
        fmt::format("{} rows offered consent for numbers that are opted out or on the do-not-contact list, "
                    "and stay so",
                    counts.opted_out_kept));
  if (!import.id) {
    out.note("dry run: nothing was changed");
  } else if (!run.replayed && counts.created + counts.updated > 0) {
    out.note(fmt::format("take it back with \"smscrm import undo {}\"", import.id->value));
  }
}

// Opens `path` and has `import` read it: `import(bytes, events)`.
template <class Work>
void import_file(Context& context, const std::string& path, ImportOptions options, RejectsPlace place,
                 const std::string& doing, Work&& import) {
  auto& out = context.out();
  const auto file = open_file(path);
  const auto total = estimate_rows(file.get(), path);
  RejectsFile rejects{out, options.rejects_file, place, file.get()};
  options.rejects_file = rejects.path();
  ImportRun done;
  {
    bool checks = options.max_rejects.has_value();
    std::optional<Progress> progress{std::in_place, out, checks ? "checking" : doing, total};
    ImportEvents events;
    events.rejects = [&](std::string_view csv) { rejects.write(csv); };
    events.checked = [&](std::int64_t rows, std::int64_t) {
      progress->update(static_cast<std::uint64_t>(rows));
    };
    events.progress = [&](std::int64_t rows, std::int64_t) {
      if (std::exchange(checks, false)) progress.emplace(out, doing, total);
      progress->update(static_cast<std::uint64_t>(rows));
    };
    done = import(read_from(file.get(), path), options, events);
  }
  rejects.finish();
  if (out.format() != Format::table || !out.quiet()) out.print_record(to_json(done));
  add_notes(out, done);
  if (done.import.counts.rejected > 0) context.set_status(ExitStatus::partly);
}

void run(Context& context, const ImportFlags& flags) {
  const auto options = make_import_options(flags);
  if (!flags.save_preset.empty()) save_import_preset(options, flags.save_preset);
  const auto& tenant = context.tenant();
  const auto place = flags.force             ? RejectsPlace::forced
                     : flags.rejects.empty() ? RejectsPlace::usual
                                             : RejectsPlace::chosen;
  import_file(context, flags.file, options, place, options.dry_run ? "dry run" : "importing",
              [&](ByteSource bytes, const ImportOptions& with, const ImportEvents& events) {
                return run_import(context.session(), tenant, std::move(bytes), with, events);
              });
}

void resume(Context& context, const std::string& id, const std::string& file) {
  const auto& tenant = context.tenant();
  const auto import = parse_import_id(id);
  const auto options = context.transaction([&](Tx& tx) { return get_import_options(tx, tenant.id, import); });
  if (file.empty() && options.source == "-")
    throw Error(Errc::usage, "import {} read standard input, which is gone", import.value)
        .with_hint("name a file with the same content, or - to send it again");
  import_file(context, file.empty() ? options.source : file, options, RejectsPlace::usual, "resuming",
              [&](ByteSource bytes, const ImportOptions&, const ImportEvents& events) {
                return resume_import(context.session(), tenant, import, std::move(bytes), events);
              });
}

void list(Context& context, int limit) {
  const auto& tenant = context.tenant();
  std::vector<Json> rows;
  for (const auto& import : context.transaction([&](Tx& tx) { return list_imports(tx, tenant.id, limit); }))
    rows.push_back(to_json(import));
  context.out().print_list(
      {"import", "source", "status", "rows", "created", "updated", "unchanged", "rejected", "started_at"},
      rows, "no imports yet; begin with \"smscrm import run FILE\"");
}

Import get(Context& context, const std::string& id) {
  const auto& tenant = context.tenant();
  return context.transaction([&](Tx& tx) { return get_import(tx, tenant.id, parse_import_id(id)); });
}

void show(Context& context, const std::string& id) {
  const auto import = get(context, id);
  context.out().print_record(to_json(import));
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

void rejects(Context& context, const std::string& id) {
  constexpr int page = 1000;
  const auto import = get(context, id);
  auto& out = context.out();
  const bool csv = out.format() == Format::csv;
  if (csv) {
    std::vector<std::string> header{std::begin(reject_columns), std::end(reject_columns)};
    header.insert(header.end(), import.header.begin(), import.header.end());
    out.print_raw(out.csv_line(std::move(header)));
  }
  ListPrinter printer{out, {"line", "reason", "column", "fields"}};
  for (std::int64_t after = 0;;) {
    auto rows = context.transaction(
        [&](Tx& tx) { return list_import_rejects(tx, context.tenant().id, *import.id, after, page); });
    for (auto& reject : rows) {
      // Keys came after it, or it is a broken line.
      if (import.format.format == "ndjson") reject.fields.resize(import.header.size());
      if (csv)
        out.print_raw(out.csv_line(csv_cells(reject)));
      else
        printer.add(to_json(reject));
    }
    if (rows.size() < page) break;
    after = rows.back().line;
  }
  if (!csv) printer.finish(fmt::format("import {} rejected no rows", import.id->value));
}

void undo(Context& context, const std::string& id) {
  const auto import = get(context, id);
  auto& out = context.out();
  out.confirm(fmt::format("undo import {} ({}, {} contacts created, {} updated)", import.id->value,
                          import.source, import.counts.created, import.counts.updated));
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
  if (undone.kept_consents > 0)
    out.warn(fmt::format("{} consent events of it stay: the ledger only grows", undone.kept_consents));
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
  auto& resume_verb = add_verb(noun, "resume", "Go on with an import that was interrupted.",
                               [=, &context] { resume(context, resumed->first, resumed->second); });
  add_positional(resume_verb, "import", resumed->first, "IMPORT", "Its number.");
  add_positional(resume_verb, "file", resumed->second, "FILE",
                 "The file that it was given; by default the one of that name.")
      ->required(false);

  auto limit = std::make_shared<int>(50);
  auto& list_verb =
      add_verb(noun, "list", "List imports, newest first.", [=, &context] { list(context, *limit); });
  add_flag(list_verb, "--limit", *limit, "N", "At most this many.")->capture_default_str();

  const auto add_one = [&](const char* name, const char* summary, void (*act)(Context&, const std::string&)) {
    auto id = std::make_shared<std::string>();
    auto& verb = add_verb(noun, name, summary, [=, &context] { act(context, *id); });
    add_positional(verb, "import", *id, "IMPORT", "Its number.");
  };
  add_one("show", "Show what an import did.", show);
  add_one("undo", "Delete the contacts that an import created and restore those it changed.", undo);
  add_one("rejects", "List the rows that an import rejected; -o csv to mend and import them.", rejects);
}

}  // namespace smscrm
