#include "cli/import_flags.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/import/input.hpp"
#include "core/import/preset.hpp"

namespace smscrm {
namespace {

char parse_delimiter(const std::string& text) {
  if (text.size() == 1) return text.front();
  if (text == "tab" || text == "\\t") return '\t';
  throw Error(Errc::usage, "\"{}\" is no delimiter; write one character, or tab", text);
}

OnConflict parse_on_conflict(const std::string& text) {
  if (text == "fill") return OnConflict::fill;
  return text == "skip" ? OnConflict::skip : OnConflict::update;
}

// "contacts.rejects.csv" in the current directory for "/data/contacts.csv" and "/data/contacts.csv.gz".
// What the file really is cannot be known yet; the rejects are in its format, whatever their name.
std::string default_rejects_file(const std::string& source, const std::string& format) {
  std::filesystem::path path = source == "-" ? "import" : source;
  if (const auto end = path.extension(); end == ".gz" || end == ".zst") path = path.stem();
  const auto end = path.extension();
  const bool is_ndjson = format.empty() ? end == ".ndjson" || end == ".jsonl" : format == "ndjson";
  return path.stem().string() + (is_ndjson ? ".rejects.ndjson" : ".rejects.csv");
}

}  // namespace

ImportOptions make_import_options(Context& context, const ImportFlags& flags) {
  ImportOptions options;
  options.source = flags.file;
  for (const auto& each : flags.map) options.columns.map.push_back(parse_column_map(each));
  options.columns.ignore = flags.ignore;
  options.region = flags.region;
  if (!flags.delimiter.empty()) options.delimiter = parse_delimiter(flags.delimiter);
  if (!flags.preset.empty()) {
    auto preset = load_import_preset(flags.preset);
    options.columns.preset_map = std::move(preset.map);
    options.columns.preset_ignore = std::move(preset.ignore);
    if (options.region.empty()) options.region = preset.region;
    if (!options.delimiter) options.delimiter = preset.delimiter;
    options.column_names = std::move(preset.columns);
  }
  if (flags.format != "auto") options.format = flags.format;
  if (!flags.columns.empty()) options.column_names = parse_column_names(flags.columns);
  if (!flags.encoding.empty()) options.encoding = normalize_encoding(flags.encoding);
  options.list = flags.list;
  options.tags = flags.tags;
  options.consent_source = flags.consent_source;
  if (!flags.consent_at.empty())
    options.consent_at = context.read_time("--consent-at", flags.consent_at, TimeSense::past);
  options.on_conflict = parse_on_conflict(flags.on_conflict);
  options.strict = flags.strict;
  options.dry_run = flags.dry_run;
  if (flags.max_rows < 1) throw Error(Errc::usage, "--max-rows wants a number from 1 on");
  options.max_rows = flags.max_rows;
  if (!flags.max_rejects.empty()) options.max_rejects = parse_reject_limit(flags.max_rejects);
  options.key = flags.key;
  options.rejects_file =
      flags.rejects.empty() ? default_rejects_file(flags.file, options.format) : flags.rejects;
  return options;
}

void save_import_preset(const ImportOptions& options, const std::string& path) {
  const auto& columns = options.columns;
  ImportPreset preset{
      .region = options.region, .delimiter = options.delimiter, .columns = options.column_names};
  const auto add_all = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  add_all(preset.map, columns.map), add_all(preset.map, columns.preset_map);
  add_all(preset.ignore, columns.ignore), add_all(preset.ignore, columns.preset_ignore);
  std::set<std::string> mapped;  // TOML has a key but once; a flag goes before the preset's word for it
  std::erase_if(preset.map, [&](const auto& entry) { return !mapped.insert(entry.first).second; });
  std::ofstream file{path};
  file << format_import_preset(preset);
  if (!file.flush()) throw Error(Errc::usage, "cannot write the preset to {}", path);
}

void add_import_flags(CLI::App& verb, ImportFlags& flags) {
  add_positional(verb, "file", flags.file, "FILE",
                 "CSV with a line of headers, or NDJSON; - is standard input.");
  add_flag(verb, "--list", flags.list, "LIST",
           "Put every contact of the file on this list, made when missing.");
  add_repeated(verb, "--tag", flags.tags, "TAG", "Give every contact of the file this tag.");
  add_flag(verb, "--consent-source", flags.consent_source, "TEXT",
           "Record consent for every row, with this proof in words, such as 'web form 2026'.");
  add_flag(verb, "--consent-at", flags.consent_at, "TIME", "When it was given; now by default.");
  add_choice(verb, "--on-conflict", flags.on_conflict, {"update", "fill", "skip"},
             "Contacts that are there: overwrite with what the file has, fill what is empty, or leave them.")
      ->capture_default_str();
  add_repeated(verb, "--map", flags.map, "COLUMN=FIELD", "What a column means, such as 'Cell Phone=phone'.");
  add_repeated(verb, "--ignore", flags.ignore, "COLUMN", "Leave a column out.");
  add_flag(verb, "--preset", flags.preset, "hubspot|mailchimp|twilio|FILE",
           "What the columns of such files mean; the flags here go before it.");
  add_flag(verb, "--save-preset", flags.save_preset, "FILE",
           "Write the mapping, columns, region and delimiter given here to a file for --preset.");
  add_flag(verb, "--region", flags.region, "CC",
           "Country of numbers without a country code; by default the tenant's.");
  add_choice(verb, "--format", flags.format, {"auto", "csv", "ndjson"},
             "CSV, or one JSON object a line; detected by default.");
  add_flag(verb, "--columns", flags.columns, "NAMES",
           "The columns of a file without a line of headers, in order: phone,name,notes.");
  add_flag(verb, "--delimiter", flags.delimiter, "CHAR", "What separates the fields; detected by default.");
  add_flag(verb, "--encoding", flags.encoding, "NAME",
           "How the file writes its characters, such as utf-8, cp1252, windows-1251 or shift_jis; detected "
           "by default.");
  add_switch(verb, "--strict", flags.strict, "Reject numbers that are possible but in no numbering plan.");
  add_switch(verb, "--dry-run", flags.dry_run, "Do all of it, report, and change nothing.");
  add_flag(verb, "--max-rows", flags.max_rows, "N", "Stop at a file with more rows.")->capture_default_str();
  add_flag(verb, "--max-rejects", flags.max_rejects, "N|P%",
           "Change nothing at all when more rows, or a larger share, are rejected.");
  add_switch(verb, "--allow-rejects", flags.allow_rejects,
             "Rows that are rejected are no failure: status 0 instead of 3.");
  add_flag(verb, "--rejects", flags.rejects, "FILE",
           "Where rejected rows go; NAME.rejects.csv in the current directory by default.");
  add_switch(verb, "--force", flags.force, "Let the rejects replace a file that is there, whatever it is.");
  add_flag(verb, "--key", flags.key, "KEY", "Do this import once: the same key again returns its result.");
}

}  // namespace smscrm
