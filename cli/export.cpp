// smscrm export …: a tenant's rows as files.
#include "cli/export.hpp"

#include <unistd.h>

#include "cli/campaign.hpp"
#include "cli/export_file.hpp"
#include "cli/interrupt.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/export/compress.hpp"
#include "core/export/export_json.hpp"
#include "core/net/crypto_digest.hpp"
#include "core/segment/segment.hpp"

namespace smscrm {
namespace {

struct ExportFlags {
  ExportKind kind = ExportKind::contacts;
  std::string file, form, compress, after;
  std::string campaign, list, tag, segment, where, since, until;
  std::vector<std::string> statuses;
  bool raw = false, bom = false, force = false, installation = false;
};

std::vector<std::string> status_words() {
  std::vector<std::string> words;
  for (const auto status : message_statuses) words.emplace_back(to_string(status));
  return words;
}

// "contacts.csv.gz" is CSV in gzip.
struct ByName {
  std::string form;
  Compression compression = Compression::none;
};
ByName read_file_name(const std::string& file) {
  const auto name = to_lower(file);
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  const auto last = name.substr(dot + 1);
  if (last == "gz" || last == "zst")
    return {read_file_name(name.substr(0, dot)).form, last == "gz" ? Compression::gzip : Compression::zstd};
  if (last == "jsonl") return {"ndjson"};
  return {last == "csv" || last == "ndjson" || last == "json" ? last : ""};
}

ExportForm form_of(Context& context, const ExportFlags& flags, const ByName& by_name) {
  if (!flags.form.empty()) return parse_export_form(flags.form);
  if (!by_name.form.empty()) return parse_export_form(by_name.form);
  // With a file -o is the form of what is told about it.
  const bool is_told = !flags.file.empty() && flags.file != "-";
  if (is_told || context.out().format() == Format::table) return ExportForm::csv;
  return parse_export_form(context.flags.output);
}

ExportFilter read_filter(Context& context, const ExportFlags& flags) {
  ExportFilter filter;
  const auto tenant = flags.installation ? TenantId{} : context.tenant().id;
  const auto time = [&](const char* flag, const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{context.read_time(flag, text, TimeSense::past)};
  };
  filter.since = time("--since", flags.since);
  filter.until = time("--until", flags.until);
  if (!flags.tag.empty()) filter.tag = normalize_tags({flags.tag}).front();
  for (const auto& status : flags.statuses) filter.statuses.push_back(parse_message_status(status));
  if (!flags.segment.empty() && !flags.where.empty())
    throw Error(Errc::usage, "give --segment or --where: a rule can name the segment, segment:{}",
                flags.segment);
  if (!flags.campaign.empty()) filter.campaign = get_campaign(context, flags.campaign);
  context.transaction([&](Tx& tx) {
    if (!flags.list.empty()) filter.list = get_list(tx, tenant, flags.list);
    if (!flags.segment.empty()) {
      const auto segment = get_segment(tx, tenant, flags.segment);
      filter.rule = WantedRule{segment.slug, parse_rule(segment.rule)};
    }
    if (!flags.where.empty()) filter.rule = get_wanted_rule(tx, tenant, flags.where);
  });
  return filter;
}

ExportRequest read_request(Context& context, const ExportFlags& flags, const ByName& by_name,
                           std::vector<std::string> columns) {
  if (flags.installation) context.act_for_installation();
  ExportRequest request{.kind = flags.kind};
  if (!flags.installation) request.tenant = context.tenant();
  request.form = form_of(context, flags, by_name);
  request.raw = flags.raw || context.flags.csv_raw;
  request.bom = flags.bom;
  request.columns = std::move(columns);
  if (!flags.after.empty()) request.after = parse_export_cursor(flags.after);
  request.filter = read_filter(context, flags);
  return request;
}

void tell(Output& out, const Json& trailer, const Exported& exported, const std::string& file) {
  const bool for_programs = out.format() == Format::json || out.format() == Format::ndjson;
  if (!file.empty()) {
    if (out.format() != Format::table || !out.quiet()) out.print_record(trailer);
    return;
  }
  if (for_programs) return out.warn(dump(trailer), Output::Times::as_they_are);
  out.note(fmt::format("{} rows, SHA-256 {}", exported.rows, trailer["sha256"].get<std::string>()));
  if (exported.cursor) out.note(fmt::format("what comes after: --after {}", format_cursor(*exported.cursor)));
}

enum class Trailer { told, untold };

// --columns is about the export, and not about what is told of it.
std::vector<std::string> take_columns(Context& context) {
  std::vector<std::string> columns;
  for (const auto& name : split(std::exchange(context.flags.columns, ""), ','))
    if (!trim(name).empty()) columns.emplace_back(trim(name));
  return columns;
}

void run(Context& context, const ExportFlags& flags, Trailer trailer) {
  auto columns = take_columns(context);
  auto& out = context.out();
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  const auto by_name = read_file_name(flags.file);
  const auto compression = flags.compress.empty() ? by_name.compression : parse_compression(flags.compress);
  const bool is_file = !flags.file.empty() && flags.file != "-";
  if (!is_file && compression != Compression::none && is_terminal)
    throw Error(Errc::usage, "compressed data is nothing for a terminal")
        .with_hint("name a file with --file");
  const auto request = read_request(context, flags, by_name, std::move(columns));
  context.transaction([&](Tx& tx) { check_export(tx, request, now()); });

  ExportFile file{out, flags.file, flags.force};
  std::int64_t rows = 0;
  std::optional<Progress> progress;
  std::optional<InterruptWatch> watch{
      std::in_place, [&] {
        progress.reset();
        file.discard();
        out.warn(is_file ? fmt::format("interrupted after {} rows; {} was not written", rows, file.path())
                         : fmt::format("interrupted after {} rows; the export is not whole", rows));
      }};
  const auto id = context.transaction([&](Tx& tx) { return record_export(tx, request, now()); });
  if (!is_terminal || is_file) {
    const auto alone = watch->lock();
    progress.emplace(out, fmt::format("exporting {}", to_string(request.kind)), 0);
  }

  Exported exported;
  Written written;
  read_once(context, [&](Tx& tx) {
    Sha256 digest;
    const auto compressor = make_compressor(compression, [&](std::string_view bytes) {
      digest.add(bytes);
      written.bytes += static_cast<std::int64_t>(bytes.size());
      file.write(bytes);
    });
    exported = run_export(
        tx, request, now(), [&](std::string_view bytes) { compressor->write(bytes); },
        [&](std::int64_t so_far) {
          const auto alone = watch->lock();
          rows = so_far;
          if (progress) progress->update(static_cast<std::uint64_t>(so_far));
        });
    compressor->finish();
    file.finish();
    written.sha256 = digest.digest();
    record_export_end(tx, request, id, exported, written);
  });
  {
    const auto alone = watch->lock();
    progress.reset();
    file.keep();
  }
  watch.reset();
  if (trailer == Trailer::told)
    tell(out, to_json(id, request, exported, written, file.path(), to_string(compression)), exported,
         file.path());
}

void add_file_flags(CLI::App& verb, ExportFlags& flags) {
  add_flag(verb, "-f,--file", flags.file, "FILE",
           "Into this file, once it is whole; else to standard output.");
  add_switch(verb, "--force", flags.force, "Replace a file that is there.");
  add_choice(verb, "--form", flags.form, {"csv", "ndjson", "json"},
             "By default what the file's name says, or -o, or csv.");
  add_choice(verb, "--compress", flags.compress, {"gzip", "zstd", "none"},
             "By default what the file's name says: .gz, .zst.");
  add_switch(verb, "--raw", flags.raw, "Cells as they are: no ' before what a spreadsheet would run.");
  add_switch(verb, "--bom", flags.bom, "A byte order mark first, by which Excel knows that it is UTF-8.");
  add_flag(verb, "--after", flags.after, "CURSOR",
           "Only what came or changed since the export that told it.");
}

void add_people_flags(CLI::App& verb, ExportFlags& flags, const std::string& whose) {
  add_flag(verb, "--list", flags.list, "LIST", fmt::format("Only {} on this list.", whose));
  add_flag(verb, "--tag", flags.tag, "TAG", fmt::format("Only {} with this tag.", whose));
  add_flag(verb, "--segment", flags.segment, "SEGMENT", fmt::format("Only {} in this segment.", whose));
  add_flag(verb, "--where", flags.where, "RULE",
           fmt::format("Only {} whom this rule holds: smscrm segment.", whose));
}

}  // namespace

void export_audit(Context& context, bool installation) {
  if (context.out().format() == Format::table)
    throw Error(Errc::usage, "an export is for programs").with_hint("add -o ndjson, -o json or -o csv");
  ExportFlags flags;
  flags.kind = ExportKind::audit;
  flags.installation = installation;
  run(context, flags, Trailer::untold);
}

void add_export(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "export", "A tenant's rows as files: CSV or JSON.",
                        "smscrm export contacts --tag vip -f vips.csv\n"
                        "smscrm export contacts -f contacts.ndjson.zst -o json\n"
                        "smscrm export messages --campaign spring --status failed >failed.csv\n"
                        "smscrm export clicks --since 24h -o ndjson\n"
                        "smscrm export inbox --since 2026-01-01 -f inbox.csv.gz\n"
                        "smscrm export consent --after CURSOR -f consent.ndjson\n"
                        "smscrm export audit -f audit.ndjson.gz");
  const auto verb = [&](ExportKind kind, const char* summary) -> std::pair<CLI::App&, ExportFlags&> {
    auto flags = std::make_shared<ExportFlags>();
    flags->kind = kind;
    auto& made = add_verb(noun, std::string{to_string(kind)}, summary,
                          [=, &context] { run(context, *flags, Trailer::told); });
    return {made, *flags};
  };
  const auto add_time_flags = [](CLI::App& made, ExportFlags& flags, const std::string& what) {
    add_flag(made, "--since", flags.since, "TIME", fmt::format("Only {} since then, as 24h or 9:00.", what));
    add_flag(made, "--until", flags.until, "TIME", fmt::format("Only {} before then.", what));
  };

  auto [contacts, of_contacts] = verb(ExportKind::contacts, "Contacts, as an import reads them.");
  add_people_flags(contacts, of_contacts, "those");
  add_flag(contacts, "--campaign", of_contacts.campaign, "CAMPAIGN", "Only whom it was meant for.");
  add_time_flags(contacts, of_contacts, "those that changed");

  auto [messages, of_messages] = verb(ExportKind::messages, "Messages, and what became of them.");
  add_flag(messages, "--campaign", of_messages.campaign, "CAMPAIGN", "Only of this campaign.");
  add_repeated(messages, "--status", of_messages.statuses, join(status_words(), "|"),
               "Only with this status; several times, with any of them.")
      ->check(CLI::IsMember(status_words()).description(""));
  add_people_flags(messages, of_messages, "to those");
  add_time_flags(messages, of_messages, "whose status changed");

  auto [clicks, of_clicks] = verb(ExportKind::clicks, "Hits on short links.");
  add_flag(clicks, "--campaign", of_clicks.campaign, "CAMPAIGN", "Only on links of this campaign.");
  add_people_flags(clicks, of_clicks, "by those");
  add_time_flags(clicks, of_clicks, "those");

  auto [inbox, of_inbox] = verb(ExportKind::inbox, "What people wrote.");
  add_flag(inbox, "--campaign", of_inbox.campaign, "CAMPAIGN", "Only answers to this campaign.");
  add_people_flags(inbox, of_inbox, "from those");
  add_time_flags(inbox, of_inbox, "what came");

  auto [consent, of_consent] = verb(ExportKind::consent, "The ledger of consent, with its proofs.");
  add_people_flags(consent, of_consent, "of those");
  add_time_flags(consent, of_consent, "what was recorded");

  auto [audit, of_audit] = verb(ExportKind::audit, "The sealed audit, in the order of its chain.");
  add_switch(audit, "--installation", of_audit.installation,
             "What belongs to no tenant: users and their sign-ins.");
  add_time_flags(audit, of_audit, "what changed");

  add_file_flags(contacts, of_contacts);
  add_file_flags(messages, of_messages);
  add_file_flags(clicks, of_clicks);
  add_file_flags(inbox, of_inbox);
  add_file_flags(consent, of_consent);
  add_file_flags(audit, of_audit);
}

}  // namespace smscrm
