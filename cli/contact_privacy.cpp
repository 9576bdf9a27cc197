// smscrm contact export, erase and erasures: what is held about one person, told and forgotten.
#include "cli/contact_privacy.hpp"

#include <unistd.h>

#include "cli/export_file.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
#include "core/privacy/erasure.hpp"
#include "core/privacy/person.hpp"

namespace smscrm {
namespace {

struct Wanted {
  std::string number, file, form;
  bool force = false;
};

std::string form_of(const Wanted& wanted) {
  if (!wanted.form.empty()) return wanted.form;
  const auto name = to_lower(wanted.file);
  for (const char* form : {"json", "html"})
    if (name.ends_with(fmt::format(".{}", form))) return form;
  return "zip";
}

// "contact-14155552671.zip".
std::string usual_file(const std::string& msisdn, const std::string& form) {
  std::string name = "contact-";
  for (const char c : msisdn)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  return name + "." + form;
}

void export_person(Context& context, const Wanted& wanted) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_key(context, wanted.number);
  const auto form = form_of(wanted);
  if (wanted.file == "-" && form == "zip" && ::isatty(STDOUT_FILENO) != 0)
    throw Error(Errc::usage, "an archive is nothing for a terminal")
        .with_hint("name a file with --file, or print it with --form json");
  Json person;
  const auto at = now();
  read_once(context, [&](Tx& tx) {
    use_one_snapshot(tx);
    person = collect_person(tx, tenant, msisdn, at);
  });
  // Not before there is something to write: an interruption leaves no part of it behind.
  ExportFile file{context.out(), wanted.file.empty() ? usual_file(msisdn, form) : wanted.file, wanted.force};
  context.transaction([&](Tx& tx) { record_person_export(tx, tenant.id, msisdn, at); });
  const auto bytes = form == "zip"    ? person_zip(person, at)
                     : form == "html" ? person_page(person)
                                      : dump(person, 2) + "\n";
  file.write(bytes);
  file.finish();
  file.keep();
  if (file.path().empty()) return;
  if (context.out().format() != Format::table) {
    auto held = Json::object();
    for (const auto& part : person_parts()) {
      const auto& rows = person[std::string{part.key}];
      held[std::string{part.key}] = rows.is_array() ? rows.size() : std::size_t{!rows.is_null()};
    }
    context.out().print_record({{"phone", msisdn},
                                {"file", file.path()},
                                {"form", form},
                                {"bytes", bytes.size()},
                                {"sha256", hex_encode(sha256(bytes))},
                                {"held", held}});
  }
  context.out().note(fmt::format("all that is held about {} is in {}: see that only the person gets it",
                                 msisdn, file.path()));
}

// "3 messages, 1 text and 2 entries of the audit".
std::string describe_rows(const Erasure& erasure) {
  static constexpr struct {
    const char *table, *one, *many;
  } words[] = {{"contact", "contact", "contacts"},
               {"message", "message", "messages"},
               {"inbound", "text", "texts"},
               {"click", "click", "clicks"},
               {"consent_event", "proof of consent", "proofs of consent"},
               {"import_reject", "row of an import", "rows of imports"},
               {"webhook_delivery", "event for a webhook", "events for webhooks"},
               {"audit_event", "entry of the audit", "entries of the audit"}};
  std::vector<std::string> parts;
  for (const auto& word : words)
    if (const auto rows = erasure.rows.find(word.table); rows != erasure.rows.end() && rows->second > 0)
      parts.push_back(fmt::format("{} {}", rows->second, rows->second == 1 ? word.one : word.many));
  return parts.empty() ? "nothing" : join(parts, ", ");
}

struct Doomed {
  std::string number, reason;
};

void erase(Context& context, const Doomed& doomed) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_key(context, doomed.number);
  const auto& key = context.secret_key();
  context.out().confirm(fmt::format(
      "erase all that is personal of {}, for good: contact, texts, clicks, consent; no file brings them back",
      msisdn));
  const auto begun = context.transaction(
      [&](Tx& tx) { return erase_person(tx, tenant, key, msisdn, doomed.reason, now()); });
  const auto erasure =
      context.transaction([&](Tx& tx) { return continue_erasure(tx, tenant.id, begun.id, now()); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(erasure));
  context.out().note(fmt::format("erased {}; the receipt is \"smscrm contact erasures {}\"",
                                 describe_rows(erasure), erasure.id.value));
  if (!erasure.done_at)
    context.out().note(
        erasure.copies > 0
            ? fmt::format("the daemon goes on with messages under way, and with {} at the provider",
                          erasure.copies)
            : std::string{"the daemon goes on with messages under way"});
}

struct Receipts {
  std::string id;
  Page page;
};

ErasureId parse_erasure_id(const std::string& text) {
  const auto id = parse_integer(text);
  if (!id || *id < 1) throw Error(Errc::usage, "\"{}\" is no number of an erasure", text);
  return ErasureId{*id};
}

void show_erasures(Context& context, const Receipts& wanted) {
  const auto tenant = context.tenant().id;
  if (!wanted.id.empty()) {
    const auto erasure =
        context.transaction([&](Tx& tx) { return get_erasure(tx, tenant, parse_erasure_id(wanted.id)); });
    return context.out().print_record(to_json(erasure));
  }
  const auto before =
      wanted.page.begin.empty() ? std::nullopt : std::optional{parse_erasure_id(wanted.page.begin)};
  print_listing(
      context, {"id", "asked_at", "done_at", "reason", "copies_waiting", "copies_failed"}, wanted.page,
      [&](Tx&) { return list_erasures(tenant, before); },
      [](const Erasure& erasure) { return to_json(erasure); }, "id",
      "nobody was erased; \"smscrm contact erase NUMBER\" erases a person");
}

}  // namespace

void add_contact_privacy(CLI::App& noun, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  auto& verb = add_verb(noun, "export", "All that is held about one person, as a file for the person.",
                        [=, &context] { export_person(context, *wanted); });
  add_positional(verb, "contact", wanted->number, "CONTACT", "The person's number; need not be a contact.");
  add_flag(verb, "-f,--file", wanted->file, "FILE",
           "By default contact-NUMBER.zip here; - is standard output.");
  add_choice(verb, "--form", wanted->form, {"zip", "json", "html"},
             "By default what the file's name says, or zip: JSON and a page to read.");
  add_switch(verb, "--force", wanted->force, "Replace a file that is there.");

  auto doomed = std::make_shared<Doomed>();
  auto& erase_verb = add_verb(noun, "erase", "Erase all that is personal of one person, for good.",
                              [=, &context] { erase(context, *doomed); });
  add_positional(erase_verb, "contact", doomed->number, "CONTACT",
                 "The person's number; need not be a contact.");
  add_flag(erase_verb, "--reason", doomed->reason, "TEXT",
           "For the receipt: by whom and when it was asked for.");

  auto receipts = std::make_shared<Receipts>();
  auto& receipts_verb = add_verb(noun, "erasures", "List the receipts of erasures, or show one.",
                                 [=, &context] { show_erasures(context, *receipts); });
  add_positional(receipts_verb, "id", receipts->id, "ID", "Number of the erasure.")->required(false);
  add_page(receipts_verb, receipts->page, "--before", "ID");
}

}  // namespace smscrm
