// smscrm dnc …: numbers never to text.
#include "core/consent/dnc.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "core/base/text.hpp"
#include "core/phone/phone.hpp"

namespace smscrm {
namespace {

constexpr int page_size = 1000;

struct Flags {
  std::vector<std::string> numbers;
  std::string reason, file;
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

void list(Context& context) {
  const auto tenant = context.tenant().id;
  ListPrinter printer{context.out(), {"phone", "reason", "added_at"}};
  std::string after;
  for (;;) {
    const auto page = context.transaction([&](Tx& tx) { return list_dnc(tx, tenant, after, page_size); });
    for (const auto& entry : page)
      printer.add(Json{
          {"phone", entry.msisdn}, {"reason", entry.reason}, {"added_at", format_rfc3339(entry.added_at)}});
    if (page.size() < page_size) break;
    after = page.back().msisdn;
  }
  printer.finish("the do-not-contact list is empty");
}

void import(Context& context, const Flags& flags) {
  const auto& tenant = context.tenant();
  std::vector<std::string> msisdns;
  auto rejects = Json::array();
  std::int64_t line_number = 0, rows = 0;
  for (const auto& line : split(read_input(flags.file), '\n')) {
    ++line_number;
    const auto text = trim(line);
    if (text.empty() || text[0] == '#') continue;
    ++rows;
    if (auto phone = parse_phone(text, tenant.country)) {
      msisdns.push_back(std::move(phone->e164));
      continue;
    }
    context.out().warn(fmt::format("line {}: \"{}\" is not a phone number", line_number, text));
    rejects.push_back(Json{{"line", line_number}, {"phone", text}, {"reason", "invalid_phone"}});
  }
  const auto added =
      context.transaction([&](Tx& tx) { return add_dnc(tx, tenant.id, msisdns, flags.reason, now()); });
  const auto known = static_cast<std::int64_t>(msisdns.size()) - added;
  if (context.out().format() != Format::table)
    context.out().print_record({{"rows", rows},
                                {"added", added},
                                {"unchanged", known},
                                {"rejected", rejects.size()},
                                {"rejects", rejects}});
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

  add_verb(noun, "list", "List the numbers.", [&context] { list(context); });

  auto imported = std::make_shared<Flags>();
  auto& import_verb =
      add_verb(noun, "import", "Add the numbers of a file, one a line; lines that begin with # are skipped.",
               [=, &context] { import(context, *imported); });
  add_positional(import_verb, "file", imported->file, "FILE", "The file; - is standard input.");
  add_flag(import_verb, "--reason", imported->reason, "TEXT", "Why.");
}

}  // namespace smscrm
