// smscrm dnc …: numbers never to text.
#include "core/consent/dnc.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/consent/consent_json.hpp"
#include "core/import/import_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::vector<std::string> numbers;
  std::vector<std::string> map;
  std::string reason, file, columns, encoding, region;
};

const char* plural(std::int64_t count) { return count == 1 ? "" : "s"; }

void add(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto msisdns = get_keys(context, flags.numbers);
  const auto added =
      context.transaction([&](Tx& tx) { return add_dnc(tx, tenant, msisdns, flags.reason, now()); });
  context.out().note(fmt::format("added {} number{} to the do-not-contact list", added, plural(added)));
  warn_of_odd(context, msisdns);
}

void remove(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto msisdns = get_keys(context, flags.numbers);
  const auto removed = context.transaction([&](Tx& tx) { return remove_dnc(tx, tenant, msisdns); });
  if (removed == 0)
    throw Error(Errc::not_found, "{} not on the do-not-contact list",
                msisdns.size() == 1 ? msisdns[0] + " is" : "these numbers are");
  context.out().note(
      fmt::format("removed {} number{} from the do-not-contact list", removed, plural(removed)));
}

void list(Context& context, const Page& page) {
  const auto tenant = context.tenant().id;
  const auto after = page.begin.empty() ? std::string{} : get_key(context, page.begin);
  print_listing(
      context, {"phone", "reason", "added_at"}, page, [&](Tx&) { return list_dnc(tenant, after); },
      [](const DncEntry& entry) { return to_json(entry); }, "phone", "the do-not-contact list is empty");
}

ImportOptions make_options(const Flags& flags) {
  ImportOptions options;
  for (const auto& each : flags.map) options.columns.map.push_back(parse_column_map(each));
  if (!flags.columns.empty()) options.column_names = parse_column_names(flags.columns);
  options.encoding = flags.encoding;
  options.region = flags.region;
  return options;
}

std::string_view describe(std::string_view reason) {
  if (reason == "phone_digits_lost")
    return "has lost digits in a spreadsheet; format the column as text there";
  if (reason == "phone_several") return "is more than one phone number";
  return "is not a phone number";
}

void import(Context& context, const Flags& flags) {
  const auto& tenant = context.tenant();
  const auto text = read_input(flags.file);
  std::vector<std::string> msisdns;
  auto rejects = Json::array();
  std::int64_t rows = 0;
  read_number_list(read_from(text), tenant, make_options(flags), [&](const ListedNumber& number) {
    ++rows;
    if (!number.key.empty()) return msisdns.push_back(number.key);
    context.out().warn(fmt::format("line {}: \"{}\" {}", number.line, number.text, describe(number.reason)));
    rejects.push_back(to_json(number));
  });
  const auto added =
      context.transaction([&](Tx& tx) { return add_dnc(tx, tenant.id, msisdns, flags.reason, now()); });
  const auto known = static_cast<std::int64_t>(msisdns.size()) - added;
  if (context.out().format() != Format::table)
    context.out().print_record(dnc_import_to_json(rows, added, known, rejects));
  context.out().note(
      fmt::format("added {} number{} to the do-not-contact list, {} known already, {} rejected", added,
                  plural(added), known, rejects.size()));
  if (!rejects.empty()) context.set_status(ExitStatus::partly);
}

}  // namespace

void add_dnc(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "dnc", "Numbers never to text, whatever they agreed to.",
                        "smscrm dnc add +14155552671 --reason 'asked by letter'\n"
                        "smscrm dnc import numbers.txt --reason 'national registry'\n"
                        "smscrm dnc list -o csv");

  auto added = std::make_shared<Flags>();
  auto& add_it = add_verb(noun, "add", "Never text these numbers.", [=, &context] { add(context, *added); });
  add_positional(add_it, "numbers", added->numbers, "NUMBER", "The numbers.");
  add_flag(add_it, "--reason", added->reason, "TEXT", "Why.");

  auto removed = std::make_shared<Flags>();
  auto& remove_it =
      add_verb(noun, "remove", "Take numbers off the list.", [=, &context] { remove(context, *removed); });
  add_positional(remove_it, "numbers", removed->numbers, "NUMBER", "The numbers.");

  auto page = std::make_shared<Page>();
  auto& list_verb = add_verb(noun, "list", "List the numbers.", [=, &context] { list(context, *page); });
  add_page(list_verb, *page, "--after", "NUMBER");

  auto imported = std::make_shared<Flags>();
  auto& import_verb =
      add_verb(noun, "import", "Add the numbers of a file: one a line, or any that \"import run\" reads.",
               [=, &context] { import(context, *imported); });
  add_positional(import_verb, "file", imported->file, "FILE", "The file; - is standard input.");
  add_flag(import_verb, "--reason", imported->reason, "TEXT", "Why.");
  add_repeated(import_verb, "--map", imported->map, "COLUMN=FIELD",
               "Which column is the phone or the country.");
  add_flag(import_verb, "--columns", imported->columns, "NAMES",
           "Names of the columns of a file without headers.");
  add_flag(import_verb, "--region", imported->region, "CODE",
           "Country of national numbers, if not the tenant's.");
  add_flag(import_verb, "--encoding", imported->encoding, "NAME", "Of the file, if not what it looks like.");
}

}  // namespace smscrm
