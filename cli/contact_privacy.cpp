// smscrm contact export: what is held about one person, for the person.
#include "cli/contact_privacy.hpp"

#include <unistd.h>

#include "cli/export_file.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
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
  ExportFile file{context.out(), wanted.file.empty() ? usual_file(msisdn, form) : wanted.file, wanted.force};
  Json person;
  const auto at = now();
  read_once(context, [&](Tx& tx) { person = collect_person(tx, tenant, msisdn, at); });
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
}

}  // namespace smscrm
